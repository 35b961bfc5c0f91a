"""Transfers of images: what a node opens to a client for a while, and how far that is."""

from enum import StrEnum

from node.api.messages.base import Message
from node.api.messages.images import ImageFormat, ImageRef


class TransferDirection(StrEnum):
    UPLOAD = "upload"
    DOWNLOAD = "download"


class TransferRequest(Message, frozen=True, kw_only=True):
    """Whoever knows `ticket`, a UUID, may read or write the image on the node's transfer port for `timeout_s`, counted
    anew with each request of his; the connection of one that says nothing is cut after `inactivity_timeout_s`.

    `format` is that of what is transferred: raw is what a guest sees of the disk, whatever the image is; the image's
    own format is its file, and of an upload that, which has no size yet, `size_bytes` is the most. With `shallow` what
    the backing image has reads as a hole. With `sparse` zeros take no room.
    """

    id: str
    image: ImageRef
    direction: TransferDirection
    format: ImageFormat
    ticket: str
    timeout_s: int
    inactivity_timeout_s: int
    size_bytes: int | None = None
    shallow: bool = False
    sparse: bool = True
    file_name: str = ""


class TransferRenewal(Message, frozen=True, kw_only=True):
    """The ticket is good for so long from now on."""

    timeout_s: int


class TransferReport(Message, frozen=True, kw_only=True):
    """`transferred_bytes` counts no byte twice, and from the node's last start of it. `idle_s` is how long no client
    has asked for anything; `active` that one is being answered."""

    id: str
    ticket: str
    port: int
    size_bytes: int
    transferred_bytes: int = 0
    active: bool = False
    idle_s: int = 0


class ImageCheck(Message, frozen=True, kw_only=True):
    """An image whose content a client has made has to be of this format, whole in itself but for `backing`, and at most
    so large; one that is smaller grows to it."""

    format: ImageFormat
    size_bytes: int
    backing: ImageRef | None = None
