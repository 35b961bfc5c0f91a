"""Judges the two headers of a GPT (UEFI specification, 5.3.2): wipefs and sfdisk find tables, and do not say that one
was made for another disk. Pure."""

import struct
import zlib
from dataclasses import dataclass

from installer.sizes import format_disk_size

SIGNATURE = b"EFI PART"

_HEADER = struct.Struct("<8s4sIIIQQ")  # signature, revision, size, CRC, reserved, own place, the other's place
_LEAST, _CRC_AT = 92, 16


@dataclass(frozen=True, slots=True)
class Header:
    """Places count sectors from 0."""

    place: int
    other: int


def read_header(sector: bytes) -> Header | None:
    """The header in a sector; None where there is none, or one that is damaged."""
    if len(sector) < _LEAST or not sector.startswith(SIGNATURE):
        return None
    _, _, size, crc, _, place, other = _HEADER.unpack_from(sector)
    if not _LEAST <= size <= len(sector):
        return None
    without = sector[:_CRC_AT] + bytes(4) + sector[_CRC_AT + 4 : size]
    return Header(place, other) if zlib.crc32(without) == crc else None


def why_stale(first: bytes, last: bytes, odd: bytes, *, sectors: int, sector_bytes: int) -> str | None:
    """Why the table in the sectors 1 (`first`) and `sectors - 1` (`last`) is not in order; None when it is, or when
    there is no trace of one. `odd` is where the first header is on a disk with sectors of the other size."""
    if SIGNATURE not in (first[:8], last[:8]):
        return f"made for a disk with sectors of {len(odd)} bytes" if read_header(odd) is not None else None
    primary, backup = read_header(first), read_header(last)
    if primary is not None and primary.other != sectors - 1:
        return f"made for a disk of {format_disk_size((primary.other + 1) * sector_bytes)}"
    if primary is not None and backup is not None:
        return None
    if primary is not None:
        return "its backup at the end of the disk is missing" if last[:8] != SIGNATURE else "its backup is damaged"
    if backup is None:
        return "it is damaged"
    gone = "missing" if first[:8] != SIGNATURE else "damaged"
    return f"only its backup at the end of the disk is left, the first table is {gone}"
