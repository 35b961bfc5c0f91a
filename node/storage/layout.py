"""Where things lie on a mounted storage domain; pure. `root` is the folder in which all are mounted."""

import posixpath
from pathlib import PurePosixPath

from node.api.messages.images import ImageRef
from node.api.refusals import token


def storage_domain(root: PurePosixPath, name: str) -> PurePosixPath:
    return root / token("storage domain", name)


def disk(root: PurePosixPath, image: ImageRef) -> PurePosixPath:
    return storage_domain(root, image.storage_domain) / "images" / token("disk id", image.disk_id)


def image(root: PurePosixPath, image: ImageRef) -> PurePosixPath:
    return disk(root, image) / token("image id", image.image_id)


def backing_text(backing: ImageRef) -> str:
    """How an overlay names its backing image on the same storage domain: relative, so that any node finds it."""
    return f"../{token('disk id', backing.disk_id)}/{token('image id', backing.image_id)}"


def backing_ref(domain: str, text: str) -> ImageRef | None:
    """The reverse of backing_text; None when an overlay names something else. libvirt, which merges images below a
    running VM, writes `../DISK/../DISK/IMAGE`."""
    parts = posixpath.normpath(text).split("/")
    if len(parts) != 3 or parts[0] != "..":
        return None
    return ImageRef(storage_domain=domain, disk_id=parts[1], image_id=parts[2])


def site_files(root: PurePosixPath, domain: str) -> PurePosixPath:
    """What any node needs to keep the engine alive; trivet-ha's whiteboard lies beside it."""
    return storage_domain(root, domain) / "ha"


def previous(name: str) -> str:
    """The file beside `name` that holds what stood in it before."""
    return f"{name}.previous"


def lockspace(root: PurePosixPath, domain: str, lockspace_name: str) -> PurePosixPath:
    return storage_domain(root, domain) / "leases" / token("lockspace", lockspace_name) / "lockspace"


def lease(root: PurePosixPath, domain: str, lockspace_name: str, resource: str) -> PurePosixPath:
    folder = storage_domain(root, domain) / "leases" / token("lockspace", lockspace_name)
    return folder / f"{token('lease', resource)}.lease"
