"""Snapshots with memory: taken once, whole or not at all, and resumed from on other images."""

from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.vms import MemoryLink, MemorySnapshotRequest, NewLayer, VmDisk, VmState
from node.api.refusals import ImageUnknown, MemoryUnknown, VmNotUp
from node.storage import layout
from node.vms.block_chain import disk_chains
from node.vms.live_images import LiveImages
from node.vms.memory_snapshots import MemoryNotSaved, MemorySnapshots
from node.vms.states import PAUSED, PAUSED_FOR_SNAPSHOT, RUNNING
from tests.fakes.clock import FakeClock
from tests.unit.node.vm_world import VM, Cut, World

BASE = ImageRef(storage_domain="data", disk_id="one", image_id="base")
TOP, AGAIN = (msgspec.structs.replace(BASE, image_id=name) for name in ("top", "again"))
MEMORY, LINK = (ImageRef(storage_domain="data", disk_id=name, image_id="memory") for name in ("memory", "link"))
SPEC = msgspec.structs.replace(VM, disks=(VmDisk(image=BASE, format=ImageFormat.RAW),))
REQUEST = MemorySnapshotRequest(layers=(NewLayer(image=BASE, new=TOP),), memory=MEMORY)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path, PurePosixPath(tmp_path / "volumes"))
    await world.vms.start_vm(SPEC)
    yield world
    world.threads.close()


def path_of(world: World, image: ImageRef) -> Path:
    return Path(layout.image(world.paths.volumes, image))


def part(world: World) -> MemorySnapshots:
    async def need(_: str) -> None:
        return None

    volumes = world.paths.volumes
    live = LiveImages(world.hypervisor, world.threads, volumes, FakeClock())
    return MemorySnapshots(world.vms, live, world.hypervisor, world.threads, volumes=volumes, need=need)


def on(world: World) -> list[str]:
    """The images that the VM's disk is on."""
    return [Path(link.path).name for link in disk_chains(world.hypervisor.xml(VM.id))[0].links]


async def test_it_is_taken_once_and_the_vm_goes_on(world: World) -> None:
    for _ in range(2):
        await part(world).snapshot_vm_with_memory(VM.id, REQUEST)
    assert on(world) == ["top", "base"]
    assert [vm.state for vm in await world.vms.vms()] == [VmState.UP]
    assert "base" in path_of(world, MEMORY).read_text()
    await world.vms.destroy_vm(VM.id)
    with pytest.raises(VmNotUp, match="it is down"):
        await part(world).snapshot_vm_with_memory(VM.id, REQUEST)


async def test_one_that_fails_leaves_the_vm_as_it_was_and_no_file(world: World) -> None:
    world.hypervisor.refuse_save = "No space left on device"
    with pytest.raises(MemoryNotSaved, match="No space left"):
        await part(world).snapshot_vm_with_memory(VM.id, REQUEST)
    assert (on(world), path_of(world, MEMORY).exists()) == (["base"], False)


@pytest.mark.parametrize("taken", [False, True])
async def test_an_agent_that_is_killed_on_its_way_is_followed_by_one_that_goes_on(
    taken: bool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before libvirt has begun, or while it works, which it goes on with."""
    snapshot = world.hypervisor.snapshot

    def cut(vm_id: str, xml: str, *, quiesce: bool, memory: bool = False) -> None:
        if taken:
            snapshot(vm_id, xml, quiesce=quiesce, memory=memory)
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(world.hypervisor, "snapshot", cut)
        with pytest.raises(Cut):
            await part(world).snapshot_vm_with_memory(VM.id, REQUEST)
    world.vms = world.agent()
    await part(world).snapshot_vm_with_memory(VM.id, REQUEST)
    assert (on(world), path_of(world, MEMORY).exists()) == (["top", "base"], True)


async def test_nobody_asks_for_the_images_while_the_memory_is_written(world: World) -> None:
    world.hypervisor.set(VM.id, PAUSED, PAUSED_FOR_SNAPSHOT)
    assert [vm.state for vm in await world.vms.vms()] == [VmState.SAVING]
    clock = FakeClock()
    live = LiveImages(world.hypervisor, world.threads, world.paths.volumes, clock)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        world.hypervisor.set(VM.id, RUNNING, 1)

    clock.sleep = sleep  # type: ignore[method-assign]
    assert await live.vm_images(VM.id) == (BASE,)
    assert slept


async def test_a_memory_that_was_not_written_to_its_end_is_taken_anew(world: World) -> None:
    path = path_of(world, MEMORY)
    path.parent.mkdir(parents=True)
    path.write_text("")
    await part(world).snapshot_vm_with_memory(VM.id, REQUEST)
    assert path.read_text()


async def test_it_is_resumed_from_on_other_images_by_each_of_its_names_once(world: World) -> None:
    await part(world).snapshot_vm_with_memory(VM.id, REQUEST)
    await world.vms.destroy_vm(VM.id)
    for _ in range(2):
        await part(world).link_memory(LINK, MemoryLink(source=MEMORY))
    disks = (VmDisk(image=AGAIN, format=ImageFormat.QCOW2),)
    resumed = msgspec.structs.replace(SPEC, disks=disks, resume_from=LINK)
    assert (await world.vms.start_vm(resumed)).state is VmState.UP
    assert on(world) == ["again"]
    assert path_of(world, MEMORY).exists()
    await world.vms.destroy_vm(VM.id)
    with pytest.raises(MemoryUnknown):
        await world.vms.start_vm(resumed)
    with pytest.raises(ImageUnknown):
        await part(world).link_memory(LINK, MemoryLink(source=TOP))
