"""/disks, and the disks of one storage domain"""

from hosted_engine.engine.disks.commands.add import AddDisk
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.search.match import Fields
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.disks import disk_from_wire, disk_to_wire
from hosted_engine.rest.mapping.refs import first, require
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.resources.base import Resource, added, check_child, check_parents, chosen, named, names


class Disks(Resource):
    def handlers(self) -> Handlers:
        return {
            ("Disks", "list"): self.list,
            ("Disks", "add"): self.add,
            ("Disk", "get"): self.get,
            ("Disk", "remove"): self.remove,
            ("StorageDomainDisks", "list"): self.list_of_domain,
            ("StorageDomainDisk", "get"): self.get,
        }

    async def list(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            return Answer([disk_to_wire(disk) for disk in chosen(call, tx.disks.list(), _fields(tx))])

    async def list_of_domain(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            check_parents(call, storage_domain=(tx.storage_domains, "storage domain"))
            disks = tx.disks.list(storage_domain_id=call.ids["storage_domain"])
            return Answer([disk_to_wire(disk) for disk in chosen(call, disks, _fields(tx))])

    async def add(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            command = new_disk(tx, call.body, default_name="")
        running = await self.perform(call, command)
        with self.engine.store.transaction() as tx:
            return added(running, disk_to_wire(found(tx.disks.get(command.id), "disk", command.id)))

    async def get(self, call: Call) -> Answer:
        identity = call.ids["disk"]
        with self.engine.store.transaction() as tx:
            disk = found(tx.disks.get(identity), "disk", identity)
            check_child(call, "storage_domain", disk.storage_domain_id, kind="disk", id=identity)
            return Answer(disk_to_wire(disk))

    async def remove(self, call: Call) -> Answer:
        return await self.act(call, RemoveDisk(id=call.ids["disk"]))


def new_disk(tx: Transaction, body: Wire, *, default_name: str) -> AddDisk:
    """The command for a new disk. Raises Incomplete, NotThere."""
    name = body.get("alias") or body.get("name") or default_name
    require(body | {"name": name}, "Disk", "add", "name", "provisioned_size", "storage_domains.id|name")
    domain = named(tx.storage_domains, first(body["storage_domains"]), "storage domain")
    return AddDisk(name=name, storage_domain_id=domain.id, **disk_from_wire(body))


def _fields(tx: Transaction) -> Fields[Disk]:
    domains, vms = names(tx.storage_domains), names(tx.vms)
    used_by: dict[str, list[str | None]] = {}
    for attachment in tx.disk_attachments.list():
        used_by.setdefault(attachment.disk_id, []).append(vms.get(attachment.owner_id))

    def domain(disk: Disk) -> str | None:
        return domains.get(disk.storage_domain_id)

    def users(disk: Disk) -> list[str | None]:
        return used_by.get(disk.id, [])

    return {
        "id": lambda disk: disk.id,
        "name": lambda disk: disk.name,
        "alias": lambda disk: disk.name,
        "description": lambda disk: disk.description,
        "status": lambda disk: disk.status.value,
        "format": lambda disk: disk.format.value,
        "provisioned_size": lambda disk: disk.provisioned_size_bytes >> 30,
        "storage": domain,
        "storage.name": domain,
        "storages.name": domain,
        "vm": users,
        "vm.name": users,
        "vms.name": users,
    }
