"""A program of its own: reads from a disk what no tool says, read-only, and writes it as JSON.

`python bytes_of_disk.py /dev/sda SECTOR_BYTES`. It is run as a child with a time limit: a broken disk may never answer.
`first` and `last` are where a GPT's headers are, `odd` where one for the other sector size would be; in base64.
`data_at` is the place of some byte that is not zero, tables of partitions apart; null where none was found.
"""

import base64
import json
import os
import sys

MIB = 1024 * 1024
SAMPLES, SAMPLE_BYTES = 64, 65536
TABLE_SECTORS = 34  # GPT: protective MBR, header and 128 entries of 128 bytes


def main(path: str, sector: int) -> None:
    disk = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    size = os.lseek(disk, 0, os.SEEK_END)
    other = 4096 if sector == 512 else 512
    print(  # noqa: T201
        json.dumps(
            {
                "size_bytes": size,
                "first": _encoded(os.pread(disk, sector, sector)),
                "last": _encoded(os.pread(disk, sector, max(size // sector - 1, 0) * sector)),
                "odd": _encoded(os.pread(disk, other, other)),
                "data_at": _data_at(disk, size, TABLE_SECTORS * sector),
            }
        )
    )


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
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except OSError as err:
        sys.exit(f"{sys.argv[1]}: {err.strerror}")
