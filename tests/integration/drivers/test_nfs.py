"""A real NFS server and Debian's kernel, in an emulated machine."""

from pathlib import Path

import pytest

from tests.integration.drivers.nfs_guest import run_on_nfs


@pytest.mark.long
@pytest.mark.timeout(900)
def test_an_export_is_mounted_used_and_mounted_again(tmp_path: Path) -> None:
    run_on_nfs(tmp_path / "guest")
