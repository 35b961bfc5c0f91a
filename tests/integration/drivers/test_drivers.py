"""Storage of the node and of any file system, really mounted; Gluster is in every lab, NFS has a guest."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-utils makes the images")
def test_storage_of_files_is_mounted_used_and_mounted_again(tmp_path: Path) -> None:
    argv = ("unshare", "-m", "--propagation", "private", sys.executable, "-m", "tests.integration.drivers.inside")
    ended = subprocess.run(
        [*argv, tmp_path], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
