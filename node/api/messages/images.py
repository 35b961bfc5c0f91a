"""Disk images on a mounted storage domain: where they lie, how they come about, what they are."""

from enum import StrEnum

from node.api.messages.base import Message, Reference


class ImageFormat(StrEnum):
    RAW = "raw"
    QCOW2 = "qcow2"


class ImageRef(Reference, frozen=True, kw_only=True):
    """Where an image lies: `images/<disk_id>/<image_id>` on the storage domain with the id `storage_domain`."""

    storage_domain: str
    disk_id: str
    image_id: str


class ImageRequest(Message, frozen=True, kw_only=True):
    """Create an image that is not there yet. `source` names a file among the node's shipped images (`engine`, `tiny`)
    whose content is converted into it; `backing` makes it a thin overlay. At most one of the two."""

    format: ImageFormat
    size_bytes: int | None = None
    preallocated: bool = False
    backing: ImageRef | None = None
    backing_format: ImageFormat | None = None
    source: str | None = None


class ImageResize(Message, frozen=True, kw_only=True):
    """Grow an image that no VM runs on; `preallocated` takes the room at once."""

    size_bytes: int
    preallocated: bool = False


class ImageReport(Message, frozen=True, kw_only=True):
    image: ImageRef
    format: ImageFormat
    virtual_size_bytes: int
    actual_size_bytes: int
    backing: ImageRef | None = None


class ImageCopy(Message, frozen=True, kw_only=True):
    """Copy all that is read of `source`, with what it stands on, into a new image that stands on nothing.
    `source_format` is the caller's word for a source whose format nobody noted. The copy may be larger."""

    source: ImageRef
    format: ImageFormat
    source_format: ImageFormat | None = None
    size_bytes: int | None = None
    preallocated: bool = False


class ImageRebase(Message, frozen=True, kw_only=True):
    """What an image stands on from now on; that has to have the same content."""

    backing: ImageRef


class ImageProgress(Message, frozen=True, kw_only=True):
    """How far the work on an image is; `image` is there once it is done."""

    percent: int
    image: ImageReport | None = None


class WipeReport(Message, frozen=True, kw_only=True):
    """How much of the image is to be overwritten still; 0: it is removed."""

    left_bytes: int


class SeedFile(Message, frozen=True, kw_only=True):
    """A file of a seed disk; `text` may be secret and never reaches a log."""

    path: str
    text: str
    mode: int = 0o600

    def __repr__(self) -> str:
        return f"SeedFile(path={self.path!r}, mode={self.mode:#o})"


class SeedRequest(Message, frozen=True, kw_only=True):
    """Make a small read-only ext4 disk with `label` that holds `files`: first configuration of the engine VM."""

    label: str
    files: tuple[SeedFile, ...]


class Contents(Message, frozen=True, kw_only=True):
    """The files on a storage domain, paths relative to it; `more` when there are too many for one answer."""

    files: tuple[str, ...]
    more: bool = False
