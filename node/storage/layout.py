"""Where things lie on a mounted volume; pure."""

from pathlib import PurePosixPath

from node.api.messages.images import ImageRef
from node.api.refusals import token


def volume(volumes: PurePosixPath, name: str) -> PurePosixPath:
    return volumes / token("volume", name)


def disk(volumes: PurePosixPath, image: ImageRef) -> PurePosixPath:
    return volume(volumes, image.volume) / "images" / token("disk id", image.disk_id)


def image(volumes: PurePosixPath, image: ImageRef) -> PurePosixPath:
    return disk(volumes, image) / token("image id", image.image_id)


def backing_text(backing: ImageRef) -> str:
    """How an overlay names its backing image on the same volume: relative, so that it is right on every node."""
    return f"../{token('disk id', backing.disk_id)}/{token('image id', backing.image_id)}"


def backing_ref(volume_name: str, text: str) -> ImageRef | None:
    """The reverse of backing_text; None when an overlay names something else."""
    parts = text.split("/")
    if len(parts) != 3 or parts[0] != "..":
        return None
    return ImageRef(volume=volume_name, disk_id=parts[1], image_id=parts[2])


def site_files(volumes: PurePosixPath, volume_name: str) -> PurePosixPath:
    """What any node needs to keep the engine alive; trivet-ha's whiteboard lies beside it."""
    return volume(volumes, volume_name) / "ha"


def previous(name: str) -> str:
    """The file beside `name` that holds what stood in it before."""
    return f"{name}.previous"


def lockspace(volumes: PurePosixPath, volume_name: str, lockspace_name: str) -> PurePosixPath:
    return volume(volumes, volume_name) / "leases" / token("lockspace", lockspace_name) / "lockspace"


def lease(volumes: PurePosixPath, volume_name: str, lockspace_name: str, resource: str) -> PurePosixPath:
    folder = volume(volumes, volume_name) / "leases" / token("lockspace", lockspace_name)
    return folder / f"{token('lease', resource)}.lease"
