"""The NICs of a VM or of a template"""

from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.networks.nics import AddNic, RemoveNic, UpdateNic
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.networks import nic_from_wire, nic_to_wire
from hosted_engine.rest.mapping.refs import require
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.resources.base import Resource, added, named


class Nics(Resource):
    def handlers(self) -> Handlers:
        return {
            ("VmNics", "list"): self.list_of_vm,
            ("VmNics", "add"): self.add,
            ("VmNic", "get"): self.get_of_vm,
            ("VmNic", "update"): self.update,
            ("VmNic", "remove"): self.remove,
            ("TemplateNics", "list"): self.list_of_template,
            ("TemplateNic", "get"): self.get_of_template,
        }

    async def list_of_vm(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            vm = found(tx.vms.get(call.ids["vm"]), "VM", call.ids["vm"])
            return Answer([nic_to_wire(nic, "vms") for nic in tx.nics.list(owner_id=vm.id)])

    async def list_of_template(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            template = found(tx.templates.get(call.ids["template"]), "template", call.ids["template"])
            return Answer([nic_to_wire(nic, "templates") for nic in tx.nics.list(owner_id=template.id)])

    async def get_of_vm(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            return Answer(nic_to_wire(_nic(tx, call.ids["vm"], call.ids["nic"]), "vms"))

    async def get_of_template(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            return Answer(nic_to_wire(_nic(tx, call.ids["template"], call.ids["nic"]), "templates"))

    async def add(self, call: Call) -> Answer:
        require(call.body, "Nic", "add", "name")
        with self.engine.store.transaction() as tx:
            profile = _profile_id(tx, call.body)
        command = AddNic(vm_id=call.ids["vm"], vnic_profile_id=profile, **nic_from_wire(call.body))
        running = await self.perform(call, command)
        with self.engine.store.transaction() as tx:
            return added(running, nic_to_wire(_nic(tx, command.vm_id, command.id), "vms"))

    async def update(self, call: Call) -> Answer:
        """An empty vNIC profile takes the NIC off its network."""
        given = nic_from_wire(call.body)
        given["without_network"] = call.body.get("vnic_profile") == {}
        with self.engine.store.transaction() as tx:
            if (profile := _profile_id(tx, call.body)) is not None:
                given["vnic_profile_id"] = profile
        await self.perform(call, UpdateNic(vm_id=call.ids["vm"], id=call.ids["nic"], **given))
        return await self.get_of_vm(call)

    async def remove(self, call: Call) -> Answer:
        return await self.act(call, RemoveNic(vm_id=call.ids["vm"], id=call.ids["nic"]))


def _nic(tx: Transaction, owner_id: str, identity: str) -> Nic:
    nic = found(tx.nics.get(identity), "NIC", identity)
    if nic.owner_id != owner_id:
        raise NotThere(kind="NIC", id=identity)
    return nic


def _profile_id(tx: Transaction, body: Wire) -> str | None:
    """By the vNIC profile, or by a network: then the profile of its name, or else its first one."""
    if profile := body.get("vnic_profile"):
        return named(tx.vnic_profiles, profile, "vNIC profile").id
    if wanted := body.get("network"):
        network = named(tx.networks, wanted, "network")
        profiles = sorted(tx.vnic_profiles.list(network_id=network.id), key=lambda p: (p.name != network.name, p.name))
        return profiles[0].id if profiles else None
    return None
