"""Runs in a mount namespace of its own: a storage domain of one engine, with a VM on it, goes over to another one."""

import asyncio
import os
import sys
from collections.abc import Mapping
from hashlib import sha256
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.storage.commands.activate import DeactivateStorageDomain
from hosted_engine.engine.storage.commands.add import AddStorageDomain
from hosted_engine.engine.storage.commands.attach import AttachStorageDomain, DetachStorageDomain
from hosted_engine.engine.storage.commands.import_domain import ImportStorageDomain
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from hosted_engine.engine.unregistered.model import UnregisteredKind
from hosted_engine.engine.unregistered.register import RegisterEntity
from node.api.contract import NodeApi
from node.api.operation import Operation
from node.system.process import run
from tests.fakes.engine import World, fake_nodes, node_id
from tests.fakes.fleet import FakeFleet
from tests.fakes.node.fake import FakeNode
from tests.integration.drivers.inside import Node
from tests.unit.engine.domains import center_of, found_on
from tests.unit.engine.scenes import adding, done, new_vm

MIB = 1 << 20


class StorageNode(FakeNode):
    """Its storage domains are real ones; of those that the site came with nothing is asked."""

    def __init__(self, real: Node, like: FakeNode) -> None:
        super().__init__(like.name, site=like.site, node_id=like.node_id)
        self.real = real

    async def call(self, operation: Operation, arguments: Mapping[str, Any]) -> Any:
        for part in (self.real.mounts, self.real.metadata, self.real.images, self.real.chains):
            handler = getattr(part, operation.name, None)
            if handler is not None and operation.name in type(part).__dict__:
                return await handler(**arguments) if iscoroutinefunction(handler) else handler(**arguments)
        return await super().call(operation, arguments)


class StorageFleet(FakeFleet):
    async def carrier(self, storage_domain: str) -> NodeApi:
        return await self.node(node_id(1))


class Site:
    """An engine with a database of its own, and one node."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.node = Node(folder)
        self.world = World(url=f"sqlite:///{folder}/engine.db", nodes=fake_nodes(1))
        nodes = {one: StorageNode(self.node, fake) for one, fake in self.world.nodes.items()}
        self.world.begin_with(StorageFleet({**nodes}))

    async def do(self, *commands: Command) -> None:
        for command in commands:
            await done(self.world, command)

    def image_of(self, domain_id: str) -> Path:
        """That of the only disk there, which is mounted."""
        with self.world.store.transaction() as tx:
            (disk,) = tx.disks.list(storage_domain_id=domain_id)
        return self.node.images.path(disk.image)


def storage(disk: Path) -> StorageConnection:
    return StorageConnection(
        id=new_id(), type=StorageType.POSIXFS, path=str(disk), vfs_type="ext4", mount_options="loop"
    )


def content_of(image: Path) -> str:
    """Of all that a guest reads, whatever the images that it stands on."""
    raw = image.with_name("content")
    run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(image), str(raw))
    digest = sha256(raw.read_bytes()).hexdigest()
    raw.unlink()
    return digest


async def main(folder: Path) -> None:
    disk = folder / "disk"
    with disk.open("wb") as file:
        file.truncate(256 * MIB)
    run("mkfs.ext4", "-q", str(disk))
    first, second = Site(folder / "first"), Site(folder / "second")
    connection = storage(disk)
    domain = StorageDomain(
        id=new_id(), name="moving", data_center_id=None, storage_connection_id=connection.id, critical_space_gib=0
    )
    await first.do(
        AddStorageDomain(domain=domain, connection=connection, node_id=node_id(1)),
        AttachStorageDomain(id=domain.id, data_center_id=center_of(first.world)),
    )
    vm = new_vm(first.world, name="web")
    await first.do(vm)
    new = {"name": "web-disk", "storage_domain_id": domain.id, "provisioned_size_bytes": 16 * MIB}
    await first.do(adding(first.world, DISK_ATTACHMENTS, owner_id=vm.id, disk=new))
    written = folder / "written"
    written.write_bytes(os.urandom(4 * MIB))
    run("qemu-img", "convert", "-n", "-f", "raw", "-O", "qcow2", "--target-is-zero", str(written),
        str(first.image_of(domain.id)))  # fmt: skip
    await first.do(adding(first.world, SNAPSHOTS, vm_id=vm.id, description="before"))
    before = content_of(first.image_of(domain.id))
    center = center_of(first.world)
    await first.do(
        DeactivateStorageDomain(id=domain.id, data_center_id=center),
        DetachStorageDomain(id=domain.id, data_center_id=center),
    )
    assert not list((folder / "first" / "volumes").glob("*/*"))

    there = storage(disk)
    unnamed = StorageDomain(id=(temporary := new_id()), name=temporary, data_center_id=None,
                            storage_connection_id=there.id)  # fmt: skip
    await second.do(
        ImportStorageDomain(domain=unnamed, connection=there, node_id=node_id(1)),
        AttachStorageDomain(id=domain.id, data_center_id=center_of(second.world)),
    )
    assert found_on(second.world, domain.id, UnregisteredKind.VM) == [vm.id]
    await second.do(RegisterEntity(domain_id=domain.id, entity_id=vm.id, kind=UnregisteredKind.VM))
    with second.world.store.transaction() as tx:
        here = tx.vms.get(vm.id)
        assert here is not None
        assert here.name == "web"
    assert content_of(second.image_of(domain.id)) == before
    assert second.image_of(domain.id).is_relative_to(folder / "second")
    await second.do(DeactivateStorageDomain(id=domain.id, data_center_id=center_of(second.world)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
