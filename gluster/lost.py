"""Whether a server that is lost can be given up: the copies that are left of its bricks have to be the same. Pure.

All that is written while a brick is away waits to be healed: on the bricks that are left, for it. They are whole all
the same when each of them lists the same: an entry that one of them has missed is listed by the others alone.
"""

from collections.abc import Mapping

from gluster.model import BrickPath, Volume, VolumeStatus

LEAST_COPIES = 2
Entries = Mapping[BrickPath, frozenset[str] | None]


def bricks_of(volume: Volume, server: str) -> tuple[BrickPath, ...]:
    return tuple(brick.where for brick in volume.bricks if brick.where.server == server)


def why_not_without(volume: Volume, server: str) -> str | None:
    """What speaks against taking the bricks of `server` out of the volume, as the rest of a sentence about it."""
    lost = bricks_of(volume, server)
    if volume.replica - 1 < LEAST_COPIES:
        return f"has {volume.replica} copies, and {LEAST_COPIES} have to be left"
    if any(brick.arbiter for brick in volume.bricks):
        return "has an arbiter"
    sets = [volume.bricks[at : at + volume.replica] for at in range(0, len(volume.bricks), volume.replica)]
    if any(len([brick for brick in one if brick.where in lost]) != 1 for one in sets):
        return f"has not one brick of {server} in each of its sets of copies"
    if volume.status is not VolumeStatus.STARTED:
        return f"is {volume.status.value.lower()}, and nobody can say whether its copies are whole"
    down = [str(brick.where) for brick in volume.bricks if brick.where not in lost and brick.online is not True]
    return f"needs the brick {down[0]}, which does not run" if down else None


def why_not_whole(volume: Volume, server: str, waiting: Entries, split: Entries) -> str | None:
    """Whether its copies without those of `server` are the same. `waiting` is what each brick lists to be healed,
    `split` what of it nobody can decide; None where it does not say."""
    lost = bricks_of(volume, server)
    for at in range(0, len(volume.bricks), volume.replica):
        left = [brick.where for brick in volume.bricks[at : at + volume.replica] if brick.where not in lost]
        lists = {where: waiting.get(where) for where in left}
        if silent := [str(where) for where, entries in lists.items() if entries is None or split.get(where) is None]:
            return f"may not be whole: {silent[0]} does not say what waits to be healed"
        if undecided := [str(where) for where in left if split[where]]:
            return f"is split in two: see `gluster volume heal {volume.name} info split-brain` ({undecided[0]})"
        if len(set(lists.values())) > 1:
            return f"is not whole: of {' and '.join(map(str, left))} one has what the other has missed"
    return None
