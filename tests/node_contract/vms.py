"""VMs, their devices and what their guests are asked."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import msgspec
import pytest

from node.api.contract import NodeApi
from node.api.messages.events import Event
from node.api.messages.images import (
    ImageFormat,
    ImageRequest,
    ImageResize,
    SeedFile,
)
from node.api.messages.leases import LeaseRequest
from node.api.messages.vms import (
    DiskBus,
    DownReason,
    GraphicsType,
    MemoryLink,
    MemorySnapshotRequest,
    NewLayer,
    SuspendRequest,
    Ticket,
    VmCpus,
    VmDisk,
    VmMemory,
    VmNic,
    VmSeed,
    VmState,
)
from node.api.problems import RemoteRefused
from tests.node_contract.base import MIB, ContractBase


class VmContract(ContractBase):
    async def test_an_unknown_vm_is_none_and_cannot_be_ended(self, node: NodeApi) -> None:
        vm_id = str(uuid.uuid4())
        assert await node.vm(vm_id) is None
        for ask in (node.destroy_vm, node.shutdown_vm, node.reset_vm, node.resume_vm, node.console_log):
            with pytest.raises(RemoteRefused) as refused:
                await ask(vm_id)
            assert refused.value.text.code == "VmUnknown"

    async def test_a_guest_is_given_a_seed_and_no_refusal_repeats_it(self, node: NodeApi) -> None:
        image = self.new_image()
        await node.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=8 * MIB))
        files = (SeedFile(path="user-data", text="#cloud-config\npassword: sesame\n"),)
        seed = VmSeed(label="cidata", files=files)
        bare = self.new_vm(VmDisk(image=image, format=ImageFormat.QCOW2, boot=True))
        for wrong in (
            VmSeed(label="a/b", files=files),
            VmSeed(label="cidata", files=(SeedFile(path="../x", text="sesame"),)),
        ):
            with pytest.raises(RemoteRefused) as refused:
                await node.start_vm(msgspec.structs.replace(bare, seed=wrong))
            assert refused.value.text.code == "VmNotPossible"
            assert "sesame" not in str(refused.value)
        spec = msgspec.structs.replace(bare, seed=seed)
        for _ in range(2):
            assert (await node.start_vm(spec)).state is VmState.UP
        await node.destroy_vm(spec.id)
        assert (await node.start_vm(bare)).state is VmState.UP
        await node.destroy_vm(spec.id)
        await node.remove_image(image)

    async def test_a_vm_lives_and_ends_and_every_step_can_be_repeated(self, node: NodeApi) -> None:
        image = self.new_image()
        await node.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=8 * MIB))
        spec = self.new_vm(VmDisk(image=image, format=ImageFormat.QCOW2, boot=True))
        for _ in range(2):
            assert (await node.start_vm(spec)).state is VmState.UP
        other = msgspec.structs.replace(spec, memory_bytes=2 * spec.memory_bytes, time_zone="Europe/Nowhere")
        assert await node.start_vm(other) == await node.vm(spec.id), "it runs, and stays as it is"
        with pytest.raises(RemoteRefused) as refused:
            await node.remove_image(image)
        assert refused.value.text.code == "ImageBusy"
        with pytest.raises(RemoteRefused) as refused:
            await node.resize_image(image, ImageResize(size_bytes=16 * MIB))
        assert refused.value.text.code == "ImageBusy"
        for _ in range(2):
            ended = await node.destroy_vm(spec.id)
            assert (ended.state, ended.reason) == (VmState.DOWN, DownReason.DESTROYED)
        assert await node.vm(spec.id) == ended
        assert ended in await node.vms()
        assert (await node.start_vm(spec)).state is VmState.UP
        await node.destroy_vm(spec.id)
        await node.remove_image(image)

    async def test_a_vm_that_starts_paused_goes_on_when_it_is_told_to(self, node: NodeApi) -> None:
        spec = msgspec.structs.replace(self.new_vm(), start_paused=True)
        for _ in range(2):
            assert (await node.start_vm(spec)).state is VmState.PAUSED
        for _ in range(2):
            assert (await node.resume_vm(spec.id)).state is VmState.UP
        await node.destroy_vm(spec.id)
        with pytest.raises(RemoteRefused) as refused:
            await node.resume_vm(spec.id)
        assert refused.value.text.code == "VmNotPaused"

    async def test_a_vm_is_suspended_and_goes_on_from_its_memory_once(self, node: NodeApi) -> None:
        spec, memory = self.new_vm(), self.new_image()
        request = SuspendRequest(memory=memory)
        await node.start_vm(spec)
        for _ in range(2):
            saved = await node.suspend_vm(spec.id, request)
            assert (saved.state, saved.reason) == (VmState.DOWN, DownReason.SAVED)
        resumed = msgspec.structs.replace(spec, resume_from=memory)
        for _ in range(2):
            assert (await node.start_vm(resumed)).state is VmState.UP
        await node.destroy_vm(spec.id)
        with pytest.raises(RemoteRefused) as refused:
            await node.start_vm(resumed)
        assert refused.value.text.code == "MemoryUnknown"
        with pytest.raises(RemoteRefused) as refused:
            await node.suspend_vm(spec.id, request)
        assert refused.value.text.code == "VmNotUp"
        await node.remove_image(memory)

    async def test_a_snapshot_with_memory_is_resumed_from_as_often_as_it_has_names(self, node: NodeApi) -> None:
        base, layer, memory = (self.new_image() for _ in range(3))
        layer = msgspec.structs.replace(base, image_id=layer.image_id)
        await node.make_image(base, ImageRequest(format=ImageFormat.QCOW2, size_bytes=MIB))
        spec = self.new_vm(VmDisk(image=base, format=ImageFormat.QCOW2))
        request = MemorySnapshotRequest(layers=(NewLayer(image=base, new=layer),), memory=memory)
        with pytest.raises(RemoteRefused) as refused:
            await node.snapshot_vm_with_memory(spec.id, request)
        assert refused.value.text.code == "VmUnknown"
        await node.start_vm(spec)
        await node.make_image(layer, ImageRequest(format=ImageFormat.QCOW2, size_bytes=MIB, backing=base))
        for _ in range(2):
            await node.snapshot_vm_with_memory(spec.id, request)
        assert [one.image_id for one in await node.vm_images(spec.id)] == [layer.image_id]
        report = await node.vm(spec.id)
        assert report is not None
        assert report.state is VmState.UP
        await node.destroy_vm(spec.id)
        for number in range(2):
            link, again = self.new_image(), msgspec.structs.replace(base, image_id=f"again{number}")
            await node.make_image(again, ImageRequest(format=ImageFormat.QCOW2, size_bytes=MIB, backing=base))
            for _ in range(2):
                await node.link_memory(link, MemoryLink(source=memory))
            disk = VmDisk(image=again, format=ImageFormat.QCOW2)
            resumed = msgspec.structs.replace(spec, disks=(disk,), resume_from=link)
            assert (await node.start_vm(resumed)).state is VmState.UP
            assert [one.image_id for one in await node.vm_images(spec.id)] == [again.image_id]
            await node.destroy_vm(spec.id)
            for image in (link, again):
                await node.remove_image(image)
        for image in (memory, layer, base):
            await node.remove_image(image)
        with pytest.raises(RemoteRefused) as refused:
            await node.link_memory(self.new_image(), MemoryLink(source=memory))
        assert refused.value.text.code == "ImageUnknown"

    async def test_a_vm_that_no_node_can_make_is_refused(self, node: NodeApi) -> None:
        spec = msgspec.structs.replace(self.new_vm(), time_zone="Europe/Nowhere")
        with pytest.raises(RemoteRefused, match="no time zone 'Europe/Nowhere'") as refused:
            await node.start_vm(spec)
        assert refused.value.text.code == "VmNotPossible"
        assert await node.vm(spec.id) is None

    async def test_a_vm_that_is_reset_runs_on_and_one_that_is_down_stays_so(self, node: NodeApi) -> None:
        spec = self.new_vm()
        await node.start_vm(spec)
        for _ in range(2):
            assert (await node.reset_vm(spec.id)).state is VmState.UP
        await node.destroy_vm(spec.id)
        assert (await node.reset_vm(spec.id)).state is VmState.DOWN

    async def test_the_guest_of_a_vm_that_is_up_is_asked_to_boot_again(self, node: NodeApi) -> None:
        spec = self.new_vm()
        await node.start_vm(spec)
        for _ in range(2):
            assert (await node.reboot_vm(spec.id)).state is VmState.REBOOTING
        await node.destroy_vm(spec.id)
        assert (await node.reboot_vm(spec.id)).state is VmState.DOWN

    async def test_the_screen_of_a_running_vm_is_opened_with_a_ticket(self, node: NodeApi) -> None:
        spec = msgspec.structs.replace(self.new_vm(), graphics=(GraphicsType.VNC,))
        ticket = Ticket(type=GraphicsType.VNC, value="contract", valid_s=60)
        (graphics,) = (await node.start_vm(spec)).graphics
        assert (graphics.type, bool(graphics.address), graphics.port >= 5900) == (GraphicsType.VNC, True, True)
        for _ in range(2):
            await node.set_ticket(spec.id, ticket)
        for wrong in ({"value": ""}, {"value": "too long!"}, {"value": "a\nb"}, {"valid_s": 0}, {"valid_s": 1 << 40}):
            with pytest.raises(RemoteRefused) as refused:
                await node.set_ticket(spec.id, msgspec.structs.replace(ticket, **wrong))
            assert refused.value.text.code == "Malformed"
        assert (await node.destroy_vm(spec.id)).graphics == ()
        with pytest.raises(RemoteRefused, match="does not run") as refused:
            await node.set_ticket(spec.id, ticket)
        assert refused.value.text.code == "NoGraphics"

    async def test_a_vm_without_a_screen_has_none_that_a_ticket_opens(self, node: NodeApi) -> None:
        spec = self.new_vm()
        assert (await node.start_vm(spec)).graphics == ()
        with pytest.raises(RemoteRefused, match="it runs without VNC"):
            await node.set_ticket(spec.id, Ticket(type=GraphicsType.VNC, value="contract", valid_s=60))
        await node.destroy_vm(spec.id)

    async def test_a_disk_is_plugged_into_a_running_vm_once(self, node: NodeApi) -> None:
        image, spec = self.new_image(), self.new_vm()
        await node.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=MIB))
        disk = VmDisk(image=image, format=ImageFormat.QCOW2)
        with pytest.raises(RemoteRefused, match="does not run") as refused:
            await node.plug_disk(spec.id, disk)
        assert refused.value.text.code == "NotPluggable"
        await node.start_vm(spec)
        for _ in range(2):
            await node.plug_disk(spec.id, disk)
        with pytest.raises(RemoteRefused) as refused:
            await node.remove_image(image)
        assert refused.value.text.code == "ImageBusy"
        absent = msgspec.structs.replace(disk, image=self.new_image())
        with pytest.raises(RemoteRefused) as refused:
            await node.plug_disk(spec.id, absent)
        assert refused.value.text.code == "ImageUnknown"
        with pytest.raises(RemoteRefused, match="sata disks") as refused:
            await node.plug_disk(spec.id, msgspec.structs.replace(absent, bus=DiskBus.SATA))
        assert refused.value.text.code == "NotPluggable"
        await node.unplug_disk(spec.id, absent.image)  # what it does not have
        await node.destroy_vm(spec.id)
        await node.remove_image(image)

    async def test_a_nic_of_a_running_vm_changes_its_link_and_not_its_address(self, node: NodeApi) -> None:
        spec = self.new_vm()
        nic = VmNic(id=str(uuid.uuid4()), mac="02:00:00:00:00:0c", bridge="ovirtmgmt")
        await node.start_vm(spec)
        for linked in (True, True, False):
            await node.plug_nic(spec.id, msgspec.structs.replace(nic, linked=linked))
        with pytest.raises(RemoteRefused) as refused:
            await node.plug_nic(spec.id, msgspec.structs.replace(nic, mac="02:00:00:00:00:0d"))
        assert refused.value.text.code == "NotPluggable"
        await node.unplug_nic(spec.id, str(uuid.uuid4()))  # what it does not have
        await node.destroy_vm(spec.id)

    async def test_processors_and_memory_are_plugged_as_far_as_a_vm_was_started_for(self, node: NodeApi) -> None:
        spec = msgspec.structs.replace(self.new_vm(), cpus_max=2, memory_max_bytes=1 << 30)
        for asked in (node.set_vm_cpus(spec.id, VmCpus(count=2)), node.set_vm_memory(spec.id, VmMemory(size_bytes=1))):
            with pytest.raises(RemoteRefused, match="does not run") as refused:
                await asked
            assert refused.value.text.code == "NotPluggable"
        await node.start_vm(spec)
        for _ in range(2):
            await node.set_vm_cpus(spec.id, VmCpus(count=2))
            await node.set_vm_memory(spec.id, VmMemory(size_bytes=spec.memory_bytes + 256 * MIB))
        for asked in (
            node.set_vm_cpus(spec.id, VmCpus(count=3)),
            node.set_vm_cpus(spec.id, VmCpus(count=0)),
            node.set_vm_memory(spec.id, VmMemory(size_bytes=2 << 30)),
            node.set_vm_memory(spec.id, VmMemory(size_bytes=spec.memory_bytes)),
        ):
            with pytest.raises(RemoteRefused) as refused:
                await asked
            assert refused.value.text.code == "NotPluggable"
        await node.destroy_vm(spec.id)

    async def test_a_guest_without_an_agent_is_not_frozen(self, node: NodeApi) -> None:
        spec = self.new_vm()
        await node.start_vm(spec)
        with pytest.raises(RemoteRefused, match="agent") as refused:
            await node.freeze_vm(spec.id)
        assert refused.value.text.code == "NotFrozen"
        assert (await _hello(node)).guests == ()
        await node.destroy_vm(spec.id)
        with pytest.raises(RemoteRefused, match="does not run") as refused:
            await node.thaw_vm(spec.id)
        assert refused.value.text.code == "NotFrozen"

    async def test_a_vm_without_its_disk_is_not_started(self, node: NodeApi) -> None:
        spec = self.new_vm(VmDisk(image=self.new_image(), format=ImageFormat.QCOW2))
        with pytest.raises(RemoteRefused) as refused:
            await node.start_vm(spec)
        assert refused.value.text.code == "ImageUnknown"
        assert await node.vm(spec.id) is None

    async def test_a_vm_holds_its_lease_while_it_runs(self, node: NodeApi) -> None:
        resource = f"contract-{uuid.uuid4()}"
        request = LeaseRequest(lockspace=self.lockspace, resource=resource, storage_domain=self.domain)
        assert not (await node.lease(self.domain, self.lockspace, resource)).exists
        for _ in range(2):
            assert (await node.make_lease(request)).exists
        host_id = next(s.host_id for s in await node.lockspaces() if s.name == self.lockspace)
        spec = self.new_vm(lease=resource)
        await node.start_vm(spec)
        assert (await node.lease(self.domain, self.lockspace, resource)).holder == host_id
        await node.destroy_vm(spec.id)
        assert (await node.lease(self.domain, self.lockspace, resource)).holder is None


async def _hello(node: NodeApi) -> Event:
    """A node that has just begun may not have looked at its network yet."""
    for _ in range(50):
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            hello = await anext(events)
        if hello.network is not None:
            break
        await asyncio.sleep(0.1)
    return hello
