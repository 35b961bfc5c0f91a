"""How an image is opened: the command line of qemu-nbd, what its unit may do, and the ticket for it. Pure."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import msgspec

from node.api.messages.images import ImageFormat
from node.api.messages.transfers import TransferDirection, TransferRequest
from node.imageio import Ticket
from node.storage import formats

FOLDER = PurePosixPath("/run/trivet-nbd")
GROUP = "ovirtimg"  # of the imageio daemon
CONNECTIONS = 8  # of the daemon with one image: as many as a client may have
BLOCK_BYTES = 4096  # what lies past the page cache is written in whole blocks


def unit(transfer_id: str) -> str:
    return f"trivet-nbd-{transfer_id}.service"


def socket(folder: PurePosixPath, transfer_id: str) -> PurePosixPath:
    return folder / transfer_id / "sock"


def command(
    request: TransferRequest, path: str, image_format: ImageFormat, size_bytes: int, socket_path: str
) -> tuple[str, ...]:
    """Past the page cache where that is possible, as a VM uses the image: another node may be the next. qemu-nbd keeps
    VMs from the image, and no other qemu-nbd; a lock on the note beside it does that, on all nodes."""
    driver = image_format if request.format is ImageFormat.RAW else ImageFormat.RAW
    image: dict[str, object] = {"driver": driver.value, "file": {"driver": "file", "filename": path}}
    if driver is ImageFormat.QCOW2 and request.shallow:
        image["backing"] = None
    is_upload, note = request.direction is TransferDirection.UPLOAD, formats.file(Path(path))
    options = ("--discard", "unmap" if request.sparse else "ignore") if is_upload else ("--read-only",)
    return (
        *("flock", "--nonblock", "--no-fork", "--verbose", "--exclusive" if is_upload else "--shared", str(note)),
        "qemu-nbd",
        *("--socket", socket_path),
        *("--persistent", "--shared", str(CONNECTIONS), "--export-name", "", "--allocation-depth"),
        *("--cache", "none" if size_bytes % BLOCK_BYTES == 0 else "writeback"),
        *options,
        f"json:{msgspec.json.encode(image).decode()}",
    )


def properties(transfer_id: str, path: PurePosixPath, *, writes: bool) -> Sequence[str]:
    """Of its unit. The socket and its folder go with it."""
    return (
        f"Description=Trivet: an image is open for transfer {transfer_id}",
        f"RuntimeDirectory={FOLDER.name}/{transfer_id}",
        "RuntimeDirectoryMode=0750",
        f"Group={GROUP}",
        "UMask=0007",
        "ProtectSystem=strict",
        *((f"ReadWritePaths={path.parent}",) if writes else ()),
        *CONFINED,
        "TimeoutStopSec=20",
    )


CONFINED = (
    "PrivateNetwork=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectHome=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "NoNewPrivileges=yes",
    "RestrictAddressFamilies=AF_UNIX",
    "CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH",
    "MemoryMax=1G",
)


def check_properties(path: PurePosixPath) -> Sequence[str]:
    """Of the unit in which an image of a stranger is looked at: it sees that file and no other of the volumes."""
    return ("ProtectSystem=strict", "TemporaryFileSystem=/var:ro", f"BindReadOnlyPaths={path}", *CONFINED)


def whole_blocks(size_bytes: int) -> int:
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES


def ticket(request: TransferRequest, socket_path: PurePosixPath, size_bytes: int) -> Ticket:
    return Ticket(
        uuid=request.ticket,
        size=size_bytes,
        url=f"nbd:unix:{socket_path}:exportname=",
        timeout=request.timeout_s,
        inactivity_timeout=request.inactivity_timeout_s,
        ops=("write",) if request.direction is TransferDirection.UPLOAD else ("read",),
        transfer_id=request.id,
        sparse=request.sparse,
        filename=request.file_name,
    )
