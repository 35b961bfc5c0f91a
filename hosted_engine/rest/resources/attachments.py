"""The disk attachments of a VM or of a template"""

from hosted_engine.engine.disks.commands.add import AddDiskToVm
from hosted_engine.engine.disks.commands.attach import AddDiskAttachment, RemoveDiskAttachment, UpdateDiskAttachment
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.model import DiskAttachment, attachment_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.disks import attachment_from_wire, attachment_to_wire, disk_to_wire
from hosted_engine.rest.mapping.refs import require
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.resources.base import Resource, added
from hosted_engine.rest.resources.disks import new_disk


class Attachments(Resource):
    def handlers(self) -> Handlers:
        return {
            ("DiskAttachments", "list"): self.list_of_vm,
            ("DiskAttachments", "add"): self.add,
            ("DiskAttachment", "get"): self.get_of_vm,
            ("DiskAttachment", "update"): self.update,
            ("DiskAttachment", "remove"): self.remove,
            ("TemplateDiskAttachments", "list"): self.list_of_template,
            ("TemplateDiskAttachment", "get"): self.get_of_template,
        }

    async def list_of_vm(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            vm = found(tx.vms.get(call.ids["vm"]), "VM", call.ids["vm"])
            return Answer([attachment_to_wire(a, "vms") for a in tx.disk_attachments.list(owner_id=vm.id)])

    async def list_of_template(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            template = found(tx.templates.get(call.ids["template"]), "template", call.ids["template"])
            attachments = tx.disk_attachments.list(owner_id=template.id)
            return Answer([attachment_to_wire(a, "templates") for a in attachments])

    async def get_of_vm(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            return Answer(attachment_to_wire(_attachment(tx, call.ids["vm"], call.ids["attachment"]), "vms"))

    async def get_of_template(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            attachment = _attachment(tx, call.ids["template"], call.ids["attachment"])
            return Answer(attachment_to_wire(attachment, "templates"))

    async def add(self, call: Call) -> Answer:
        """A disk with an id is attached as it is; any other one is made."""
        require(call.body, "DiskAttachment", "add", "disk")
        vm_id, disk = call.ids["vm"], call.body["disk"]
        how = attachment_from_wire(call.body)
        if disk_id := disk.get("id"):
            running = await self.perform(call, AddDiskAttachment(vm_id=vm_id, disk_id=disk_id, **how))
        else:
            with self.engine.store.transaction() as tx:
                vm = found(tx.vms.get(vm_id), "VM", vm_id)
                number = tx.disk_attachments.count(owner_id=vm_id) + 1
                command = AddDiskToVm(
                    vm_id=vm_id, disk=new_disk(tx, disk, default_name=f"{vm.name}_Disk{number}"), **how
                )
            disk_id = command.disk.id
            running = await self.perform(call, command)
        with self.engine.store.transaction() as tx:
            return added(running, attachment_to_wire(_attachment(tx, vm_id, disk_id), "vms"))

    async def update(self, call: Call) -> Answer:
        how = attachment_from_wire(call.body)
        with self.engine.store.transaction() as tx:
            _attachment(tx, call.ids["vm"], call.ids["attachment"])
            disk = found(tx.disks.get(call.ids["attachment"]), "disk", call.ids["attachment"])
            _refuse_other_disk(disk_to_wire(disk), call.body.get("disk", {}))
        await self.perform(call, UpdateDiskAttachment(vm_id=call.ids["vm"], disk_id=call.ids["attachment"], **how))
        return await self.get_of_vm(call)

    async def remove(self, call: Call) -> Answer:
        vm_id, disk_id = call.ids["vm"], call.ids["attachment"]
        if call.parameters.boolean("detach_only") is False:
            with self.engine.store.transaction() as tx:
                _attachment(tx, vm_id, disk_id)
            return await self.act(call, RemoveDisk(id=disk_id))
        return await self.act(call, RemoveDiskAttachment(vm_id=vm_id, disk_id=disk_id))


def _refuse_other_disk(there: Wire, wanted: Wire) -> None:
    """Clients grow and rename a disk through its attachment; that is not there yet, and must not look as if it were."""
    for field in ("name", "alias", "description", "provisioned_size", "shareable"):
        if field in wanted and wanted[field] != there[field]:
            raise NotThereYet(service="DiskAttachment", method=f"update of disk.{field}")


def _attachment(tx: Transaction, owner_id: str, disk_id: str) -> DiskAttachment:
    return found(tx.disk_attachments.get(attachment_id(owner_id, disk_id)), "disk attachment", disk_id)
