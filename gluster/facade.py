"""Gluster as the node uses it: look, decide, run the commands, look again."""

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from gluster import bricks, cli, parse, quorum, refusals
from gluster.cli import Argv, Run
from gluster.errors import (
    BadVolume,
    BrickInUse,
    ChangeCutShort,
    CommandFailed,
    NoSuchVolume,
    NotAsWanted,
    PeerNotReady,
    PeerStays,
    PoolBusy,
    Problem,
    Refused,
    ServerAnswers,
    ServerNeeded,
)
from gluster.lost import bricks_of, why_not_whole, why_not_without
from gluster.model import DesiredVolume, HealCount, Peer, PeerState, Pool, Volume, VolumeStatus
from gluster.observe import DEADLINE_S, Observer, addresses
from gluster.plan import Step, difference, plan, plan_removal
from gluster.state import PoolState

_TIMEOUT_S = 200  # glusterd itself gives up after 120 s, and forgets a lock after 180 s
_ATTEMPTS = 14  # together they wait for about a minute
_OBSERVE_TIMEOUT_S = 20  # looking at bricks asks all servers; one that is cut off keeps the answer back for a minute
_OBSERVE_ATTEMPTS = 4
_WHOLE_OBSERVATIONS = 5
_OBSERVATIONS = 20  # half a second apart: brick processes come up a moment after `volume start` said yes


class Gluster:
    """The Gluster of this server. Every operation blocks, is safe to repeat, and looks again before it says yes.

    `run` is how commands are run (`run(*argv, stdin="", timeout_s=60) -> str`). Raises gluster.errors.Refused
    when nothing was changed, gluster.errors.Failed when something may have been. Whatever changes the pool, a volume or
    a brick is refused (NoMajority) while this server is connected to half of the pool or less.
    """

    def __init__(
        self,
        run: Run,
        *,
        group_folder: Path = Path("/var/lib/glusterd/groups"),
        sleep: Callable[[float], None] = time.sleep,
        clear: Callable[[Path, Collection[str]], bool] = bricks.clear,
        remove: Callable[[Path, str], bool] = bricks.remove,
        resolve: Callable[[str], Collection[str]] = addresses,
    ) -> None:
        """`resolve` gives the addresses of a server's name.

        `clear` and `remove` are for callers that may not see the marks of bricks: somebody who may does it then."""
        self._run = run
        self._group_folder = group_folder
        self._sleep = sleep
        self._clear = clear
        self._remove = remove
        self._resolve = resolve

    def observe(self) -> Pool:
        """Peers and volumes as this server sees them, bricks with their state."""
        return Pool(
            uuid=parse.own_uuid(self._ask(cli.pool_list())),
            peers=self._peers(),
            volumes=tuple(self._with_status(volume) for volume in parse.volumes(self._ask(cli.volume_info()))),
        )

    def observe_state(self, own_name: str, *, deadline_s: float = DEADLINE_S) -> PoolState:
        """The true state of the pool as this server, `own_name`, sees it. Says within some `deadline_s` what can be
        known by then, the rest is None; it never raises for a gluster that says nothing."""

        def ask(argv: Argv, timeout_s: float) -> str:
            return self._ask(argv, _OBSERVE_ATTEMPTS, timeout_s)

        return Observer(ask, self._ask_text, own_name=own_name, resolve=self._resolve, deadline_s=deadline_s).observe()

    def is_first(self) -> bool:
        """Whether of all servers that this one is connected with it is the one that does what one does for all. Two
        that do not see each other are both first."""
        own = parse.own_uuid(self._ask(cli.pool_list(), _OBSERVE_ATTEMPTS, _OBSERVE_TIMEOUT_S))
        return all(own <= peer.uuid for peer in self._peers() if peer.ready)

    def add_peer(self, hostname: str, *, timeout_s: float = 60) -> Peer:
        """Take `hostname` into the pool and wait until it can carry bricks; this server's own name is fine too."""
        if self._peer(hostname) is None:
            act = f"take {hostname} into the pool"
            own = parse.answer(self._change(act, cli.peer_probe(hostname))).output
            if "localhost" in own:  # "Probe on localhost not needed"
                uuid = parse.own_uuid(self._ask(cli.pool_list()))
                return Peer(uuid, hostname, connected=True, state=PeerState.IN_CLUSTER, names=(hostname,))
        return self._wait_ready(hostname, timeout_s)

    def remove_peer(self, hostname: str) -> None:
        """Take `hostname` out of the pool; fine when it is not in it. Refused while bricks of volumes lie there."""
        peer = self._peer(hostname)
        if peer is None:
            return
        self._detach(hostname, f"take {hostname} out of the pool", cli.peer_detach(peer.hostname))

    def _detach(self, hostname: str, act: str, argv: Argv) -> None:
        self._change(act, argv, leaving=hostname)
        for _ in range(_OBSERVATIONS):
            if self._peer(hostname) is None:
                return
            self._sleep(0.5)
        raise PeerStays(peer=hostname, waited=_OBSERVATIONS // 2)

    def give_up_server(self, hostname: str) -> None:
        """Take a server that is lost out of the pool, and its bricks out of the volumes, which go on with a copy less;
        fine when it is not there. Refused (ServerNeeded) where the copies that are left are not whole."""
        pool = self.observe()
        peer = pool.peer(hostname)
        if peer is None:
            return
        if peer.connected:
            raise ServerAnswers(server=hostname)
        theirs = [volume for volume in pool.volumes if bricks_of(volume, hostname)]
        for volume in theirs:
            if (reason := why_not_without(volume, hostname) or self._why_not_whole(volume, hostname)) is not None:
                raise ServerNeeded(server=hostname, volume=volume.name, reason=reason)
        for volume in theirs:
            act = f"take the bricks of {hostname} out of volume {volume.name}"
            argv = cli.volume_shrink(volume.name, volume.replica - 1, bricks_of(volume, hostname))
            self._change(act, argv, leaving=hostname)
        self._detach(hostname, f"take {hostname} out of the pool", cli.peer_forget(peer.hostname))

    def _why_not_whole(self, volume: Volume, without: str) -> str | None:
        """Asked several times: what is being written right now is listed by one brick before the other."""
        reason = None
        for _ in range(_WHOLE_OBSERVATIONS):
            waiting, split = (
                parse.heal_entries(self._ask(cli.heal_info(volume.name, kind))) for kind in ("", "split-brain")
            )
            reason = why_not_whole(volume, without, waiting, split)
            if reason is None:
                return None
            self._sleep(0.5)
        return reason

    def ensure_volume(self, desired: DesiredVolume) -> Volume:
        """Make or complete a volume: create, options, start; returns it as observed afterwards."""
        group = self._group(desired)
        pool = self.observe()
        steps = plan(desired, pool, group)
        self._do(desired.name, steps)
        left = steps
        for _ in range(_OBSERVATIONS if steps else 0):
            pool = self.observe()
            left = difference(desired, pool, group)
            if not left:
                break
            self._sleep(0.5)
        volume = pool.volume(desired.name)
        if left or volume is None:
            raise NotAsWanted(desired.name, [step.description for step in left])
        return volume

    def remove_volume(self, name: str) -> None:
        """Stop and delete a volume; fine when there is none. Its bricks keep what is on them: see `remove_brick`."""
        self._do(name, plan_removal(name, self._volumes()))
        if left := plan_removal(name, self._volumes()):
            raise NotAsWanted(name, [step.description for step in left])

    def heal_counts(self, volume: str) -> tuple[HealCount, ...]:
        """What waits to be healed, brick by brick.

        Takes 0.1 s; where no self-heal daemon can be asked, up to 10 s while a brick's server is away.
        """
        found = next((v for v in parse.volumes(self._ask(cli.volume_info())) if v.name == volume), None)
        if found is None:
            raise NoSuchVolume(volume=volume)
        if found.status is not VolumeStatus.STARTED:
            return tuple(HealCount(brick.where, pending=None) for brick in found.bricks)
        if found.replica == 1:
            return tuple(HealCount(brick.where, pending=0) for brick in found.bricks)
        try:
            return parse.heal_statistics(self._run(*cli.heal_statistics(volume), timeout_s=_OBSERVE_TIMEOUT_S))
        except Exception:  # noqa: BLE001 - whatever the runner raises: no daemon, no lock; the slow way tells why
            return parse.heal_counts(self._ask(cli.heal_summary(volume), _OBSERVE_ATTEMPTS))

    def clear_brick(self, path: str) -> bool:
        """Take the mark of a volume creation that was cut short off an empty folder of this server.

        False when there was none. Raises BrickHasData when the folder holds files or belongs to a volume.
        """
        pool = self._volumes()
        quorum.check(pool.peers, f"clear the brick {path}")
        return self._clear(Path(path), {volume.id for volume in pool.volumes})

    def remove_brick(self, path: str, volume_id: str) -> bool:
        """Delete a brick of this server with all that is on it, after its volume was removed.

        False when there is none: a folder that was not a brick of that very volume is not touched. Raises BrickInUse
        when the volume is there.
        """
        pool = self._volumes()
        quorum.check(pool.peers, f"remove the brick {path}")
        volume = next((one for one in pool.volumes if one.id == volume_id), None)
        if volume is not None:
            raise BrickInUse(path=path, volume=volume.name)
        return self._remove(Path(path), volume_id)

    def _volumes(self) -> Pool:
        """Peers and volumes, without asking how their bricks are."""
        return Pool(uuid="", peers=self._peers(), volumes=parse.volumes(self._ask(cli.volume_info())))

    def _peers(self) -> tuple[Peer, ...]:
        return parse.peers(self._ask(cli.peer_status()))

    def _peer(self, hostname: str) -> Peer | None:
        return Pool(uuid="", peers=self._peers()).peer(hostname)

    def _wait_ready(self, hostname: str, timeout_s: float) -> Peer:
        waited = 0.0
        while True:
            peer = self._peer(hostname)
            if peer is not None and peer.ready:
                return peer
            if waited >= timeout_s or (peer is not None and peer.state is PeerState.REJECTED):
                raise PeerNotReady(peer=hostname, reason=_why_not_ready(peer, waited))
            self._sleep(0.5)
            waited += 0.5

    def _with_status(self, volume: Volume) -> Volume:
        if volume.status is not VolumeStatus.STARTED:
            return volume
        try:
            xml = self._ask(cli.volume_status(volume.name), _OBSERVE_ATTEMPTS, _OBSERVE_TIMEOUT_S)
        except Problem:  # stopped or removed since, the pool stays locked, a server is cut off: unknown
            return volume
        return parse.with_status(volume, parse.brick_runs(xml))

    def _group(self, desired: DesiredVolume) -> dict[str, str]:
        if desired.group is None:
            return {}
        try:
            return parse.group((self._group_folder / desired.group).read_text(encoding="utf-8"))
        except OSError as err:
            reason = f"this Gluster has no option group {desired.group!r} ({err.strerror})"
            raise BadVolume(volume=desired.name, reason=reason) from err

    def _do(self, volume: str, steps: Sequence[Step]) -> None:
        for done, step in enumerate(steps):
            try:
                self._change(f"{step.description[0].lower()}{step.description[1:]}", step.argv)
            except Refused as err:
                if not done:
                    raise
                raise ChangeCutShort(volume, err, [left.description for left in steps[done:]]) from err

    def _change(self, act: str, argv: Argv, *, leaving: str | None = None) -> str:
        """As `_ask`, for a command that changes the pool: each try needs a majority of it, which may go meanwhile."""

        def attempt() -> str:
            quorum.check(parse.peers(self._ask_once(cli.peer_status(), _TIMEOUT_S)), act, leaving=leaving)
            return self._ask_once(argv, _TIMEOUT_S)

        return self._retrying(_ATTEMPTS)(attempt)

    def _ask(self, argv: Argv, attempts: int = _ATTEMPTS, timeout_s: float = _TIMEOUT_S) -> str:
        """The XML of an answer that says yes; waits and repeats while another command holds the pool's lock."""
        return self._retrying(attempts)(self._ask_once, argv, timeout_s)

    def _retrying(self, attempts: int) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(PoolBusy),
            wait=wait_random_exponential(multiplier=0.25, max=8),
            stop=stop_after_attempt(attempts),
            sleep=self._sleep,
            reraise=True,
        )

    def _ask_text(self, argv: Argv, timeout_s: float) -> str:
        """Of a command that answers in plain text in spite of --xml."""
        try:
            return self._run(*argv, timeout_s=timeout_s)
        except Exception as err:  # whatever the runner handed in raises
            raise CommandFailed(command=" ".join(argv[3:]), reason=str(err)) from err

    def _ask_once(self, argv: Argv, timeout_s: float) -> str:
        try:
            xml = self._run(*argv, timeout_s=timeout_s)
        except Exception as err:  # whatever the runner handed in raises
            xml = getattr(err, "stdout", "") or ""
            if not xml.lstrip().startswith("<?xml"):
                raise CommandFailed(command=" ".join(argv[3:]), reason=str(err)) from err
        answer = parse.answer(xml)
        if not answer.ok:
            raise refusals.problem(argv, answer)
        return xml


def _why_not_ready(peer: Peer | None, waited_s: float) -> str:
    if peer is None:
        return f"after {waited_s:g} s glusterd does not list it"
    connected = "connected" if peer.connected else "not connected"
    return f"after {waited_s:g} s it is {connected} and in state {peer.state.value!r}"
