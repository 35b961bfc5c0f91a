"""Every setting of a disk that the API takes changes what a node is told: none is stored and read by nobody."""

from dataclasses import replace
from typing import Any

import pytest

from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS, DISKS
from hosted_engine.engine.disks.model import DiskFormat, DiskInterface
from hosted_engine.engine.entity.field import Settable
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from tests.fakes.engine import World, node_id
from tests.unit.engine.scenes import GIB, attaching, done, new_disk, new_vm

ENGINE_DOMAIN_ID = "40000000-0000-4000-8000-000000000001"
RAW = {"format": DiskFormat.RAW}
LABELS = {"name", "description"}  # for whoever looks at the API
# What they change, and which test shows that.
ELSEWHERE = {
    "content_type": "the disk is a disc: tests/unit/engine/test_cdroms.py",
    "initial_size_bytes": "there has to be room for it, and an upload may have it: tests/unit/engine/test_transfers.py",
}
# The setting, and what else it needs; against a disk that has only the latter.
OF_DISK: dict[str, tuple[Any, dict[str, Any]]] = {
    "storage_domain_id": (ENGINE_DOMAIN_ID, {}),
    "provisioned_size_bytes": (2 * GIB, {}),
    "format": (DiskFormat.RAW, {}),
    "sparse": (False, RAW),
    "shareable": (True, RAW),
    "wipe_after_delete": (True, {}),
    "propagate_errors": (True, {}),
}
OF_ATTACHMENT: dict[str, Any] = {
    "interface": DiskInterface.VIRTIO,
    "bootable": True,
    "active": False,
    "read_only": True,
}


async def request_for(of_disk: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
    """What reaches a node in the life of such a disk: its image, the VM that has it, its end."""
    world = World()
    with world.store.transaction() as tx:
        (domain,) = tx.storage_domains.list(id=ENGINE_DOMAIN_ID)
        tx.storage_domains.update(replace(domain, hosted_engine=False))
    disk, vm = new_disk(world, **of_disk), new_vm(world)
    for command in (disk, vm):
        await done(world, command)
    await done(world, attaching(world, vm.id, disk.id, **how))
    await done(world, StartVm(id=vm.id, node_ids=(node_id(1),)))
    node = world.nodes[node_id(1)]
    (image,) = (report for ref, report in node.site.images.items() if ref.disk_id == disk.id)
    in_vm = [
        (one.format, one.bus, one.boot, one.read_only, one.propagate_errors, one.shareable)
        for one in node.machines.spec(vm.id).disks
    ]
    await done(world, StopVm(id=vm.id))
    await done(world, RemoveDisk(id=disk.id))
    made = (image.image.storage_domain, image.format, image.virtual_size_bytes, image.actual_size_bytes)
    return {"image": made, "in the VM": in_vm, "wiped": len(node.site.wiped)}


def settings(entity: Any) -> set[str]:
    return {
        name
        for name, column in entity.columns.items()
        if column.field.wire and column.field.settable is not Settable.NEVER
    }


def test_no_setting_is_forgotten_here() -> None:
    assert settings(DISKS) == OF_DISK.keys() | LABELS | ELSEWHERE.keys()
    assert settings(DISK_ATTACHMENTS) == OF_ATTACHMENT.keys()


@pytest.mark.parametrize("name", OF_DISK)
async def test_a_setting_of_a_disk_reaches_a_node(name: str) -> None:
    value, beside = OF_DISK[name]
    assert await request_for({**beside, name: value}, {}) != await request_for(beside, {})


@pytest.mark.parametrize("name", OF_ATTACHMENT)
async def test_a_setting_of_an_attachment_reaches_a_node(name: str) -> None:
    assert await request_for({}, {name: OF_ATTACHMENT[name]}) != await request_for({}, {})
