"""Disks and snapshots of VMs, and storage domains of hosts and data centers of their own."""

import os
from pathlib import Path

from tests.conformance.examples import seeds
from tests.conformance.examples.ansible.task import ALWAYS, READS, Task
from tests.conformance.examples.case import ExampleRun, Oracle
from tests.conformance.examples.oracles import expect, was_added
from tests.conformance.examples.sdk.disks import image_of
from tests.conformance.examples.sdk.transfers import ended, qemu_img
from tests.conformance.examples.state import Differs

GIB = 1 << 30
_ID = "7de90f31-222c-436c-a1ca-7e655bd5b60c"
_DOWNLOADED = Path("/home/user/mydisk.qcow2")


def _disk(observed: ExampleRun) -> None:
    disk = was_added(observed, "disks", "myvm_disk")
    expect(disk, provisioned_size_bytes=10 * GIB, format="cow", status="ok")
    expect(image_of(observed.after, disk), virtual_size_bytes=10 * GIB)
    vm_id = seeds.vms.vm_id(observed.after, "rhel7")
    expect(observed.after.one("disk_attachments", owner_id=vm_id, disk_id=disk["id"]), interface="virtio")


def _downloaded(observed: ExampleRun) -> None:
    """The file is what a guest would read of the disk."""
    disk = observed.after.one("disks", id=_ID)
    if not _DOWNLOADED.exists():
        raise Differs("there is no file")
    qemu_img("compare", "-f", "qcow2", "-F", "qcow2", image_of(observed.after, disk)["file"], _DOWNLOADED)
    ended(observed, disk, "download")


def _snapshot_taken(vm: str, description: str, disks: tuple[str, ...] | None = None) -> Oracle:
    """One more, of all disks or of those; each of them is written to a new image, which stands on what it was."""

    def oracle(observed: ExampleRun) -> None:
        vm_id = seeds.vms.vm_id(observed.after, vm)
        taken = observed.after.rows("snapshots", vm_id=vm_id, description=description, status="ok")
        before = {row["id"] for row in observed.before.rows("snapshots", vm_id=vm_id)}
        new = [row for row in taken if row["id"] not in before]
        if not new:
            raise Differs("the VM has no such snapshot")
        held = {row["disk_id"] for row in observed.after.rows("disk_images", snapshot_id=new[0]["id"])}
        attached = {row["disk_id"] for row in observed.after.rows("disk_attachments", owner_id=vm_id)}
        wanted = attached if disks is None else {observed.after.one("disks", name=name)["id"] for name in disks}
        if held != wanted or not wanted:
            raise Differs(f"{len(held)} disks are held by it, not {len(wanted)}")
        for disk_id in wanted:
            disk = observed.after.one("disks", id=disk_id)
            if not observed.after.images()[disk_id, disk["image_id"]]["backing"]:
                raise Differs("a disk is not written to a new image")

    return oracle


def _snapshots_listed(observed: ExampleRun) -> None:
    vm_id = seeds.vms.vm_id(observed.after, "centos7")
    rows = observed.after.rows("snapshots", vm_id=vm_id)
    wanted = {row["id"] for row in rows if row["description"].startswith("update")}
    if {one["id"] for one in observed.result["ovirt_snapshots"]} != wanted or not wanted or len(wanted) == len(rows):
        raise Differs(f"{len(observed.result['ovirt_snapshots'])} were answered, {len(wanted)} are there")


def _old_ones_gone(observed: ExampleRun) -> None:
    vm_id = seeds.vms.vm_id(observed.before, "test")
    observed.before.one("snapshots", vm_id=vm_id, description="old")
    if {row["description"] for row in observed.after.rows("snapshots", vm_id=vm_id)} != {"Active VM", "young"}:
        raise Differs("not the old one alone is gone")
    if len(observed.after.images()) != len(observed.before.images()) - 1:
        raise Differs("its image is there still")


def _domain_of(name: str, source: str, center: str) -> Oracle:
    """It is in use in that data center, on the host that the data center has, and on no other."""

    def oracle(observed: ExampleRun) -> None:
        domain = was_added(observed, "storage_domains", name)
        expect(domain, status="active", data_center_id=observed.after.one("data_centers", name=center)["id"])
        having = {node: state.mounts.get(domain["id"]) for node, state in observed.after.nodes.items()}
        if having != {"node1": source, "node2": None, "node3": None}:
            raise Differs(f"it is mounted as {having}")

    return oracle


def _forget_download(site: object) -> None:
    _DOWNLOADED.unlink(missing_ok=True)
    os.makedirs(_DOWNLOADED.parent, exist_ok=True)


_TEST = (
    seeds.vms.vm("test"),
    seeds.vms.snapshot_of("test", "old"),
    seeds.vms.snapshot_of("test", "young"),
    seeds.vms.aged("old", 3),
)
_TWO_DISKS = (
    seeds.vms.vm("test"),
    seeds.disks.disk_of_vm("first", "test", id=_ID),
    seeds.disks.disk_of_vm("my_disk_name", "test"),
    seeds.disks.disk_of_vm("left_out", "test"),
)

TASKS = (
    Task(
        "ovirt_storage_domain/1",
        _domain_of("data_nfs", "10.34.63.199:/path/data", "numbered"),
        (seeds.places.my_host, seeds.places.data_center_of("myhost", "numbered", id="11111")),
        checkable=False,
    ),
    Task(
        "ovirt_storage_domain/3",
        _domain_of("data_localfs", "/path/to/data", "mydatacenter"),
        (seeds.places.my_host, seeds.places.data_center_of("myhost", "mydatacenter", local=1)),
        checkable=False,
    ),
    Task("ovirt_disk/0", _disk, (seeds.vms.vm("rhel7"),), checkable=False),
    Task(
        "ovirt_disk/5",
        _downloaded,
        (seeds.disks.disk("mydisk", id=_ID), seeds.disks.filled_disk("mydisk"), _forget_download),
        READS,
        checkable=False,
    ),
    Task("ovirt_snapshot/0", _snapshot_taken("rhel7", "MySnapshot"), (seeds.vms.vm("rhel7"),), ALWAYS, checkable=False),
    Task("ovirt_snapshot/6", _old_ones_gone, _TEST, checkable=False),
    Task(
        "ovirt_snapshot/7",
        _snapshot_taken("test", "", ("first", "my_disk_name")),
        _TWO_DISKS,
        ALWAYS,
        checkable=False,
    ),
    Task(
        "ovirt_snapshot_info/0",
        _snapshots_listed,
        (
            seeds.vms.vm("centos7"),
            seeds.vms.snapshot_of("centos7", "update1"),
            seeds.vms.snapshot_of("centos7", "other"),
        ),
        READS,
    ),
)
