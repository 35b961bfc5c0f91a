"""Storage of the node and of any file system, really mounted; Gluster is in every lab, NFS has a guest."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


needs_images = pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-utils makes the images")


@needs_images
def test_storage_of_files_is_mounted_used_and_mounted_again(tmp_path: Path) -> None:
    run_apart("inside", tmp_path)


@needs_images
def test_a_domain_goes_with_its_vms_from_one_engine_to_another(tmp_path: Path) -> None:
    run_apart("between_engines", tmp_path)


def run_apart(module: str, tmp_path: Path) -> None:
    """In a mount namespace of its own."""
    argv = ("unshare", "-m", "--propagation", "private", sys.executable, "-m", f"tests.integration.drivers.{module}")
    ended = subprocess.run(
        [*argv, tmp_path], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
