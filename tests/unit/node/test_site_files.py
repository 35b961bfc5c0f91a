"""What any node starts the engine from is private, replaced at once, and the one before is kept."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from hosted_engine.ha.site_files import SITE_FILE, HaEngine, HaSite, format_files
from node.api.messages.ha import SiteFilesRequest, SiteNode, SiteNodes
from node.api.messages.vms import VmSpec
from node.api.refusals import Malformed
from node.storage.site_files import SiteFiles
from node.storage.site_nodes import SiteFileUnusable
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


SITE = HaSite(
    name="branch-7",
    nodes=(SiteNode(name="node1", address="192.0.2.11", host_id=1),),
    engine=HaEngine(name="engine.branch-7.example", address="192.0.2.10"),
    authority="pem",
    lockspace="trivet",
    lease="engine",
    io_timeout_s=10,
)
NODES = SiteNodes(nodes=(*SITE.nodes, SiteNode(name="node4", address="192.0.2.14", host_id=4)))


async def test_other_nodes_are_all_that_changes_in_the_sites_file(files: SiteFiles, tmp_path: Path) -> None:
    """To the byte: the deploy compares the file with what it would write."""
    vm = VmSpec(id="6f6bb4a4-1c51-4d20-9d35-3c1d1dd1c9f5", name="HostedEngine", memory_bytes=1 << 30)
    await files.write("engine", SiteFilesRequest(files=format_files(SITE, vm)))
    assert await files.nodes("engine") == SiteNodes(nodes=SITE.nodes)
    assert await files.set_nodes("engine", NODES) == NODES
    text = (tmp_path / "engine" / "ha" / SITE_FILE).read_text()
    assert text == format_files(replace(SITE, nodes=NODES.nodes), vm)[SITE_FILE]


async def test_nodes_are_not_put_into_a_file_that_is_missing_or_damaged(files: SiteFiles, tmp_path: Path) -> None:
    with pytest.raises(SiteFileUnusable):
        await files.set_nodes("engine", NODES)
    await files.write("engine", SiteFilesRequest(files={SITE_FILE: '{"nodes": ['}))
    with pytest.raises(SiteFileUnusable):
        await files.set_nodes("engine", NODES)
    assert (tmp_path / "engine" / "ha" / SITE_FILE).read_text() == '{"nodes": ['


async def test_a_node_has_a_plain_name(files: SiteFiles) -> None:
    with pytest.raises(Malformed):
        await files.set_nodes("engine", SiteNodes(nodes=(SiteNode(name="a b", address="192.0.2.14", host_id=4),)))
