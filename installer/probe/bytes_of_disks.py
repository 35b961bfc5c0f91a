"""A program of its own: reads from disks what no tool says, read-only, and writes a line of JSON for each.

`python bytes_of_disks.py /dev/sda=512 /dev/sdb=4096`, each with the size of its sectors. It is run as a child with a
time limit, for a broken disk may never answer: the lines of the others are there by then. One child for all of them,
because an interpreter takes seconds to start on a slow machine with many disks.

`first` and `last` are where a GPT's headers are, `odd` where one for the other sector size would be; in base64.
`data_at` is the place of some byte that is not zero, tables of partitions apart; null where none was found. A disk that
cannot be read has `error` instead of all that.
"""

import base64
import json
import os
import sys
import threading

MIB = 1024 * 1024
SAMPLES, SAMPLE_BYTES = 64, 65536
TABLE_SECTORS = 34  # GPT: protective MBR, header and 128 entries of 128 bytes


def main(disks: list[str]) -> None:
    threads = [threading.Thread(target=_report, args=disk.rsplit("=", 1), daemon=True) for disk in disks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _report(path: str, sector_bytes: str) -> None:
    try:
        found = _read(path, int(sector_bytes))
    except OSError as err:
        found = {"error": err.strerror}
    sys.stdout.write(json.dumps({"path": path, **found}) + "\n")  # as one piece: others write, too
    sys.stdout.flush()


def _read(path: str, sector: int) -> dict[str, object]:
    disk = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    size = os.lseek(disk, 0, os.SEEK_END)
    other = 4096 if sector == 512 else 512
    return {
        "size_bytes": size,
        "first": _encoded(os.pread(disk, sector, sector)),
        "last": _encoded(os.pread(disk, sector, max(size // sector - 1, 0) * sector)),
        "odd": _encoded(os.pread(disk, other, other)),
        "data_at": _data_at(disk, size, TABLE_SECTORS * sector),
    }


def _data_at(disk: int, size: int, table: int) -> int | None:
    """The beginning and the end are read as a whole, between them there are samples."""
    ends = (size - table) // 512 * 512
    places = [(table, MIB), *((size // SAMPLES * number // 512 * 512, SAMPLE_BYTES) for number in range(1, SAMPLES))]
    for at, length in (*places, (max(ends - MIB, table), MIB)):
        at = max(at, table)
        found = os.pread(disk, max(min(length, ends - at), 0), at)
        if (rest := found.lstrip(b"\0")) != b"":
            return at + len(found) - len(rest)
    return None


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


if __name__ == "__main__":
    main(sys.argv[1:])
