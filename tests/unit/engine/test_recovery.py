"""Every command under every failure and every crash: it is done, or it never was; nothing is left half-made."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from hosted_engine.engine.command import Command, Lock
from hosted_engine.engine.disks.commands.copy import CopyDisk
from hosted_engine.engine.disks.commands.move import MoveDisk
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.model import DiskContentType, DiskFormat, DiskStatus
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.jobs.model import JobStatus
from hosted_engine.engine.networks.entity import NICS
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.commands.give_up import GiveUpNode
from hosted_engine.engine.nodes.commands.maintenance import ActivateNode, DeactivateNode
from hosted_engine.engine.nodes.commands.remove import RemoveNode
from hosted_engine.engine.nodes.entity import NODES
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.snapshots.commands.preview import PreviewSnapshot
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.storage.commands.activate import ActivateStorageDomain, DeactivateStorageDomain
from hosted_engine.engine.storage.commands.attach import AttachStorageDomain, DetachStorageDomain
from hosted_engine.engine.storage.commands.remove import DestroyStorageDomain, RemoveStorageDomain
from hosted_engine.engine.templates.commands.add import AddTemplate
from hosted_engine.engine.templates.commands.remove import RemoveTemplate
from hosted_engine.engine.transfers.entity import IMAGE_TRANSFERS
from hosted_engine.engine.transfers.model import ImageTransfer, TransferPhase
from hosted_engine.engine.transfers.opening import the_transfer
from hosted_engine.engine.vms.commands.change_cd import ChangeCd
from hosted_engine.engine.vms.commands.hotplug import HotAdd
from hosted_engine.engine.vms.commands.reboot import RebootVm, ResetVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.commands.suspend import ResumeSuspendedVm, StopSuspendedVm, SuspendVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.transfers import TransferDirection
from node.api.problems import Failed, NodeSilent
from node.steps import StepFailed
from tests.fakes.engine import DATA_ID, TINY_ID, World, node_id
from tests.fakes.machine import CLAIM_CODE
from tests.fakes.store import ReadsHere
from tests.unit.engine.domains import active_domain, center_of, new_domain, resting_domain, unattached_domain
from tests.unit.engine.scenes import (
    GIB,
    acting,
    adding,
    attaching,
    changing,
    detaching,
    done,
    events_of,
    new_disk,
    new_disk_on,
    new_template,
    new_vm,
    picture,
    reattaching,
    removing,
    running_vm,
    tiny_vm,
    vm_of,
)
from tests.unit.engine.test_giving_up_hosts import lose

Scene = Callable[[World], Awaitable[Command]]


class PowerCut(BaseException):
    """Not an Exception: nothing may catch it."""


class CutStore(ReadsHere):
    """Pulls the plug right before or right after the commit of the transaction number `cut_at` (from 1)."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.count = 0
        self.cut_at = 0
        self.committed = True

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self.count += 1
        cut = self.count == self.cut_at
        with self._store.transaction() as tx:
            yield tx
            if cut and not self.committed:
                raise PowerCut
        if cut:
            raise PowerCut


async def add_vm(world: World) -> Command:
    return new_vm(world, template_id=TINY_ID)


async def add_vm_with_devices(world: World) -> Command:
    """A copy of the template's disk, a disk that is there, two new ones, and NICs."""
    there = new_disk(world, "there")
    await done(world, there)
    new = {"storage_domain_id": DATA_ID, "provisioned_size_bytes": GIB}
    disks = ({"disk": {"id": there.id}}, {"disk": new}, {"disk": {**new, "name": "log"}, "active": False})
    nics = ({"name": "nic1"}, {"name": "nic2", "mac": "56:6f:00:00:00:01"})
    return new_vm(world, template_id=TINY_ID, disk_attachments=disks, nics=nics)


async def add_cloned_vm(world: World) -> Command:
    """Its disk takes its node several calls."""
    world.shared.work_calls = 3
    return new_vm(world, template_id=TINY_ID, clone=True)


async def clone_vm(world: World) -> Command:
    return acting(world, VMS, await tiny_vm(world), "clone", name="clone")


async def add_template(world: World) -> Command:
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    return new_template(world, vm_id)


async def remove_template(world: World) -> Command:
    command = await add_template(world)
    assert isinstance(command, AddTemplate)
    await done(world, command)
    return RemoveTemplate(id=command.id)


async def _with_snapshots(world: World) -> tuple[str, list[str]]:
    """A VM with three snapshots of its two disks."""
    vm_id, taken = await tiny_vm(world), []
    await done(world, new_disk_on(world, vm_id))
    for number in range(3):
        command = adding(world, SNAPSHOTS, vm_id=vm_id, description=f"s{number}")
        await done(world, command)
        taken.append(command.wanted.id)
        world.now += 1
    return vm_id, taken


async def add_snapshot(world: World) -> Command:
    vm_id, _ = await _with_snapshots(world)
    command: Command = adding(world, SNAPSHOTS, vm_id=vm_id, description="another")
    return command


async def add_live_snapshot(world: World) -> Command:
    command: Command = adding(world, SNAPSHOTS, vm_id=await running_vm(world), description="live")
    return command


async def remove_live_snapshot(world: World) -> Command:
    vm_id, taken = await _with_snapshots(world)
    await done(world, StartVm(id=vm_id))
    return removing(world, SNAPSHOTS, taken[1])


async def remove_snapshot(world: World) -> Command:
    """From the middle; a merge takes its node several calls."""
    _, taken = await _with_snapshots(world)
    world.shared.work_calls = 2
    return removing(world, SNAPSHOTS, taken[1])


async def remove_last_snapshot(world: World) -> Command:
    _, taken = await _with_snapshots(world)
    return removing(world, SNAPSHOTS, taken[2])


async def preview_snapshot(world: World) -> Command:
    vm_id, taken = await _with_snapshots(world)
    return acting(world, VMS, vm_id, "preview_snapshot", snapshot_id=taken[1])


async def undo_snapshot(world: World) -> Command:
    command = await preview_snapshot(world)
    assert isinstance(command, PreviewSnapshot)
    await done(world, command)
    return acting(world, VMS, command.vm_id, "undo_snapshot")


async def commit_snapshot(world: World) -> Command:
    command = await preview_snapshot(world)
    assert isinstance(command, PreviewSnapshot)
    await done(world, command)
    return acting(world, VMS, command.vm_id, "commit_snapshot")


async def restore_snapshot(world: World) -> Command:
    _, taken = await _with_snapshots(world)
    return acting(world, SNAPSHOTS, taken[0], "restore")


async def clone_of_snapshot(world: World) -> Command:
    _, taken = await _with_snapshots(world)
    return new_vm(world, "clone", snapshot_ids=(taken[1],))


async def add_disk(world: World) -> Command:
    return new_disk(world)


async def add_disk_to_vm(world: World) -> Command:
    return new_disk_on(world, await tiny_vm(world))


async def start_vm(world: World) -> Command:
    return StartVm(id=await tiny_vm(world))


async def stop_vm(world: World) -> Command:
    return StopVm(id=await running_vm(world))


async def shutdown_vm(world: World) -> Command:
    command = ShutdownVm(id=await running_vm(world))
    for node in world.nodes.values():
        node.machines.guests_obey = False
    return command


async def reboot_vm(world: World) -> Command:
    return RebootVm(id=await running_vm(world))


async def reset_vm(world: World) -> Command:
    return ResetVm(id=await running_vm(world))


async def suspend_vm(world: World) -> Command:
    return SuspendVm(id=await running_vm(world))


async def suspended_vm(world: World) -> str:
    vm_id = await running_vm(world)
    await done(world, SuspendVm(id=vm_id))
    return vm_id


async def resume_suspended_vm(world: World) -> Command:
    return ResumeSuspendedVm(id=await suspended_vm(world))


async def stop_suspended_vm(world: World) -> Command:
    return StopSuspendedVm(id=await suspended_vm(world))


async def remove_vm(world: World) -> Command:
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    return RemoveVm(id=vm_id)


async def remove_disk(world: World) -> Command:
    disk = new_disk(world)
    await done(world, disk)
    return RemoveDisk(id=disk.id)


async def remove_wiped_disk(world: World) -> Command:
    """It takes its node several calls."""
    disk = new_disk(world, wipe_after_delete=True)
    await done(world, disk)
    next(iter(world.nodes.values())).site.wipe_calls = 3
    return RemoveDisk(id=disk.id)


async def grow_disk(world: World) -> Command:
    """Attached, and renamed and unplugged on the way."""
    added = new_disk_on(world, await tiny_vm(world))
    await done(world, added)
    said = {"provisioned_size_bytes": 2 * GIB, "name": "larger"}
    return reattaching(world, added.vm_id, added.disk.id, active=False, disk=said)


async def plug_new_disk(world: World) -> Command:
    return new_disk_on(world, await running_vm(world))


async def plug_disk(world: World) -> Command:
    disk, vm_id = new_disk(world), await running_vm(world)
    await done(world, disk)
    return attaching(world, vm_id, disk.id)


async def unplug_disk(world: World) -> Command:
    vm_id = await running_vm(world)
    await done(world, disk := new_disk_on(world, vm_id))
    return reattaching(world, vm_id, disk.disk.id, active=False)


async def detach_plugged_disk(world: World) -> Command:
    vm_id = await running_vm(world)
    await done(world, disk := new_disk_on(world, vm_id))
    return detaching(world, vm_id, disk.disk.id)


async def plug_nic(world: World) -> Command:
    command: Command = adding(world, NICS, owner_id=await running_vm(world), name="nic1")
    return command


async def change_plugged_nic(world: World) -> Command:
    await done(world, nic := await plug_nic(world))
    assert isinstance(nic, HotAdd)
    return changing(world, NICS, nic.id, linked=False, comment="off")


async def unplug_nic(world: World) -> Command:
    await done(world, nic := await plug_nic(world))
    assert isinstance(nic, HotAdd)
    return changing(world, NICS, nic.id, plugged=False)


async def deactivate_node(world: World) -> Command:
    return DeactivateNode(id=node_id(2), reason="a new disk", force=True)


async def activate_node(world: World) -> Command:
    await done(world, await deactivate_node(world))
    return ActivateNode(id=node_id(2))


async def approve_node(world: World) -> Command:
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    return ApproveNode(id=host_id_of_key(machine.fingerprint))


async def add_node(world: World) -> Command:
    machine = world.add_machine("node4", 4)
    machine.host.asking = False
    command: Command = adding(world, NODES, name="rack-7", address=machine.address, claim_code=CLAIM_CODE)
    return command


async def approve_node_into_maintenance(world: World) -> Command:
    command = await approve_node(world)
    assert isinstance(command, ApproveNode)
    return msgspec.structs.replace(command, activate=False)


async def remove_node(world: World) -> Command:
    command = await approve_node_into_maintenance(world)
    assert isinstance(command, ApproveNode)
    await done(world, command)
    return RemoveNode(id=command.id)


async def add_domain(world: World) -> Command:
    return new_domain(world)


async def attach_domain(world: World) -> Command:
    return AttachStorageDomain(id=await unattached_domain(world), data_center_id=center_of(world))


async def deactivate_domain(world: World) -> Command:
    return DeactivateStorageDomain(id=await active_domain(world), data_center_id=center_of(world))


async def deactivate_master(world: World) -> Command:
    """Another one becomes it."""
    await active_domain(world)
    return DeactivateStorageDomain(id=DATA_ID, data_center_id=center_of(world))


async def activate_domain(world: World) -> Command:
    return ActivateStorageDomain(id=await resting_domain(world), data_center_id=center_of(world))


async def detach_domain(world: World) -> Command:
    return DetachStorageDomain(id=await resting_domain(world), data_center_id=center_of(world))


async def remove_domain(world: World) -> Command:
    return RemoveStorageDomain(id=await unattached_domain(world), node_id=node_id(1), format=True)


async def destroy_domain(world: World) -> Command:
    return DestroyStorageDomain(id=await resting_domain(world))


async def move_disk(world: World) -> Command:
    """One that has to be overwritten where it was."""
    disk = new_disk(world, wipe_after_delete=True)
    await done(world, disk)
    return MoveDisk(id=disk.id, storage_domain_id=await active_domain(world))


async def copy_disk(world: World) -> Command:
    disk = new_disk(world)
    await done(world, disk)
    with world.store.transaction() as tx:
        there = tx.disks.get(disk.id)
    assert there is not None
    copy = replace(there, id=new_id(), image_id=new_id(), name="copy", storage_domain_id=await active_domain(world))
    return CopyDisk(source_id=disk.id, disk=copy)


DOMAIN_SCENES = [add_domain, attach_domain, deactivate_domain, activate_domain, detach_domain]


async def give_up_node(world: World) -> Command:
    lose(world)
    return GiveUpNode(id=node_id(3))


async def transferred(world: World, direction: TransferDirection, phase: TransferPhase) -> Command:
    """Its user lets it go to `phase` when somebody has looked at it twice."""
    disk = new_disk(world)
    await done(world, disk)
    looks: list[str] = []

    def user(transfer_id: str) -> None:
        looks.append(transfer_id)
        if len(looks) != 2:
            return
        with world.store.transaction() as tx:
            tx.of(ImageTransfer).update(replace(the_transfer(tx, transfer_id), phase=phase))

    for node in world.nodes.values():
        node.opened.asked = user
    command: Command = adding(world, IMAGE_TRANSFERS, disk_id=disk.id, direction=direction)
    return command


async def change_cd(world: World) -> Command:
    disc = new_disk(world, "disc", content_type=DiskContentType.ISO, format=DiskFormat.RAW)
    await done(world, disc)
    return ChangeCd(id=await running_vm(world), disk_id=disc.id)


async def upload(world: World) -> Command:
    return await transferred(world, TransferDirection.UPLOAD, TransferPhase.FINALIZING_SUCCESS)


async def upload_that_is_rejected(world: World) -> Command:
    for node in world.nodes.values():
        node.opened.rejects = "it has a backing file"
    return await upload(world)


async def cancelled_upload(world: World) -> Command:
    return await transferred(world, TransferDirection.UPLOAD, TransferPhase.CANCELLED_USER)


async def download(world: World) -> Command:
    return await transferred(world, TransferDirection.DOWNLOAD, TransferPhase.FINALIZING_SUCCESS)


async def cancelled_download(world: World) -> Command:
    return await transferred(world, TransferDirection.DOWNLOAD, TransferPhase.CANCELLED_SYSTEM)


SCENES = [
    change_cd,
    add_vm,
    add_vm_with_devices,
    add_cloned_vm,
    clone_vm,
    add_template,
    remove_template,
    add_snapshot,
    add_live_snapshot,
    remove_live_snapshot,
    remove_snapshot,
    remove_last_snapshot,
    preview_snapshot,
    undo_snapshot,
    commit_snapshot,
    restore_snapshot,
    clone_of_snapshot,
    add_disk,
    add_disk_to_vm,
    start_vm,
    stop_vm,
    shutdown_vm,
    reboot_vm,
    reset_vm,
    suspend_vm,
    resume_suspended_vm,
    stop_suspended_vm,
    remove_vm,
    remove_disk,
    remove_wiped_disk,
    grow_disk,
    plug_new_disk,
    plug_disk,
    unplug_disk,
    detach_plugged_disk,
    plug_nic,
    change_plugged_nic,
    unplug_nic,
    upload,
    upload_that_is_rejected,
    cancelled_upload,
    download,
    cancelled_download,
    deactivate_node,
    activate_node,
    approve_node,
    add_node,
    approve_node_into_maintenance,
    remove_node,
    *DOMAIN_SCENES,
    deactivate_master,
    remove_domain,
    give_up_node,
    move_disk,
    copy_disk,
]
BACKWARD = [
    move_disk,
    copy_disk,
    *DOMAIN_SCENES,
    add_vm,
    add_vm_with_devices,
    add_cloned_vm,
    clone_vm,
    add_template,
    add_snapshot,
    add_live_snapshot,
    preview_snapshot,
    restore_snapshot,
    clone_of_snapshot,
    add_disk,
    add_disk_to_vm,
    grow_disk,
    upload,
    download,
    start_vm,
    stop_vm,
    shutdown_vm,
    reboot_vm,
    reset_vm,
    plug_new_disk,
    plug_disk,
    unplug_disk,
    detach_plugged_disk,
    plug_nic,
    change_plugged_nic,
    unplug_nic,
    suspend_vm,
    resume_suspended_vm,
    deactivate_node,
    activate_node,
]
CALLS = {
    "add_vm": ("make_image",),
    "add_vm_with_devices": ("make_image",),
    "add_cloned_vm": ("copy_image",),
    "clone_vm": ("copy_image",),
    "add_template": ("copy_image",),
    "add_snapshot": ("make_image",),
    "add_live_snapshot": ("make_image", "snapshot_vm"),
    "preview_snapshot": ("make_image",),
    "restore_snapshot": ("make_image",),
    "clone_of_snapshot": ("copy_image",),
    "add_disk": ("make_image",),
    "add_disk_to_vm": ("make_image",),
    "grow_disk": ("resize_image",),
    "upload": ("open_transfer",),
    "download": ("open_transfer",),
    "start_vm": ("start_vm",),
    "stop_vm": ("destroy_vm",),
    "shutdown_vm": ("shutdown_vm",),
    "reboot_vm": ("reboot_vm",),
    "reset_vm": ("reset_vm",),
    "plug_new_disk": ("make_image", "plug_disk"),
    "plug_disk": ("plug_disk",),
    "unplug_disk": ("unplug_disk",),
    "detach_plugged_disk": ("unplug_disk",),
    "plug_nic": ("plug_nic",),
    "change_plugged_nic": ("plug_nic",),
    "unplug_nic": ("unplug_nic",),
    "suspend_vm": ("suspend_vm",),
    "resume_suspended_vm": ("start_vm",),
    "deactivate_node": ("begin_maintenance",),
    "activate_node": ("end_maintenance",),
    "move_disk": ("copy_image",),
    "copy_disk": ("copy_image",),
    "add_domain": ("mount", "write_domain_metadata"),
    "attach_domain": ("mount", "write_domain_metadata"),
    "deactivate_domain": ("write_domain_metadata", "unmount"),
    "activate_domain": ("mount",),
    "detach_domain": ("mount", "write_domain_metadata"),
}


@pytest.mark.parametrize("scene", BACKWARD)
async def test_a_failure_of_any_call_leaves_all_as_it_was(scene: Scene) -> None:
    for call in CALLS[scene.__name__]:
        world = World()
        command = await scene(world)
        before = picture(world)
        for node in world.nodes.values():
            node.fail(call, Failed(), times=5)
        with pytest.raises(StepFailed):
            await done(world, command)
        assert picture(world) == before
        with world.store.transaction() as tx:
            assert [job.status for job in tx.jobs.list(status=JobStatus.FAILED)] == [JobStatus.FAILED]
            assert tx.jobs.count(status=JobStatus.STARTED) == 0
            assert tx.job_steps.count(status=JobStatus.STARTED) == 0


SCENES_OF_LOST_ANSWERS = [
    add_vm,
    add_vm_with_devices,
    add_cloned_vm,
    clone_vm,
    add_template,
    add_snapshot,
    add_live_snapshot,
    preview_snapshot,
    restore_snapshot,
    clone_of_snapshot,
    add_disk,
    add_disk_to_vm,
    upload,
    download,
    start_vm,
    deactivate_node,
    plug_new_disk,
    plug_disk,
    plug_nic,
]


@pytest.mark.parametrize("scene", SCENES_OF_LOST_ANSWERS)
async def test_an_answer_that_got_lost_is_taken_back_too(scene: Scene) -> None:
    """The node did it and its answer never came: the undo has to find what was made."""
    for call in CALLS[scene.__name__]:
        world = World()
        command = await scene(world)
        before = picture(world)
        for node in world.nodes.values():
            node.lose_answer(call, times=5)
        with pytest.raises(StepFailed):
            await done(world, command)
        assert picture(world) == before


async def crashed(world: World, command: Command, cut_at: int, *, committed: bool) -> bool:
    """Run `command` into a power cut at that transaction. False when it ended before."""
    store = CutStore(world.store)
    world.begin(store)
    store.count, store.cut_at, store.committed = 0, cut_at, committed
    try:
        await done(world, command)
    except PowerCut:
        return True
    return False


async def restarted(world: World) -> int:
    """A new process over the same database goes on with what was interrupted."""
    world.begin()
    count = world.engine.resume()
    while works := list(world.engine._tasks._works):
        await asyncio.wait(works)
    return count


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
@pytest.mark.parametrize("scene", SCENES)
async def test_a_crash_between_any_two_writes_is_resumed(scene: Scene, committed: bool) -> None:
    finished = World()
    await done(finished, await scene(finished))
    expected = shape(picture(finished))
    for cut_at in range(1, 100):
        world = World()
        command = await scene(world)
        before = shape(picture(world))
        if not await crashed(world, command, cut_at, committed=committed):
            assert cut_at > 3, "the scene has no steps to crash in"
            return
        await restarted(world)
        never_began = cut_at == 1 and not committed
        assert shape(picture(world)) == (before if never_began else expected)
    raise AssertionError("never ended")


@pytest.mark.parametrize("scene", [add_vm, add_vm_with_devices, add_template, start_vm])
async def test_a_crash_while_going_back_still_goes_back(scene: Scene) -> None:
    for cut_at in range(1, 100):
        world = World()
        command = await scene(world)
        before = picture(world)
        for node in world.nodes.values():
            node.fail(CALLS[scene.__name__][-1], Failed(), times=100)
        try:
            if not await crashed(world, command, cut_at, committed=True):
                raise AssertionError("it should have failed")
        except StepFailed:
            return
        await restarted(world)
        assert picture(world) == before
    raise AssertionError("never ended")


async def test_a_crash_while_an_approval_goes_back_still_goes_back() -> None:
    for cut_at in range(1, 100):
        world = World()
        command = await approve_node(world)
        assert isinstance(command, ApproveNode)
        machine = world.nodes[command.id]
        machine.fail("keep_engine", Failed(), times=100)
        before = dict(world.shared.ha_files["engine"]), list(world.shared.peers)
        try:
            if not await crashed(world, command, cut_at, committed=True):
                raise AssertionError("it should have failed")
        except StepFailed:
            assert cut_at > 20
            return
        await restarted(world)
        assert (machine.host.claimed, dict(machine.storage.mounted), dict(machine.storage.joined)) == (None, {}, {})
        assert (dict(world.shared.ha_files["engine"]), list(world.shared.peers)) == before
        with world.store.transaction() as tx:
            node = tx.nodes.get(command.id)
        assert node is not None
        assert node.status is NodeStatus.INSTALL_FAILED
    raise AssertionError("never ended")


def shape(picture: dict[str, Any]) -> Any:
    """Ids differ from world to world: what is there, by name and state."""
    return (
        [(vm.name, vm.status, vm.node_id is None) for vm in picture["vms"]],
        sorted((one.description, one.status, len(one.disks)) for one in picture["snapshots"]),
        sorted((bool(one.snapshot_id), one.status, one.parent_id is None) for one in picture["layers"]),
        [(one.name, one.status, one.version_number) for one in picture["templates"]],
        [(disk.name, disk.status, disk.actual_size_bytes, disk.provisioned_size_bytes) for disk in picture["disks"]],
        sorted((attachment.active, attachment.bootable) for attachment in picture["attachments"]),
        sorted(nic.name for nic in picture["nics"]),
        (picture["open tasks"], picture["journal"], picture["locks"]),
        sorted(image.virtual_size_bytes for image in picture["images"].values()),
        {name: len(vms) for name, vms in picture["running"].items()},
        (picture["nodes"], picture["hosts"]),
        [(one.name, one.status, one.master, one.data_center_id is None) for one in picture["domains"]],
        (len(picture["connections"]), [center.status for center in picture["centers"]]),
        {name: len(mounted) for name, mounted in picture["mounted"].items()},
        sorted((one.name, one.data_center_id == "") for one in picture["metadata"].values()),
        (picture["transfers"], picture["open"]),
    )


async def test_an_image_that_cannot_be_removed_stays_visible_as_an_illegal_disk() -> None:
    world = World()
    for node in world.nodes.values():
        node.lose_answer("make_image", times=5)
        node.fail("remove_image", Failed(), times=1)
    command = new_disk(world)
    with pytest.raises(StepFailed):
        await done(world, command)
    with world.store.transaction() as tx:
        disk = tx.disks.get(command.id)
    assert disk is not None
    assert disk.status is DiskStatus.ILLEGAL
    images = len(picture(world)["images"])
    await done(world, RemoveDisk(id=command.id))
    assert len(picture(world)["images"]) == images - 1


async def test_a_start_on_a_node_that_fell_silent_leaves_the_vm_unknown() -> None:
    """The node may have started it: saying down would let it be started twice."""
    world = World()
    vm_id = await tiny_vm(world)
    silence = NodeSilent(node="node1", request="start_vm", reason="no answer")
    for node in world.nodes.values():
        node.lose_answer("start_vm", times=9)
        node.fail("destroy_vm", silence, times=9)
    with pytest.raises(StepFailed):
        await done(world, StartVm(id=vm_id))
    vm = vm_of(world, vm_id)
    assert vm.status is VmStatus.UNKNOWN
    assert vm.node_id is not None


async def test_a_vm_whose_node_falls_silent_while_it_resumes_is_unknown_and_not_suspended() -> None:
    """It may run, and its disks go on without the memory."""
    world = World()
    vm_id = await suspended_vm(world)
    for node in world.nodes.values():
        node.lose_answer("start_vm", times=9)
    with pytest.raises(StepFailed):
        await done(world, ResumeSuspendedVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.UNKNOWN
    with pytest.raises(WrongState, match="it is unknown"):
        await done(world, ResumeSuspendedVm(id=vm_id))


async def test_a_memory_that_cannot_be_removed_is_when_the_vm_starts_next() -> None:
    world = World()
    images = len(picture(world)["images"])
    vm_id = await suspended_vm(world)
    for node in world.nodes.values():
        node.fail("remove_image", Failed())
    await done(world, StopSuspendedVm(id=vm_id, reason="a test"))
    vm = vm_of(world, vm_id)
    assert (vm.status, vm.stop_note, vm.saved_memory is None) == (VmStatus.DOWN, "a test", False)
    assert len(picture(world)["images"]) == images + 2
    await done(world, StartVm(id=vm_id))
    assert vm_of(world, vm_id).saved_memory is None
    assert len(picture(world)["images"]) == images + 1


async def test_a_removal_that_failed_half_way_can_be_repeated() -> None:
    world = World()
    before = len(picture(world)["images"])
    command = await remove_vm(world)
    assert isinstance(command, RemoveVm)
    carrier = next(iter(world.nodes.values()))
    carrier.fail("remove_image", Failed())
    with pytest.raises(StepFailed):
        await done(world, command)
    assert vm_of(world, command.id).status is VmStatus.DOWN
    await done(world, RemoveVm(id=command.id))
    assert len(picture(world)["images"]) == before


async def test_an_image_of_a_new_vm_that_cannot_be_removed_stays_visible_too() -> None:
    world = World()
    for node in world.nodes.values():
        node.lose_answer("make_image", times=5)
        node.fail("remove_image", Failed(), times=1)
    command = new_vm(world, template_id=TINY_ID)
    with pytest.raises(StepFailed):
        await done(world, command)
    with world.store.transaction() as tx:
        assert [disk.name for disk in tx.disks.list(status=DiskStatus.ILLEGAL)] == ["vm1_tiny"]
        assert tx.vms.get(command.id) is None


async def test_a_disk_whose_image_has_grown_without_an_answer_is_as_large_as_its_image() -> None:
    """Nothing is taken off an image again; to say less than it has would hide it from its owner."""
    world = World()
    command = await grow_disk(world)
    for node in world.nodes.values():
        node.lose_answer("resize_image", times=5)
    with pytest.raises(StepFailed):
        await done(world, command)
    with world.store.transaction() as tx:
        (disk,) = tx.disks.list(name="disk1")
    assert (disk.status, disk.provisioned_size_bytes) == (DiskStatus.OK, 2 * GIB)
    assert events_of(world)[-1] == "USER_EXTEND_DISK_SIZE_FAILURE"


async def test_what_a_resumed_task_works_on_is_its_own_again() -> None:
    world = World()
    command = StartVm(id=await tiny_vm(world))
    assert await crashed(world, command, 3, committed=True)
    world.begin()
    assert world.engine.resume() == 1
    assert world.locks.take([Lock("VM", command.id)], "somebody else") is not None
    await asyncio.wait(list(world.engine._tasks._works))
    assert world.locks.take([Lock("VM", command.id)], "somebody else") is None


async def test_a_stop_of_a_vm_that_has_just_ended_by_itself_is_done() -> None:
    world = World()
    vm_id = await running_vm(world)
    machine = next(node for node in world.nodes.values() if node.machines.running())
    machine.machines.vanish(vm_id)
    await done(world, StopVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.POWERING_DOWN, "the node's own event has the reason and ends it"


async def test_a_start_takes_few_transactions() -> None:
    """Each of them waits for the disk of the engine's VM."""
    world = World()
    command = await start_vm(world)
    store = CutStore(world.store)
    world.begin(store)
    await done(world, command)
    assert store.count <= 5
