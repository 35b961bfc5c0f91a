"""What any node starts the engine from is private, replaced at once, and the one before is kept."""

import os
from pathlib import Path

import pytest

from node.api.messages.ha import SiteFilesRequest
from node.api.refusals import Malformed
from node.storage.site_files import SiteFiles
from node.system.threads import Threads


@pytest.fixture
def files(tmp_path: Path) -> SiteFiles:
    (tmp_path / "engine").mkdir()

    async def mounted(_: str) -> None:
        return None

    return SiteFiles(Threads("files", 1), volumes=tmp_path, need=mounted)


def request(text: str) -> SiteFilesRequest:
    return SiteFilesRequest(files={"engine-vm.json": text})


async def test_they_are_private_to_root(files: SiteFiles, tmp_path: Path) -> None:
    await files.write("engine", request("{}"))
    folder = tmp_path / "engine" / "ha"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


async def test_the_one_before_is_kept_and_the_same_again_is_no_other(files: SiteFiles, tmp_path: Path) -> None:
    folder = tmp_path / "engine" / "ha"
    for text in ("one", "two", "three", "three"):
        report = await files.write("engine", request(text))
    assert (folder / "engine-vm.json").read_text() == "three"
    assert (folder / "engine-vm.json.previous").read_text() == "two"
    assert list(report.digests) == ["engine-vm.json"]


async def test_a_crash_in_the_middle_leaves_the_old_one(
    files: SiteFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await files.write("engine", request("old"))
    before = await files.look("engine")

    def crash(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="No space"):
        await files.write("engine", request("new"))
    monkeypatch.undo()
    assert await files.look("engine") == before


@pytest.mark.parametrize("name", ["../engine-vm.json", "..", "", "a/b", "/etc/passwd"])
async def test_nothing_is_written_elsewhere(files: SiteFiles, tmp_path: Path, name: str) -> None:
    with pytest.raises(Malformed):
        await files.write("engine", SiteFilesRequest(files={"good.json": "{}", name: "{}"}))
    assert not (tmp_path / "engine" / "ha").exists()
