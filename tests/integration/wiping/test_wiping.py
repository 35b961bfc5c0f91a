"""What a wiped image held is on no brick any more, looked for on the disk below Gluster."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from images import build
from tests.integration.wiping.inside import MIB, PATTERN, WRITTEN

PROJECT = Path(__file__).parents[3]
SCRIPT = Path(__file__).parent / "machine.sh"
BRICKS = 3
WRITTEN_BYTES = BRICKS * sum(end - begin for begin, end in WRITTEN) * MIB
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces and mounts")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="trivet-wiping-", dir="/var/tmp"))
    for name in ("root", "upper", "work"):
        (made / name).mkdir()
    with (made / "disk").open("wb") as disk:
        disk.truncate(1 << 30)
    subprocess.run(["mkfs.xfs", "-q", made / "disk"], check=True)
    yield made
    shutil.rmtree(made)


def left_on(file: Path) -> int:
    """Bytes of the pattern, wherever they lie."""
    with file.open("rb") as disk:
        return sum(chunk.count(PATTERN) for chunk in iter(lambda: disk.read(MIB), b"")) * len(PATTERN)


@pytest.mark.parametrize(("word", "expected"), [("remove", WRITTEN_BYTES), ("wipe", 0)])
def test_what_is_left_on_the_disk(folder: Path, word: str, expected: int) -> None:
    tree = build.build_node(build.DEFAULT_STORE, print)
    argv = ("unshare", "-f", "--kill-child", "-m", "-n", "-p", "-u", "sh", SCRIPT, tree, folder, PROJECT, word)
    ended = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=240)
    assert ended.returncode == 0, ended.stdout
    assert left_on(folder / "disk") == expected, ended.stdout
