"""What is wrong with one brick: its process, its folder, its mark; pure."""

from collections.abc import Iterator

from gluster.diagnosis.problem import Health, Kind, StateProblem
from gluster.diagnosis.quorum import is_unreachable
from gluster.state import BrickFolder, BrickState, PoolState, VolumeState


def problems(state: PoolState, volume: VolumeState, brick: BrickState) -> Iterator[StateProblem]:
    """The cause where the disk tells one, else that the brick does not run."""
    of_folder = _folder(volume, brick, brick.folder) if brick.folder is not None else None
    if of_folder is not None:
        yield of_folder
    elif is_unreachable(state, brick):
        yield _problem(
            volume,
            brick,
            Kind.BRICK_UNREACHABLE,
            f"Brick {brick.where} of volume {volume.name} cannot be reached",
            f"its server {brick.where.server} is not connected, or not ready",
            "Bring that server back",
        )
    elif brick.online is False:
        yield _problem(
            volume,
            brick,
            Kind.BRICK_OFFLINE,
            f"Brick {brick.where} of volume {volume.name} does not run",
            "its process has ended",
            f"Start it with `gluster volume start {volume.name} force`; if it ends again, look into "
            f"/var/log/glusterfs/bricks on {brick.where.server}",
        )
    elif brick.online is None:
        yield _problem(
            volume,
            brick,
            Kind.BRICK_UNKNOWN,
            f"Nobody can say whether brick {brick.where} of volume {volume.name} runs",
            "the pool did not answer in time",
            "Look again in a minute; if it stays so, look for a server that hangs",
            Health.UNKNOWN,
        )


def _folder(volume: VolumeState, brick: BrickState, folder: BrickFolder) -> StateProblem | None:
    server, path = brick.where.server, brick.where.path
    if folder.on_root:
        return _problem(
            volume,
            brick,
            Kind.BRICK_NOT_MOUNTED,
            f"The file system of brick {brick.where} of volume {volume.name} is not mounted",
            f"{path} lies on the root file system of {server}",
            f"Mount the brick's own file system there, then run `gluster volume start {volume.name} force`",
        )
    if not folder.exists:
        return _problem(
            volume,
            brick,
            Kind.BRICK_MISSING,
            f"Brick {brick.where} of volume {volume.name} is missing",
            f"the file system is mounted and has no folder {path}: it is new, or another one",
            f"Mount the right disk; or bring an empty one in with `gluster volume reset-brick {volume.name}`",
        )
    if folder.volume_id is None:
        return _problem(
            volume,
            brick,
            Kind.BRICK_EMPTY,
            f"Brick {brick.where} of volume {volume.name} is empty",
            f"{path} has no mark of a volume: the disk is new, or what was on it is lost",
            f"Mount the right disk; or bring the empty one in with `gluster volume reset-brick {volume.name}`",
        )
    if folder.volume_id != volume.id:
        return _problem(
            volume,
            brick,
            Kind.BRICK_OF_OTHER_VOLUME,
            f"Brick {brick.where} belongs to another volume than {volume.name}",
            f"its mark is {folder.volume_id} and {volume.id} was expected",
            "Mount the right disk there",
        )
    return None


def _problem(
    volume: VolumeState,
    brick: BrickState,
    kind: Kind,
    what: str,
    why: str,
    mend: str,
    health: Health = Health.DEGRADED,
) -> StateProblem:
    where = str(brick.where)
    return StateProblem(
        kind, health, f"brick {where}", what, why, mend, volume=volume.name, server=brick.where.server, brick=where
    )
