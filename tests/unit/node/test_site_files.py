"""What any node starts the engine from is private, replaced at once, and the one before is kept."""

import os
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from hosted_engine.ha.site_files import SITE_FILE, HaEngine, HaSite, format_files
from node.api.messages.ha import EngineVmEdit, Shape, SiteFilesRequest, SiteNode, SiteNodes
from node.api.messages.vms import VmSpec
from node.api.refusals import Malformed
from node.storage.site_files import SiteFiles
from node.storage.site_nodes import SiteFileUnusable
from node.system.threads import Threads

RUNNING = Shape(memory_mib=1024, vcpus=1)


@pytest.fixture
def files(tmp_path: Path) -> SiteFiles:
    (tmp_path / "engine").mkdir()

    async def mounted(_: str) -> None:
        return None

    async def running_shape(_: str) -> Shape:
        return RUNNING

    return SiteFiles(Threads("files", 1), volumes=tmp_path, need=mounted, running_shape=running_shape)


def request(text: str) -> SiteFilesRequest:
    return SiteFilesRequest(files={"engine-vm.json": text})


async def test_they_are_private_to_root(files: SiteFiles, tmp_path: Path) -> None:
    await files.write_site_files("engine", request("{}"))
    folder = tmp_path / "engine" / "ha"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


async def test_the_one_before_is_kept_and_the_same_again_is_no_other(files: SiteFiles, tmp_path: Path) -> None:
    folder = tmp_path / "engine" / "ha"
    for text in ("one", "two", "three", "three"):
        report = await files.write_site_files("engine", request(text))
    assert (folder / "engine-vm.json").read_text() == "three"
    assert (folder / "engine-vm.json.previous").read_text() == "two"
    assert list(report.digests) == ["engine-vm.json"]


async def test_a_crash_in_the_middle_leaves_the_old_one(
    files: SiteFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await files.write_site_files("engine", request("old"))
    before = await files.site_files("engine")

    def crash(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="No space"):
        await files.write_site_files("engine", request("new"))
    monkeypatch.undo()
    assert await files.site_files("engine") == before


@pytest.mark.parametrize("name", ["../engine-vm.json", "..", "", "a/b", "/etc/passwd"])
async def test_nothing_is_written_elsewhere(files: SiteFiles, tmp_path: Path, name: str) -> None:
    with pytest.raises(Malformed):
        await files.write_site_files("engine", SiteFilesRequest(files={"good.json": "{}", name: "{}"}))
    assert not (tmp_path / "engine" / "ha").exists()


async def test_how_the_engine_vm_runs_here_is_told_beside_what_its_next_start_takes(files: SiteFiles) -> None:
    spec = VmSpec(id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="engine", memory_bytes=1 << 30)
    await files.write_site_files("engine", request(msgspec.json.encode(spec).decode()))
    assert (await files.engine_vm("engine")).running == RUNNING
    edit = EngineVmEdit(edit="more", memory_bytes=2 << 30, sockets=1, cores=2, threads=1)
    report = await files.edit_engine_vm("engine", edit)
    assert (report.running, report.wanted.cores) == (RUNNING, 2)


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
    await files.write_site_files("engine", SiteFilesRequest(files=format_files(SITE, vm)))
    assert await files.site_nodes("engine") == SiteNodes(nodes=SITE.nodes)
    assert await files.set_site_nodes("engine", NODES) == NODES
    text = (tmp_path / "engine" / "ha" / SITE_FILE).read_text()
    assert text == format_files(replace(SITE, nodes=NODES.nodes), vm)[SITE_FILE]


async def test_nodes_are_not_put_into_a_file_that_is_missing_or_damaged(files: SiteFiles, tmp_path: Path) -> None:
    with pytest.raises(SiteFileUnusable):
        await files.set_site_nodes("engine", NODES)
    await files.write_site_files("engine", SiteFilesRequest(files={SITE_FILE: '{"nodes": ['}))
    with pytest.raises(SiteFileUnusable):
        await files.set_site_nodes("engine", NODES)
    assert (tmp_path / "engine" / "ha" / SITE_FILE).read_text() == '{"nodes": ['


async def test_a_node_has_a_plain_name(files: SiteFiles) -> None:
    with pytest.raises(Malformed):
        await files.set_site_nodes("engine", SiteNodes(nodes=(SiteNode(name="a b", address="192.0.2.14", host_id=4),)))
