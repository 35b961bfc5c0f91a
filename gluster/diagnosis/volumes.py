"""What is wrong with the volumes of a pool: quorum, room, heals; pure."""

from collections.abc import Iterator

from gluster.diagnosis import bricks, clients, quorum
from gluster.diagnosis.problem import Health, Kind, StateProblem
from gluster.model import VolumeStatus
from gluster.state import PoolState, VolumeState

FILLING_PERCENT, ALMOST_FULL_PERCENT, FULL_PERCENT = 80, 90, 100


def problems(state: PoolState) -> Iterator[StateProblem]:
    for volume in state.volumes:
        if volume.status is not VolumeStatus.STARTED:
            yield _not_started(volume)
            continue
        if quorum.is_unknown(state, volume):
            yield _unknown(volume)
            continue
        yield from _quorum(state, volume)
        for brick in volume.bricks:
            yield from bricks.problems(state, volume, brick)
        yield from clients.problems(state, volume)
        yield from _heals(state, volume)
        yield from _fill(volume)


def _problem(volume: VolumeState, kind: Kind, health: Health, what: str, why: str, mend: str) -> StateProblem:
    return StateProblem(kind, health, f"volume {volume.name}", what, why, mend, volume=volume.name)


def _not_started(volume: VolumeState) -> StateProblem:
    return _problem(
        volume,
        Kind.VOLUME_NOT_STARTED,
        Health.UNKNOWN if volume.status is VolumeStatus.UNKNOWN else Health.BROKEN,
        f"Volume {volume.name} is not started",
        f"its state is {volume.status.value!r}",
        f"Start it with `gluster volume start {volume.name}`",
    )


def _unknown(volume: VolumeState) -> StateProblem:
    """In one problem instead of one for each brick."""
    return _problem(
        volume,
        Kind.VOLUME_UNKNOWN,
        Health.UNKNOWN,
        f"Nobody can say how volume {volume.name} is",
        "the pool did not answer in time: a server that was cut off a moment ago holds answers back for up to a minute",
        "Look again in a minute; if it stays so, look for a server that hangs",
    )


def _quorum(state: PoolState, volume: VolumeState) -> Iterator[StateProblem]:
    if quorum.has_quorum(quorum.certain(state, volume)) is False:
        yield _problem(
            volume,
            Kind.VOLUME_WITHOUT_QUORUM,
            Health.BROKEN,
            f"Volume {volume.name} cannot be written",
            "too few of its bricks run",
            "Bring back the bricks and servers that are named here",
        )


def _heals(state: PoolState, volume: VolumeState) -> Iterator[StateProblem]:
    """Of bricks on servers that are not connected nobody can count; that they will have to be healed goes without
    saying."""
    counted = [brick for brick in volume.bricks if not quorum.is_unreachable(state, brick) and not brick.arbiter]
    if split := sum(brick.split_brain or 0 for brick in counted):
        yield _split_brain(volume, split)
    pending = sum(brick.pending_heals or 0 for brick in counted)
    if pending > split:
        yield _problem(
            volume,
            Kind.HEAL_PENDING,
            Health.DEGRADED,
            f"Volume {volume.name} has {pending} entries that wait to be healed",
            "they were written while a brick was away; until they are healed their copies are fewer",
            f"It passes by itself; `gluster volume heal {volume.name}` begins it now. Take no server down before",
        )
    unknown = [str(brick.where) for brick in counted if brick.pending_heals is None and brick.online is not False]
    if unknown and volume.replica > 1:
        yield _problem(
            volume,
            Kind.HEAL_UNKNOWN,
            Health.UNKNOWN,
            f"Nobody can say what of volume {volume.name} waits to be healed",
            f"the self-heal daemon does not count for {', '.join(unknown)}",
            f"Look at `gluster volume status {volume.name} shd`; `gluster volume start {volume.name} force` starts it",
        )


def _split_brain(volume: VolumeState, split: int) -> StateProblem:
    return _problem(
        volume,
        Kind.SPLIT_BRAIN,
        Health.BROKEN,
        f"Volume {volume.name} has {split} entries in split-brain",
        "their copies contradict each other, and gluster gives nobody any of them",
        f"See which with `gluster volume heal {volume.name} info split-brain`, then choose a copy with "
        f"`gluster volume heal {volume.name} split-brain latest-mtime FILE`",
    )


def _fill(volume: VolumeState) -> Iterator[StateProblem]:
    percent = volume.used_percent
    if percent is None:
        yield _problem(
            volume,
            Kind.VOLUME_FILL_UNKNOWN,
            Health.UNKNOWN,
            f"Nobody can say how full volume {volume.name} is",
            "none of its bricks tells its size",
            "See what is said of its bricks",
        )
    elif percent >= FILLING_PERCENT:
        full = percent >= FULL_PERCENT
        yield _problem(
            volume,
            _fill_kind(percent),
            Health.BROKEN if full else Health.DEGRADED,
            f"Volume {volume.name} is {'full' if full else f'{percent} % full'}",
            "writes fail, and VMs on it pause" if full else "VMs on it pause when it is full",
            "Remove disks that nobody needs, or move some of them elsewhere",
        )


def _fill_kind(percent: int) -> Kind:
    if percent >= FULL_PERCENT:
        return Kind.VOLUME_FULL
    return Kind.VOLUME_ALMOST_FULL if percent >= ALMOST_FULL_PERCENT else Kind.VOLUME_FILLING
