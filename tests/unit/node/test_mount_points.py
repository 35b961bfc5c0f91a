"""Where storage domains are mounted, by which names they are found, and what an earlier version called them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from node.api.messages.leases import LockspaceRequest
from node.api.messages.mounts import HOSTED_ENGINE, MountRequest, MountSpec
from node.storage import mount_points
from node.storage.desired import DesiredStorage
from node.storage.engine_vm_files import WANTED, read
from tests.unit.node.storage_world import World

ID, DATA_ID = "6c0c30f3-7d53-4bf9-9b83-1ee1b4a8dcd2", "0b9b1f07-9d23-45a5-a4a0-8f9ae1d1d0c5"
ENGINE = MountRequest(
    storage_domain=ID,
    spec=MountSpec(kind="glusterfs", source="node1:/engine", options=("backup-volfile-servers=node2",)),
    hosted_engine=True,
)
DATA = MountRequest(storage_domain=DATA_ID, spec=MountSpec(kind="glusterfs", source="node1:/data"))
EARLIER_DESIRED = {
    "mounts": {
        "engine": {"volume": "engine", "servers": ["node1", "node2", "node3"]},
        "data": {"volume": "data", "servers": ["node1"]},
    },
    "lockspaces": {"trivet": {"name": "trivet", "volume": "engine", "host_id": 2, "io_timeout_s": 2}},
}
EARLIER_VM = {
    "id": "9b8d1c36-20d4-4a8e-8ad7-1c6f2bb8b9f6",
    "name": "HostedEngine",
    "memory_bytes": 1 << 30,
    "disks": [{"image": {"volume": "engine", "disk_id": "d", "image_id": "i"}, "format": "qcow2", "boot": True}],
    "leases": [{"lockspace": "trivet", "resource": "engine", "volume": "engine"}],
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    for name in (ID, DATA_ID, "engine"):
        world.run.knows_mount(world.volumes / name)
    yield world
    world.threads.close()


async def test_the_domain_of_the_engine_is_found_by_its_name_and_by_its_id(world: World) -> None:
    await world.mounts.mount(ENGINE)
    await world.mounts.mount(DATA)
    assert (world.volumes / HOSTED_ENGINE).readlink() == Path(ID)
    assert (await world.mounts.observe(HOSTED_ENGINE)).mounted
    for one in (ID, DATA_ID):
        await world.mounts.unmount(one)
    assert list(world.volumes.iterdir()) == []


async def test_what_an_earlier_version_mounted_stays_where_it_is_and_is_found_by_its_id(world: World) -> None:
    (world.folder / "wishes.json").write_bytes(msgspec.json.encode(EARLIER_DESIRED))
    world.boot()
    await world.reconcile()
    assert (world.volumes / "engine").is_dir()
    assert [one.joined for one in await world.leases.lockspaces()] == [True]
    before = len(world.run.calls)
    for _ in range(2):
        assert (await world.mounts.mount(ENGINE)).mounted
        await world.reconcile()
    assert not any(call[:2] == ("systemctl", "start") for call in world.run.calls[before:])
    assert [one.storage_domain for one in await world.mounts.mounts()] == [ID, "data"]
    (space,) = await world.leases.lockspaces()
    assert (space.storage_domain, space.joined) == (ID, True)  # by the path that sanlock knows
    assert (world.volumes / ID).readlink() == Path("engine")
    world.lose_power()
    await world.reconcile()
    assert (await world.mounts.observe(ID)).mounted
    assert (world.volumes / "engine" / "leases/trivet/lockspace").exists()
    for one in (ID, "data"):
        await world.mounts.unmount(one)
    assert [one.name for one in world.volumes.iterdir()] == ["engine"]  # what is "on" it keeps the folder here


async def test_a_power_cut_while_it_is_adopted_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.folder / "wishes.json").write_bytes(msgspec.json.encode(EARLIER_DESIRED))
    world.boot()
    monkeypatch.setattr(DesiredStorage, "rename_mount", _cut)
    with pytest.raises(asyncio.CancelledError):
        await world.mounts.mount(ENGINE)
    monkeypatch.undo()
    world.boot()
    await world.reconcile()
    assert (await world.mounts.observe("engine")).mounted
    assert (await world.mounts.mount(ENGINE)).mounted
    assert (world.volumes / "engine").is_dir()
    assert not (world.volumes / "engine").is_symlink()


def _cut(*_: object) -> None:
    raise asyncio.CancelledError


def test_what_was_desired_earlier_is_read(tmp_path: Path) -> None:
    file = tmp_path / "wishes.json"
    file.write_bytes(msgspec.json.encode(EARLIER_DESIRED))
    found = DesiredStorage(file)
    spec = MountSpec(kind="glusterfs", source="node1:/engine", options=("backup-volfile-servers=node2:node3",))
    assert found.mounts["engine"] == MountRequest(storage_domain="engine", spec=spec, hosted_engine=True)
    assert not found.mounts["data"].hosted_engine
    assert found.lockspaces == {
        "trivet": LockspaceRequest(name="trivet", storage_domain="engine", host_id=2, io_timeout_s=2)
    }


def test_an_engine_vm_that_was_written_earlier_is_found_by_the_name_that_every_node_has(tmp_path: Path) -> None:
    (tmp_path / WANTED).write_bytes(msgspec.json.encode(EARLIER_VM))
    wanted = read(tmp_path).wanted
    assert wanted.disks[0].image.storage_domain == wanted.leases[0].storage_domain == HOSTED_ENGINE


def test_a_file_is_the_same_by_whichever_name(tmp_path: Path) -> None:
    (tmp_path / ID).mkdir()
    mount_points.name_hosted_engine(tmp_path, ID)
    real = tmp_path / ID / "images" / "x"
    assert mount_points.real_path(tmp_path, tmp_path / HOSTED_ENGINE / "images" / "x") == real
    assert mount_points.real_path(tmp_path, real) == real
    assert mount_points.real_path(tmp_path, Path("/etc/passwd")) == Path("/etc/passwd")


def test_an_empty_folder_of_an_earlier_site_makes_room_for_the_link(tmp_path: Path) -> None:
    (tmp_path / HOSTED_ENGINE).mkdir()
    mount_points.name_hosted_engine(tmp_path, ID)
    assert (tmp_path / HOSTED_ENGINE).readlink() == Path(ID)
