"""Whether an image that a client has written may be given to a VM: what qemu-img says of it, judged. Pure.

A backing or data file would let a guest read what lies on the node, an encrypted image asks for a secret nobody has.
"""

import msgspec

from node.api.messages.images import ImageFormat
from node.api.messages.transfers import ImageCheck
from node.storage.layout import backing_text

QCOW_MAGIC = b"QFI\xfb"  # of all its versions


class _QcowData(msgspec.Struct, frozen=True, rename="kebab"):
    data_file: str | None = None
    encrypt: object = None
    corrupt: bool = False


class _Specific(msgspec.Struct, frozen=True):
    data: _QcowData = msgspec.field(default_factory=_QcowData)


class _Info(msgspec.Struct, frozen=True, rename="kebab"):
    virtual_size: int
    backing_filename: str | None = None
    encrypted: bool = False
    format_specific: _Specific = msgspec.field(default_factory=_Specific)


def why_not_format(begin: bytes, wanted: ImageFormat) -> str | None:
    """`begin` are the first bytes of the file. A raw disk with a qcow2 image in it would be one for whoever guesses."""
    is_qcow = begin.startswith(QCOW_MAGIC)
    if wanted is ImageFormat.QCOW2 and not is_qcow:
        return "the disk has the format cow, and what was uploaded is no qcow2 image"
    if wanted is ImageFormat.RAW and is_qcow:
        return "the disk has the format raw, and what was uploaded is a qcow2 image"
    return None


def why_not_usable(info: str, check: ImageCheck) -> str | None:
    """`info` is what `qemu-img info --output=json` says. Raises msgspec.MsgspecError where it is not understood."""
    found = msgspec.json.decode(info, type=_Info)
    data, backing = found.format_specific.data, check.backing and backing_text(check.backing)
    if found.backing_filename != backing:
        if found.backing_filename is None:
            return "it does not stand on the image that it was made on"
        return f"it has a backing file, {found.backing_filename}, which a VM would be shown"
    if data.data_file is not None:
        return f"its content lies in another file, {data.data_file}, which a VM would be shown"
    if found.encrypted or data.encrypt is not None:
        return "it is encrypted, and nobody has given its secret"
    if data.corrupt:
        return "it is marked as damaged"
    if found.virtual_size > check.size_bytes:
        return f"it has {found.virtual_size} bytes, and the disk has {check.size_bytes}"
    return None


def virtual_size(info: str) -> int:
    return msgspec.json.decode(info, type=_Info).virtual_size
