"""From wish and observation to ordered gluster commands; pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from gluster import cli, quorum, tls
from gluster.errors import BadVolume, BrickBusy, PeerUnreachable, VolumeDiffers, VolumeInClear
from gluster.model import BrickPath, DesiredVolume, Pool, Volume, VolumeStatus

_TRUE = frozenset({"on", "yes", "true", "enable", "1"})
_FALSE = frozenset({"off", "no", "false", "disable", "0"})


@dataclass(frozen=True, slots=True)
class Step:
    """One gluster command and what it is for."""

    description: str
    argv: cli.Argv


def plan(desired: DesiredVolume, pool: Pool, group: Mapping[str, str]) -> tuple[Step, ...]:
    """As `difference`; raises NoMajority when there is one and this server may not change the pool."""
    steps = difference(desired, pool, group)
    if steps:
        act = "change" if pool.volume(desired.name) is not None else "create"
        quorum.check(pool.peers, f"{act} volume {desired.name}")
    return steps


def difference(desired: DesiredVolume, pool: Pool, group: Mapping[str, str]) -> tuple[Step, ...]:
    """The commands that make `desired` of what `pool` has; empty when it is so already.

    `group` holds the settings of the file that `desired.group` names. Raises Refused when no command may do it:
    bricks are never added, removed or reused here.
    """
    _check(desired)
    volume = pool.volume(desired.name)
    if volume is None:
        _check_bricks_free(desired, pool)
        _check_peers(desired, pool)
    else:
        _check_same(desired, volume)
        _check_tls(desired, volume)
    return (*_create(desired, volume), *_options(desired, volume, group), *_start(desired, volume))


def plan_removal(name: str, pool: Pool) -> tuple[Step, ...]:
    """The commands that take volume `name` out of the pool; empty when there is none. Its bricks stay as they are."""
    volume = pool.volume(name)
    if volume is None:
        return ()
    delete = Step(f"Delete volume {name}", cli.volume_delete(name))
    if volume.status is not VolumeStatus.STARTED:
        return (delete,)
    return (Step(f"Stop volume {name}", cli.volume_stop(name)), delete)


def same_value(one: str, other: str) -> bool:
    """Gluster has several words for yes and for no and shows the one that was typed."""
    one, other = one.strip().lower(), other.strip().lower()
    return one == other or {one, other} <= _TRUE or {one, other} <= _FALSE


def missing_options(desired: Mapping[str, str], observed: Mapping[str, str]) -> dict[str, str]:
    """Those of `desired` that a volume with the options `observed` does not have, or has otherwise."""
    return {
        name: value for name, value in desired.items() if name not in observed or not same_value(observed[name], value)
    }


def _create(desired: DesiredVolume, volume: Volume | None) -> tuple[Step, ...]:
    if volume is not None:
        return ()
    bricks = ", ".join(str(brick) for brick in desired.bricks)
    return (Step(f"Create volume {desired.name} on {bricks}", cli.volume_create(desired)),)


def _options(desired: DesiredVolume, volume: Volume | None, group: Mapping[str, str]) -> tuple[Step, ...]:
    now = {} if volume is None else volume.options
    steps: list[Step] = []
    from_group = {name: value for name, value in group.items() if name not in desired.options}
    if desired.group is not None and missing_options(from_group, now):
        says = f"Set the options of group {desired.group} on volume {desired.name}"
        steps.append(Step(says, cli.volume_set_group(desired.name, desired.group)))
        now = {**now, **group}
    own = missing_options(desired.options, now)
    if own:
        shown = ", ".join(f"{name}={value}" for name, value in sorted(own.items()))
        steps.append(Step(f"Set {shown} on volume {desired.name}", cli.volume_set(desired.name, own)))
    return tuple(steps)


def _start(desired: DesiredVolume, volume: Volume | None) -> tuple[Step, ...]:
    if volume is None or volume.status is not VolumeStatus.STARTED:
        return (Step(f"Start volume {desired.name}", cli.volume_start(desired.name)),)
    dead = [brick for brick in volume.bricks if brick.online is False]
    if not dead:
        return ()
    says = f"Start the bricks of volume {desired.name} that do not run: " + ", ".join(str(b.where) for b in dead)
    return (Step(says, cli.volume_start(desired.name, force=True)),)


def _check(desired: DesiredVolume) -> None:
    """What gluster finds too late: it marks bricks as used before it says that their number is wrong."""
    reason = _why_bad(desired)
    if reason is not None:
        raise BadVolume(volume=desired.name, reason=reason)


def _why_bad(desired: DesiredVolume) -> str | None:
    if not desired.name or not all(char.isalnum() or char in "-_" for char in desired.name):
        return "its name may hold letters, digits, - and _ only"
    if desired.replica < 1:
        return f"it cannot have {desired.replica} replicas"
    if not desired.bricks or len(desired.bricks) % desired.replica:
        return f"{len(desired.bricks)} bricks do not make sets of {desired.replica}"
    twice = [str(brick) for brick, times in Counter(desired.bricks).items() if times > 1]
    if twice:
        return f"a brick is named twice: {', '.join(twice)}"
    for start in range(0, len(desired.bricks), desired.replica):
        servers = [brick.server for brick in desired.bricks[start : start + desired.replica]]
        if len(set(servers)) < len(servers):
            return f"two copies would lie on one server: {', '.join(servers)}"
    return None


def _check_bricks_free(desired: DesiredVolume, pool: Pool) -> None:
    taken = {brick.where: volume.name for volume in pool.volumes for brick in volume.bricks}
    for brick in desired.bricks:
        for other, volume in taken.items():
            if _overlap(brick, other):
                raise BrickBusy(brick=brick, volume=f" ({volume})")


def _overlap(one: BrickPath, other: BrickPath) -> bool:
    if one.server != other.server:
        return False
    a, b = f"{one.path}/", f"{other.path}/"
    return a.startswith(b) or b.startswith(a)


def _check_peers(desired: DesiredVolume, pool: Pool) -> None:
    """One name that no peer has may be this server's own; a second one cannot."""
    servers = list(dict.fromkeys(brick.server for brick in desired.bricks))
    strangers = [server for server in servers if pool.peer(server) is None]
    if len(strangers) > 1:
        raise PeerUnreachable(peer=strangers[-1], reason=f"of {', '.join(strangers)} at most one is in the pool")
    for server in servers:
        peer = pool.peer(server)
        if peer is not None and not peer.ready:
            connected = "connected" if peer.connected else "not connected"
            raise PeerUnreachable(peer=server, reason=f"it is in state {peer.state.value!r} and {connected}")


def _check_same(desired: DesiredVolume, volume: Volume) -> None:
    wanted = (desired.replica, desired.bricks)
    observed = (volume.replica, tuple(brick.where for brick in volume.bricks))
    if wanted != observed:
        raise VolumeDiffers(volume=desired.name, observed=_shape(*observed), wanted=_shape(*wanted))


def _check_tls(desired: DesiredVolume, volume: Volume) -> None:
    """Taken up half, half of the connections would be refused."""
    wanted = {name: value for name, value in desired.options.items() if name in tls.SWITCHES}
    differ = missing_options(wanted, {**dict.fromkeys(tls.SWITCHES, "off"), **volume.options})
    if differ and volume.status is VolumeStatus.STARTED:
        raise VolumeInClear(volume=desired.name, options=" and ".join(sorted(differ)))


def _shape(replica: int, bricks: tuple[BrickPath, ...]) -> str:
    return f"replica {replica} on {', '.join(str(brick) for brick in bricks)}"
