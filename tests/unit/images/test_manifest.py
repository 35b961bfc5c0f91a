from pathlib import Path

import pytest

from images import manifest
from node.upgrade.manifest import NAME


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.squashfs").write_bytes(b"root" * 1000)
    (tmp_path / "b.efi").write_bytes(b"kernel")
    manifest.write(tmp_path, "1.0")
    return tmp_path


def test_a_folder_as_it_was_made_has_no_differences(folder: Path) -> None:
    said = manifest.read(folder)
    assert said.version == "1.0"
    assert [file.name for file in said.files] == ["a.squashfs", "b.efi"]
    assert manifest.differences(said, folder) == []


def test_one_bit_is_told(folder: Path) -> None:
    content = bytearray((folder / "a.squashfs").read_bytes())
    content[2000] ^= 1
    (folder / "a.squashfs").write_bytes(content)
    assert manifest.differences(manifest.read(folder), folder) == [
        "a.squashfs has another content than it was made with"
    ]


def test_what_is_short_or_gone_is_told(folder: Path) -> None:
    said = manifest.read(folder)
    (folder / "a.squashfs").write_bytes(b"")
    (folder / "b.efi").unlink()
    assert manifest.differences(said, folder) == ["a.squashfs has 0 bytes instead of 4000", "b.efi is missing"]


def test_written_again_it_describes_itself_not(folder: Path) -> None:
    before = (folder / manifest.SUMS).read_text()
    manifest.write(folder, "1.0")
    assert (folder / manifest.SUMS).read_text() == before


@pytest.mark.parametrize("text", ["", "{}", '{"version": 1, "files": []}', "[" * 100])
def test_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(manifest.NoManifest):
        manifest.read(tmp_path)
