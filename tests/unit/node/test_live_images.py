"""Images of VMs that run: what is asked of libvirt, and what of it was done before."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.machine import Accelerator
from node.api.messages.vms import NewLayer, SnapshotRequest, VmDisk, VmSpec
from node.api.refusals import VmUnknown
from node.storage import layout
from node.system.threads import Threads
from node.vms import live_images
from node.vms.block_chain import disk_chains, has_agent
from node.vms.domain_xml import DomainPaths, domain_xml
from node.vms.hypervisor import HypervisorFailed
from node.vms.live_images import LiveImages
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor

VM_ID = "11111111-1111-4111-8111-111111111111"
VOLUMES = PurePosixPath("/volumes")


def image(disk: str, name: str) -> ImageRef:
    return ImageRef(storage_domain="data", disk_id=disk, image_id=name)


class World:
    def __init__(self) -> None:
        self.hypervisor = FakeHypervisor()
        self.threads = Threads("test", 2)
        self.live = LiveImages(self.hypervisor, self.threads, VOLUMES, FakeClock())
        disks = tuple(VmDisk(image=image(disk, "base"), format=ImageFormat.RAW) for disk in ("one", "two"))
        self.spec = VmSpec(id=VM_ID, name="web", memory_bytes=1 << 26, disks=disks)
        paths = DomainPaths(Accelerator.TCG, VOLUMES, PurePosixPath("/log"))
        self.hypervisor.start(domain_xml(self.spec, "web", paths))

    async def take(self, *names: str, disk: str = "one") -> None:
        """One after the other."""
        below = "base"
        for name in names:
            layer = NewLayer(image=image(disk, below), new=image(disk, name))
            await self.live.snapshot_vm(VM_ID, SnapshotRequest(layers=(layer,)))
            below = name

    def chain(self, number: int = 0) -> list[str]:
        return [Path(link.path).name for link in disk_chains(self.hypervisor.xml(VM_ID))[number].links]

    async def merge(self, upper: str, lower: str) -> int | None:
        paths = [Path(layout.image(VOLUMES, image("one", name))) for name in (upper, lower)]
        return await self.live.merge(*paths)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(live_images, "INTERVAL_S", 0.0)
    world = World()
    yield world
    world.threads.close()


async def test_the_disks_of_a_snapshot_go_on_with_new_images_and_no_other_does(world: World) -> None:
    await world.take("top")
    assert (world.chain(0), world.chain(1)) == (["top", "base"], ["base"])
    assert await world.live.vm_images(VM_ID) == (image("one", "top"), image("two", "base"))
    before = world.hypervisor.xml(VM_ID)
    await world.take("top")
    assert world.hypervisor.xml(VM_ID) == before
    with pytest.raises(VmUnknown):
        await world.live.vm_images("22222222-2222-4222-8222-222222222222")


async def test_a_guest_is_held_still_only_where_its_agent_is_there(world: World) -> None:
    await world.take("first")
    root = ET.fromstring(world.hypervisor.xml(VM_ID))
    for target in root.iterfind("devices/channel/target"):
        target.set("state", "connected")
    world.hypervisor._redefine(VM_ID, root)
    assert has_agent(world.hypervisor.xml(VM_ID))
    layer = NewLayer(image=image("one", "first"), new=image("one", "second"))
    assert (await world.live.snapshot_vm(VM_ID, SnapshotRequest(layers=(layer,)))).quiesced
    assert world.hypervisor.quiesced == [False, True]


async def test_an_image_in_the_middle_is_merged_into_the_one_below(world: World) -> None:
    await world.take("low", "high")
    assert await world.merge("low", "base") == 100
    assert (world.chain(), world.hypervisor.commits) == (["high", "base"], [("vda[3]", "vda[2]")])
    assert await world.merge("low", "base") == 100
    assert len(world.hypervisor.commits) == 1


async def test_the_image_that_is_written_to_is_merged_and_left(world: World) -> None:
    await world.take("top")
    for _ in range(2):
        assert await world.merge("top", "base") == 100
    assert world.chain() == ["base"]
    assert len(world.hypervisor.commits) == 1


async def test_a_merge_that_an_earlier_call_began_is_only_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_images, "ANSWER_S", 0.0)
    await world.take("low", "high")
    world.hypervisor.block_jobs = [(30, 120)]
    assert await world.merge("low", "base") == 25
    assert world.hypervisor.commits == []


async def test_only_what_it_stands_on_is_merged_into(world: World) -> None:
    await world.take("top")
    with pytest.raises(HypervisorFailed, match="does not stand on"):
        await world.merge("top", "elsewhere")
    assert await world.merge("nobody", "elsewhere") is None
