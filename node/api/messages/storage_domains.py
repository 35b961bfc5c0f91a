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
    content_type: str = "data"


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


class OvfFile(Message, frozen=True, kw_only=True):
    """A VM or a template as OVF has it; `id` is its own."""

    id: str
    text: str


class OvfStore(Message, frozen=True, kw_only=True):
    """What VMs and templates have disks on a storage domain, in the order of their ids."""

    files: tuple[OvfFile, ...] = ()


class OvfStoreUpdate(Message, frozen=True, kw_only=True):
    """`files` are written; of those that are there only what `ids` names stays."""

    files: tuple[OvfFile, ...] = ()
    ids: tuple[str, ...] = ()
