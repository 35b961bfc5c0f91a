from pathlib import Path

import pytest

from node.upgrade.manifest import MediumUnusable, check_files, read_manifest
from tests.unit.node.upgrade.machine import NEW, write_medium


def test_a_medium_is_read_and_is_whole(tmp_path: Path) -> None:
    manifest = write_medium(tmp_path)
    assert read_manifest(tmp_path) == manifest
    assert manifest.system.name == f"trivet_{NEW}.squashfs"
    assert [image.name for image in manifest.images] == ["engine.qcow2", "tiny.qcow2"]
    told: list[int] = []
    check_files(tmp_path, manifest, told.append)
    assert told[-1] == manifest.size_bytes
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be read"),
        ('{"version": 1, "files": []}', "cannot be read"),
        ('{"version": "1.2", "files": []}', "does not name it"),
        ('{"version": "1.2", "files": [{"name": "../passwd", "size": 1, "sha256": ""}]}', "no file of its folder"),
        ('{"version": "../1", "files": []}', "does not name it"),
    ],
)
def test_a_bad_list_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(MediumUnusable, match=why):
        read_manifest(tmp_path)


def test_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediumUnusable, match="cannot be read"):
        read_manifest(tmp_path)
