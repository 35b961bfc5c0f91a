"""Runs beside a volume of Gluster at /volume: an image with something in it, which is then wiped or only removed."""

import os
import sys
import time
from pathlib import Path

from node.storage.wiping import wipe

MIB = 1 << 20
PATTERN = b"something secret"  # 16 bytes, so that no piece of it is left at a block's end
IMAGE, NOTE = Path("/volume/image"), Path("/volume/image.wiped")
WRITTEN = ((0, 70), (150, 170))  # MiB of 256: a whole shard of 64 MiB, parts of two, nothing of the last


def main(word: str) -> None:
    with IMAGE.open("wb") as image:
        image.truncate(256 * MIB)
        for begin, end in WRITTEN:
            image.seek(begin * MIB)
            image.write(PATTERN * ((end - begin) * MIB // len(PATTERN)))
        image.flush()
        os.fsync(image.fileno())
    before, calls = shards(), 0
    while word == "wipe" and wipe_for(0.3):
        calls += 1
    assert shards() == before, "holes were filled"
    print(f"{calls + 1} calls")
    IMAGE.unlink()


def wipe_for(seconds: float) -> int:
    until = time.monotonic() + seconds
    return wipe(IMAGE, NOTE, is_time_up=lambda: time.monotonic() > until)


def shards() -> set[Path]:
    """Those that hold something: reading a hole makes an empty one."""
    return {path for path in Path("/brick").glob("*/.shard/*.*") if path.stat().st_blocks}


if __name__ == "__main__":
    main(sys.argv[1])
