"""Looks at the state of the pool: one look, in which nothing may hang for longer than its deadline."""

import socket
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from gluster import cli, parse
from gluster.cli import Argv
from gluster.errors import Problem
from gluster.model import Brick, BrickPath, HealCount, Volume, VolumeStatus
from gluster.state import BrickState, PoolState, ServerFacts, VolumeState

DEADLINE_S = 30.0
_TRANSACTION_S = 12.0  # asks all servers; one that was cut off a moment ago keeps the answer back for up to a minute

Ask = Callable[[Argv, float], str]
"""Runs a gluster command within some seconds and gives its answer; raises Problem."""

Key = tuple[str, str]
"""A brick by the uuid of its server and its path."""


class Observer:
    """One look through the gluster of this server. What cannot be known within `deadline_s` is None in it."""

    def __init__(
        self,
        ask: Ask,
        ask_text: Ask,
        *,
        own_name: str,
        resolve: Callable[[str], Collection[str]],
        monotonic: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """`ask_text` is for answers that are no XML. `resolve` gives the addresses of a server's name."""
        self._ask = ask
        self._ask_text = ask_text
        self._own_name = own_name
        self._resolve = resolve
        self._monotonic = monotonic
        self._until = monotonic() + deadline_s
        self._hangs = False

    def observe(self) -> PoolState:
        try:
            pool, info = self._ask(cli.pool_list(), self._left_s()), self._ask(cli.volume_info(), self._left_s())
        except Problem as err:
            return PoolState(server=self._own_name, answered=False, reason=err.text.why)
        uuid, volumes = parse.own_uuid(pool), parse.volumes(info)
        state = PoolState(
            server=_own_server(uuid, volumes) or self._own_name,
            uuid=uuid,
            peers=tuple(peer for peer in parse.peers(pool) if peer.uuid != uuid),
            volumes=tuple(map(_without_bricks_state, volumes)),
        )
        names = self._names(state)
        return replace(state, volumes=tuple(self._volume(volume, names) for volume in state.volumes))

    def _volume(self, volume: VolumeState, names: Mapping[str, str]) -> VolumeState:
        if volume.status is not VolumeStatus.STARTED:
            return volume
        details = self._transaction(cli.volume_status_detail(volume.name))
        if details is not None:
            volume = _with_details(volume, parse.brick_details(details))
        clients = self._transaction(cli.volume_status_clients(volume.name))
        if clients is not None:
            volume = _with_clients(volume, parse.brick_clients(clients), names)
        return _with_heals(volume, self._heals(volume))

    def _transaction(self, argv: Argv, ask: Ask | None = None) -> str | None:
        """The answer; None where there is none. After one that hung no other is begun: it would hang, too."""
        if self._hangs or self._left_s() <= 0:
            return None
        begun = self._monotonic()
        try:
            return (ask or self._ask)(argv, min(_TRANSACTION_S, self._left_s()))
        except Problem:
            self._hangs = self._monotonic() - begun >= _TRANSACTION_S
            return None

    def _heals(self, volume: VolumeState) -> Mapping[BrickPath, HealCount]:
        """Entries that wait; which of them are in split-brain is asked only where any wait and all bricks run, for the
        answer takes 10 s and more otherwise."""
        if volume.replica == 1:
            return {brick.where: HealCount(brick.where, pending=0, split_brain=0) for brick in volume.bricks}
        text = self._transaction(cli.heal_statistics(volume.name), self._ask_text)
        counts: tuple[HealCount, ...] = ()
        with suppress(Problem):
            counts = parse.heal_statistics(text or "")
        if counts and not any(count.pending for count in counts):
            split = {count.where: count.pending for count in counts}
            return {count.where: replace(count, split_brain=split[count.where]) for count in counts}
        if counts and not all(brick.online for brick in volume.bricks):
            return {count.where: count for count in counts}
        summary = self._transaction(cli.heal_summary(volume.name))
        by_summary = {count.where: count for count in parse.heal_counts(summary)} if summary is not None else {}
        return by_summary | {
            count.where: replace(count, split_brain=by_summary.get(count.where, count).split_brain) for count in counts
        }

    def _names(self, state: PoolState) -> Mapping[str, str]:
        """Servers by their addresses."""
        found = {}
        for uuid, server in state.servers.items():
            peer = next((peer for peer in state.peers if peer.uuid == uuid), None)
            for name in {server, *(peer.names if peer is not None else ())}:
                found.update(dict.fromkeys(self._resolve(name), server))
        return found

    def _left_s(self) -> float:
        return max(0.0, self._until - self._monotonic())


def addresses(name: str) -> tuple[str, ...]:
    """The addresses of `name` as this machine resolves it; none when it cannot."""
    try:
        return tuple(sorted({str(found[4][0]) for found in socket.getaddrinfo(name, None)}))
    except OSError:
        return ()


def with_facts(state: PoolState, facts: Mapping[str, ServerFacts]) -> PoolState:
    """`state` with what servers say of themselves, by their names."""

    def known(brick: BrickState) -> BrickState:
        of_server = facts.get(brick.where.server)
        return replace(brick, folder=of_server.folders.get(brick.where.path)) if of_server is not None else brick

    volumes = tuple(replace(volume, bricks=tuple(map(known, volume.bricks))) for volume in state.volumes)
    return replace(state, volumes=volumes, facts=dict(facts))


def _own_server(uuid: str, volumes: tuple[Volume, ...]) -> str | None:
    return next((b.where.server for volume in volumes for b in volume.bricks if b.host_uuid == uuid), None)


def _without_bricks_state(volume: Volume) -> VolumeState:
    return VolumeState(
        name=volume.name,
        id=volume.id,
        replica=volume.replica,
        status=volume.status,
        bricks=tuple(map(_brick, volume.bricks)),
        options=dict(volume.options),
    )


def _brick(brick: Brick) -> BrickState:
    return BrickState(where=brick.where, host_uuid=brick.host_uuid, arbiter=brick.arbiter)


def _with_details(volume: VolumeState, details: Mapping[Key, parse.BrickDetail]) -> VolumeState:
    def known(brick: BrickState) -> BrickState:
        found = details.get((brick.host_uuid, brick.where.path))
        if found is None:
            return brick
        run = found.run
        sizes = (found.size_bytes, found.free_bytes) if run.online else (None, None)
        return replace(brick, online=run.online, port=run.port, pid=run.pid, size_bytes=sizes[0], free_bytes=sizes[1])

    return replace(volume, bricks=tuple(map(known, volume.bricks)))


def _with_clients(volume: VolumeState, clients: Mapping[Key, tuple[str, ...]], names: Mapping[str, str]) -> VolumeState:
    def known(brick: BrickState) -> BrickState:
        found = clients.get((brick.host_uuid, brick.where.path))
        if found is None:
            return brick
        counted = Counter(_client(address, brick, names) for address in found)
        return replace(brick, clients=dict(counted))

    return replace(volume, bricks=tuple(map(known, volume.bricks)))


def _client(address: str, brick: BrickState, names: Mapping[str, str]) -> str:
    """The server at `address`; over its loopback only the brick's own server comes."""
    return brick.where.server if address.startswith(("127.", "::1")) else names.get(address, address)


def _with_heals(volume: VolumeState, heals: Mapping[BrickPath, HealCount]) -> VolumeState:
    def known(brick: BrickState) -> BrickState:
        count = heals.get(brick.where)
        if count is None:
            return brick
        return replace(brick, pending_heals=count.pending, split_brain=count.split_brain)

    return replace(volume, bricks=tuple(map(known, volume.bricks)))
