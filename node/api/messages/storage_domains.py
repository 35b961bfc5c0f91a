"""What a storage domain says of itself, on its storage."""

from node.api.messages.base import Message
from node.api.messages.images import ImageFormat


class DiskMetadata(Message, frozen=True, kw_only=True):
    """A disk whose image lies there, as the engine knew it when it let the domain go."""

    id: str
    image_id: str
    name: str
    format: ImageFormat
    size_bytes: int
    sparse: bool = True
    description: str = ""
    template_disk_id: str = ""


class StorageDomainMetadata(Message, frozen=True, kw_only=True):
    """`data_center_id`: where it is attached; empty: nowhere. `disks` are written when it is let go."""

    id: str
    name: str
    type: str = "data"
    version: int = 1
    data_center_id: str = ""
    disks: tuple[DiskMetadata, ...] = ()


class MetadataRequest(Message, frozen=True, kw_only=True):
    """`in_use`: the engine has the domain in use already, so that what lies there is its own, also where an earlier
    version wrote down nothing."""

    metadata: StorageDomainMetadata
    in_use: bool = False
