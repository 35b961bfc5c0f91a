"""Disks as the tools of others have left them: what is not zero, captured once, laid out again in sparse files.

To capture one: `python -m tests.integration.installer.disk_images IMAGE NAME "the commands that made it"`. What no tool
could make where they were captured is written here, byte by byte: those builders say so.
"""

import base64
import json
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data/installer/disks"
BLOCK = 4096
MIB = 1024 * 1024
LUKS_HEADERS = 32768


def restore(name: str, path: Path) -> Path:
    """Lays out the captured disk `name` as the file `path`."""
    captured = json.loads((FOLDER / f"{name}.json").read_text())
    blocks = zlib.decompress(base64.b64decode("".join(captured["blocks"])))
    with path.open("wb") as file:
        file.truncate(captured["size_bytes"])
        for number, place in enumerate(captured["places"]):
            file.seek(place * BLOCK)
            file.write(blocks[number * BLOCK : (number + 1) * BLOCK])
        file.truncate(captured["size_bytes"])
    return path


def capture(path: Path, name: str, made_by: str) -> None:
    """Whole, but for the key slots of an encrypted disk, which are as good as random."""
    size = path.stat().st_size
    places, blocks = [], b""
    with path.open("rb") as file:
        for place in range((size + BLOCK - 1) // BLOCK):
            if name == "luks" and place * BLOCK >= LUKS_HEADERS:
                continue
            file.seek(place * BLOCK)
            if (block := file.read(BLOCK)).strip(b"\0"):
                places.append(place)
                blocks += block.ljust(BLOCK, b"\0")
    text = base64.b64encode(zlib.compress(blocks, 9)).decode()
    lines = [text[at : at + 118] for at in range(0, len(text), 118)]
    captured = {"made_by": made_by, "size_bytes": size, "places": places, "blocks": lines}
    (FOLDER / f"{name}.json").write_text(json.dumps(captured, indent=0) + "\n")


def ceph(path: Path) -> Path:
    """The label of BlueStore: ceph-bluestore-tool needs a whole OSD. libblkid knows the first line of bdev_label_t."""
    return _written(path, {0: b"bluestore block device\n7b6a2a3e-5b3c-4a39-9a4f-2f0a6d3f5e11\n"})


def vmfs(path: Path) -> Path:
    """A datastore of ESXi on a whole disk, as far as libblkid knows it: the marks of volume and file system."""
    volume = struct.pack("<I", 0xC001D00D).ljust(1024, b"\0")
    file_system = struct.pack("<I", 0x2FABF15E).ljust(1024, b"\0")
    return _written(path, {0x100000: volume, 0x200000: file_system})


def md(path: Path) -> Path:
    """A superblock of version 1.2 (linux/raid/md_p.h): mdadm needs a kernel with md."""
    head = struct.pack("<IIII16s32sQIIQII", 0xA92B4EFC, 1, 0, 0, bytes(range(16)), b"store:data", 0, 1, 0, 0, 0, 2)
    rest = struct.pack("<IIQQQQI", 0, 0, 2048, 500000, 8, 0, 0)
    block = bytearray((head.ljust(0x80, b"\0") + rest).ljust(256, b"\0"))
    struct.pack_into("<Q", block, 0x90, 8)  # super_offset, in sectors
    words = sum(struct.unpack_from(f"<{len(block) // 4}I", block))
    struct.pack_into("<I", block, 0xD8, ((words & 0xFFFFFFFF) + (words >> 32)) & 0xFFFFFFFF)
    return _written(path, {4096: bytes(block)})


BUILT: dict[str, Callable[[Path], Path]] = {"ceph": ceph, "vmfs": vmfs, "md": md}


def make(name: str, path: Path) -> Path:
    """The disk `name`, captured or built."""
    return BUILT[name](path) if name in BUILT else restore(name, path)


def _written(path: Path, parts: dict[int, bytes], size: int = 64 * MIB) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
        for place, content in parts.items():
            file.seek(place)
            file.write(content)
    return path


if __name__ == "__main__":
    capture(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
