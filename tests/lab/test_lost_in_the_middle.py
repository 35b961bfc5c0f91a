"""A node loses its power in the middle of an upload, of a snapshot, of a clone: each goes on or ends with a reason,
disks are free again, and nothing is left when the node is back."""

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance import outside
from tests.conformance.outside import all_traces
from tests.conformance.test_sdk import STATUS_DOWN, STATUS_UP, UP_WITHIN_S, connect, discard, new_vm
from tests.lab import ha_run, image_client
from tests.lab.mounted import mount_point
from tests.lab.under_test import LabUnderTest

pytestmark = [pytest.mark.long, pytest.mark.timeout(3 * ha_run.HANG_S)]

MIB, DOMAIN = 1 << 20, "data"
UPLOAD_BYTES, CLONE_MIB = 48 * MIB, 1024
WORK_WITHIN_S, HANG_S = 300, 900
SNAPSHOT = types.SnapshotStatus
PHASE = types.ImageTransferPhase


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    with connect(lab) as connection:
        yield connection.system_service()


def test_uploads_through_a_lost_node_are_resumed_through_another_or_cancelled(
    whole: LabUnderTest, system: sdk.services.SystemService
) -> None:
    before, lost = all_traces(whole), not_of_the_engine(whole)
    content = os.urandom(UPLOAD_BYTES)
    resumed, cancelled = new_disk(system), new_disk(system)
    first, second = (upload_through(system, disk, lost) for disk in (resumed, cancelled))
    with image_client.half_sent(whole, [one.get().transfer_url for one in (first, second)], content):
        whole.kill(lost)
    for transfer in (first, second):
        until_in(transfer, PHASE.PAUSED_SYSTEM)
    reasons = [event.description for event in system.events_service().list(search="severity>normal", max=20)]
    assert any("its host is out of reach" in reason and resumed.name in reason for reason in reasons), reasons

    second.cancel()
    until_in(second, PHASE.FINISHED_CLEANUP)
    assert system.disks_service().list(search=f"name={cancelled.name}") == []
    first.resume()
    until_in(first, PHASE.TRANSFERRING)
    assert system.hosts_service().host_service(first.get().host.id).get().name != lost
    assert image_client.put(whole, first.get().transfer_url, content) == 200
    first.finalize()
    until_in(first, PHASE.FINISHED_SUCCESS)
    assert digest(whole, resumed) == hashlib.sha256(content).hexdigest()
    system.disks_service().disk_service(resumed.id).remove()
    back(whole, lost)
    until("nothing of them is left on any node", lambda: all_traces(whole) == before, timeout_s=180)


def test_a_snapshot_whose_node_is_lost_is_there_once_it_is_known_what_became_of_its_vm(
    whole: LabUnderTest, system: sdk.services.SystemService
) -> None:
    before, lost = all_traces(whole), not_of_the_engine(whole)
    vms = system.vms_service()
    vm = vms.add(new_vm(f"test-{uuid.uuid4().hex[:8]}"))
    service = vms.vm_service(vm.id)
    try:
        until("the VM is made", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=WORK_WITHIN_S)
        start_on(service, lost)
        snapshots = service.snapshots_service()
        whole.exec(lost, "systemctl", "kill", "--signal=STOP", "trivet-node")  # it is asked, and answers no more
        snapshot = snapshots.snapshot_service(snapshots.add(types.Snapshot(description="in the middle")).id)
        time.sleep(5)
        whole.kill(lost)
        until("the host is lost", lambda: ha_run.host_states(whole)[lost] == "non_responsive", timeout_s=HANG_S)
        time.sleep(60)  # nobody gives the images up that the VM may write to
        assert snapshot.get().snapshot_status == SNAPSHOT.LOCKED
        back(whole, lost)
        until("the VM is down", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=HANG_S)
        until("the snapshot is there", lambda: snapshot.get().snapshot_status == SNAPSHOT.OK, timeout_s=HANG_S)
        assert disk_of(system, service).status == types.DiskStatus.OK
        start_on(service, next(one for one in whole.nodes if one != lost))
        snapshot.remove()
        until("it is removed", lambda: len(snapshots.list()) == 1, timeout_s=HANG_S)
    finally:
        discard(system, vm.id)
    until("nothing of it is left on any node", lambda: all_traces(whole) == before, timeout_s=180)


def test_a_clone_whose_node_is_lost_is_whole_or_was_never_there(
    whole: LabUnderTest, system: sdk.services.SystemService
) -> None:
    before, vms = all_traces(whole), system.vms_service()
    source = vms.vm_service(vms.add(new_vm(f"test-{uuid.uuid4().hex[:8]}", template="Blank")).id)
    clones: list[types.Vm] = []
    try:
        until("the VM is made", lambda: bool(source.get().status == STATUS_DOWN), timeout_s=WORK_WITHIN_S)
        content = filled(whole, attach(system, source))
        name = f"{source.get().name}-clone"
        source.clone(vm=types.Vm(name=name))
        until("a node copies", lambda: any(copies(whole, name) for name in whole.nodes), timeout_s=HANG_S, every_s=0.2)
        (lost,) = [name for name in whole.nodes if copies(whole, name)]
        had_engine = lost == ha_run.engine_host(whole)
        whole.kill(lost)
        ha_run.until("the API answers", lambda: ha_run.answers(whole))
        until("the clone has ended", lambda: not is_cloning(system, name), timeout_s=ha_run.HANG_S, every_s=3)
        clones = vms.list(search=f"name={name}")
        print(f"{lost} was lost{' with the engine' if had_engine else ''}: {len(clones)} clone")
        if not clones:
            assert_reported(system, name)
            source.clone(vm=types.Vm(name=name))
            until("the second one has ended", lambda: not is_cloning(system, name), timeout_s=HANG_S, every_s=3)
            clones = vms.list(search=f"name={name}")
        (clone,) = clones
        disk = disk_of(system, vms.vm_service(clone.id))
        assert disk.status == types.DiskStatus.OK
        assert digest(whole, disk) == content
        back(whole, lost)
    finally:
        for vm in (*clones, source.get()):
            discard(system, vm.id)
    until("nothing of them is left on any node", lambda: all_traces(whole) == before, timeout_s=180)


def until(what: str, done: Callable[[], bool], *, timeout_s: float, every_s: float = 1.0) -> None:
    """As `outside.until`; an engine that comes back on another host is waited for."""

    def answered() -> bool:
        try:
            return done()
        except sdk.Error:
            return False

    outside.until(what, answered, timeout_s=timeout_s, every_s=every_s)


def not_of_the_engine(lab: LabUnderTest) -> str:
    host = ha_run.engine_host(lab)
    return next(name for name in reversed(lab.nodes) if name != host)


def back(lab: LabUnderTest, name: str) -> None:
    ha_run.power_on(lab, name)
    ha_run.wait_whole(lab)


def new_disk(system: sdk.services.SystemService) -> types.Disk:
    """Raw, so that its image is what was uploaded."""
    wanted = types.Disk(
        name=f"test-{uuid.uuid4().hex[:8]}",
        provisioned_size=UPLOAD_BYTES,
        format=types.DiskFormat.RAW,
        sparse=True,
        storage_domains=[types.StorageDomain(name=DOMAIN)],
    )
    disks = system.disks_service()
    service = disks.disk_service(disks.add(wanted).id)
    until("the disk is made", lambda: bool(service.get().status == types.DiskStatus.OK), timeout_s=WORK_WITHIN_S)
    return service.get()


def upload_through(
    system: sdk.services.SystemService, disk: types.Disk, node: str
) -> sdk.services.ImageTransferService:
    (host,) = system.hosts_service().list(search=f"name={node}")
    wanted = types.ImageTransfer(
        disk=types.Disk(id=disk.id),
        host=types.Host(id=host.id),
        direction=types.ImageTransferDirection.UPLOAD,
        format=types.DiskFormat.RAW,
    )
    transfers = system.image_transfers_service()
    service = transfers.image_transfer_service(transfers.add(wanted).id)
    until_in(service, PHASE.TRANSFERRING)
    return service


def until_in(transfer: sdk.services.ImageTransferService, phase: types.ImageTransferPhase) -> None:
    until(f"the transfer is {phase}", lambda: bool(transfer.get().phase == phase), timeout_s=HANG_S, every_s=1)


def start_on(service: sdk.services.VmService, node: str) -> None:
    service.start(vm=types.Vm(placement_policy=types.VmPlacementPolicy(hosts=[types.Host(name=node)])))
    until("the VM is up", lambda: bool(service.get().status == STATUS_UP), timeout_s=UP_WITHIN_S)


def attach(system: sdk.services.SystemService, service: sdk.services.VmService) -> types.Disk:
    """A disk that takes its whole room, so that there is something to copy."""
    disk = types.Disk(
        name=f"{service.get().name}-data",
        provisioned_size=CLONE_MIB * MIB,
        format=types.DiskFormat.RAW,
        sparse=False,
        storage_domains=[types.StorageDomain(name=DOMAIN)],
    )
    service.disk_attachments_service().add(
        types.DiskAttachment(disk=disk, interface=types.DiskInterface.VIRTIO, bootable=True, active=True)
    )
    until("the disk is made", lambda: disk_of(system, service).status == types.DiskStatus.OK, timeout_s=WORK_WITHIN_S)
    return disk_of(system, service)


def disk_of(system: sdk.services.SystemService, service: sdk.services.VmService) -> types.Disk:
    (attachment,) = service.disk_attachments_service().list()
    return system.disks_service().disk_service(attachment.disk.id).get()


def image(lab: LabUnderTest, disk: types.Disk) -> str:
    """Its path, the same on every node."""
    return f"{mount_point(lab, lab.nodes[0], DOMAIN)}/images/{disk.id}/{disk.image_id}"


def filled(lab: LabUnderTest, disk: types.Disk) -> str:
    """Write something everywhere on it; the checksum of that."""
    node = ha_run.engine_host(lab)
    write = ("dd", "if=/dev/urandom", f"of={image(lab, disk)}", "bs=1M", f"count={CLONE_MIB}", "conv=notrunc,fsync")
    lab.exec(node, *write, timeout_s=HANG_S)
    return digest(lab, disk)


def digest(lab: LabUnderTest, disk: types.Disk) -> str:
    return lab.exec(ha_run.engine_host(lab), "sha256sum", image(lab, disk), timeout_s=HANG_S).split()[0]


def copies(lab: LabUnderTest, node: str) -> bool:
    return lab.node(node).exec("pgrep", "-f", "qemu-img convert.*[.]part", check=False).returncode == 0


def is_cloning(system: sdk.services.SystemService, name: str) -> bool:
    """Also as long as the engine does not know."""
    jobs = [job for job in system.jobs_service().list() if name in job.description]
    return any(job.status == types.JobStatus.STARTED for job in jobs)


def assert_reported(system: sdk.services.SystemService, name: str) -> None:
    """An event says that it failed, and why."""
    found = [one.description for one in system.events_service().list(search="severity>normal", max=50)]
    assert any(name in description for description in found), found
