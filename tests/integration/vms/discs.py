"""Discs that boot (El Torito): one that writes a line, and one with a disk on it; small enough to be made by hand.

https://pdos.csail.mit.edu/6.828/2018/readings/boot-cdrom.pdf; the numbers are sectors of 2,048 bytes.
"""

import struct

SECTOR = 2048
PRIMARY, BOOT_RECORD, TERMINATOR, CATALOG, CODE, SECTORS = 16, 17, 18, 19, 20, 32
DISK_AT = 1 << 20  # where the disk begins that a disc carries
NO_EMULATION, HARD_DISK = 0, 4
HEADS, TRACK = 255, 63
_CD001 = b"CD001\x01"
_FIRST_TYPE, _LAST = 0x1BE + 4, 0x1BE + 5  # in an MBR: type and end of the first partition


def bootable_disc(text: str) -> bytes:
    """Its code writes `text` with the BIOS, which the serial console shows, and stands still."""
    disc = bytearray(SECTORS * SECTOR)
    _make_bootable(disc, struct.pack("<BBHBBHI", 0x88, NO_EMULATION, 0, 0, 0, 4, CODE))
    _put(disc, CODE, _code(f"{text}\r\n".encode()))
    return bytes(disc)


def disc_with_disk(disk: bytes) -> bytes:
    """The firmware boots from the disk on it as from a hard disk. It is the last thing on the disc, from DISK_AT on."""
    disc = bytearray(DISK_AT) + disk
    entry = struct.pack("<BBHBBHI", 0x88, HARD_DISK, 0, disk[_FIRST_TYPE], 0, 1, DISK_AT // SECTOR)
    _make_bootable(disc, entry)
    cylinder = len(disk) // (HEADS * TRACK * 512)
    last = bytes((HEADS - 1, TRACK | cylinder >> 2 & 0xC0, cylinder & 0xFF))
    disc[DISK_AT + _LAST : DISK_AT + _LAST + 3] = last  # firmware takes a disk to end where its first partition does
    return bytes(disc)


def _make_bootable(disc: bytearray, entry: bytes) -> None:
    """`entry` of the boot catalog says what is started."""
    _put(disc, PRIMARY, b"\x01" + _CD001)
    _put(disc, BOOT_RECORD, b"\x00" + _CD001 + b"EL TORITO SPECIFICATION".ljust(64, b"\0") + struct.pack("<I", CATALOG))
    _put(disc, TERMINATOR, b"\xff" + _CD001)
    _put(disc, CATALOG, _validation() + entry)


def _validation() -> bytes:
    """All 16-bit words of the entry come to 0."""
    entry = struct.pack("<BBH24sHBB", 1, 0, 0, b"trivet", 0, 0x55, 0xAA)
    checksum = -sum(struct.unpack("<16H", entry)) & 0xFFFF
    return struct.pack("<BBH24sHBB", 1, 0, 0, b"trivet", checksum, 0x55, 0xAA)


def _code(text: bytes) -> bytes:
    """Loaded at 0x7c00: for each letter of the text behind it int 0x10 with ah 0x0e."""
    code = (
        b"\x31\xc0\x8e\xd8"  # xor ax, ax; mov ds, ax
        b"\xbe\x17\x7c"  # mov si, 0x7c17
        b"\xac\x84\xc0"  # lodsb; test al, al
        b"\x74\x08"  # jz the end
        b"\xb4\x0e\x31\xdb"  # mov ah, 0x0e; xor bx, bx
        b"\xcd\x10"  # int 0x10
        b"\xeb\xf3"  # jmp lodsb
        b"\xf4\xeb\xfd"  # hlt; jmp hlt
    )
    assert len(code) == 0x17
    return code + text + b"\0"


def _put(disc: bytearray, sector: int, data: bytes) -> None:
    disc[sector * SECTOR : sector * SECTOR + len(data)] = data
