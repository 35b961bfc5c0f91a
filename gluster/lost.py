"""Whether a server that is lost can be given up: the copies that are left of its bricks have to be whole. Pure."""

from collections.abc import Mapping

from gluster.model import BrickPath, Volume, VolumeStatus

LEAST_COPIES = 2


def bricks_of(volume: Volume, server: str) -> tuple[BrickPath, ...]:
    return tuple(brick.where for brick in volume.bricks if brick.where.server == server)


def why_not_without(volume: Volume, server: str, pending: Mapping[BrickPath, int | None]) -> str | None:
    """What speaks against taking the bricks of `server` out of the volume, as the rest of a sentence about it.
    `pending` counts by brick what waits to be healed."""
    lost = bricks_of(volume, server)
    left = [brick for brick in volume.bricks if brick.where not in lost]
    if volume.replica - 1 < LEAST_COPIES:
        return f"has {volume.replica} copies, and {LEAST_COPIES} have to be left"
    if any(brick.arbiter for brick in volume.bricks):
        return "has an arbiter"
    sets = [volume.bricks[at : at + volume.replica] for at in range(0, len(volume.bricks), volume.replica)]
    if any(len([brick for brick in one if brick.where in lost]) != 1 for one in sets):
        return f"has not one brick of {server} in each of its sets of copies"
    if volume.status is not VolumeStatus.STARTED:
        return f"is {volume.status.value.lower()}, and nobody can say whether its copies are whole"
    for brick in left:
        if brick.online is not True:
            return f"needs the brick {brick.where}, which does not run"
        if (waiting := pending.get(brick.where)) != 0:
            what = "nobody knows what" if waiting is None else waiting
            return f"is not whole: {what} waits to be healed from {brick.where}"
    return None
