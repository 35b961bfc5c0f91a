"""The commands on the NICs of a VM. All at once, no steps: a NIC is made when the VM starts."""

from dataclasses import replace
from typing import Self

import msgspec

from hosted_engine.engine.command import Command, Context, Lock, good_name
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.networks.macs import choose_mac, good_mac
from hosted_engine.engine.networks.model import NIC_MODELS, Nic, NicInterface
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NameTaken, NotThere, WrongState, found
from hosted_engine.engine.vms.checks import changeable_vm, resting_vm, the_vm


class AddNic(Command, frozen=True, kw_only=True):
    """No `mac`: one is chosen. No `vnic_profile_id`: a NIC without a network."""

    vm_id: str
    name: str
    vnic_profile_id: str | None = None
    mac: str | None = None
    interface: NicInterface = NicInterface.VIRTIO
    linked: bool = True
    plugged: bool = True
    description: str = ""
    comment: str = ""
    id: str = msgspec.field(default_factory=new_id)

    def check(self, tx: Transaction) -> None:
        if self.plugged:
            resting_vm(tx, self.vm_id, "plug a NIC into")
        changeable_vm(tx, self.vm_id, "add a NIC to")
        _check_nic(tx, self._nic(), mac_given=self.mac is not None)

    def settle(self, tx: Transaction, readings: Readings) -> Self:
        mac = choose_mac({nic.mac for nic in tx.nics.list()}) if self.mac is None else good_mac(self.mac)
        return msgspec.structs.replace(self, name=good_name(self.name, kind="NIC"), mac=mac)

    def describe(self, tx: Transaction) -> str:
        return f"Adding Network Interface {self.name} to VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        tx.nics.add(self._nic())
        _tell(tx, context, EventType.NETWORK_ADD_VM_INTERFACE, self._nic())

    def _nic(self) -> Nic:
        return Nic(
            id=self.id,
            owner_id=self.vm_id,
            name=self.name,
            mac=self.mac or "",
            vnic_profile_id=self.vnic_profile_id,
            interface=self.interface,
            linked=self.linked,
            plugged=self.plugged,
            description=self.description,
            comment=self.comment,
        )


class UpdateNic(Command, frozen=True, kw_only=True):
    """What is None stays as it is; `without_network` takes the vNIC profile away."""

    id: str
    vm_id: str
    name: str | None = None
    vnic_profile_id: str | None = None
    without_network: bool = False
    mac: str | None = None
    interface: NicInterface | None = None
    linked: bool | None = None
    plugged: bool | None = None
    description: str | None = None
    comment: str | None = None

    def check(self, tx: Transaction) -> None:
        changeable_vm(tx, self.vm_id, "change a NIC of")
        nic = the_nic(tx, self.vm_id, self.id)
        changed = self._changed(nic)
        if changed == nic:
            return
        if nic.plugged or changed.plugged:
            resting_vm(tx, self.vm_id, "change a plugged NIC of")
        _check_nic(tx, changed, mac_given=self.mac is not None)

    def settle(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(
            self,
            name=None if self.name is None else good_name(self.name, kind="NIC"),
            mac=None if self.mac is None else good_mac(self.mac),
        )

    def describe(self, tx: Transaction) -> str:
        return f"Editing Network Interface {the_nic(tx, self.vm_id, self.id).name} of VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        nic = self._changed(the_nic(tx, self.vm_id, self.id))
        tx.nics.update(nic)
        _tell(tx, context, EventType.NETWORK_UPDATE_VM_INTERFACE, nic)

    def _changed(self, nic: Nic) -> Nic:
        given = {
            field: getattr(self, field)
            for field in (
                "name",
                "vnic_profile_id",
                "mac",
                "interface",
                "linked",
                "plugged",
                "description",
                "comment",
            )
            if getattr(self, field) is not None
        }
        changed = replace(nic, **given)
        return replace(changed, vnic_profile_id=None) if self.without_network else changed


class RemoveNic(Command, frozen=True, kw_only=True):
    id: str
    vm_id: str

    def check(self, tx: Transaction) -> None:
        changeable_vm(tx, self.vm_id, "remove a NIC of")
        if the_nic(tx, self.vm_id, self.id).plugged:
            resting_vm(tx, self.vm_id, "unplug a NIC from")

    def describe(self, tx: Transaction) -> str:
        nic = the_nic(tx, self.vm_id, self.id)
        return f"Removing Network Interface {nic.name} from VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        nic = the_nic(tx, self.vm_id, self.id)
        tx.nics.remove(nic.id)
        _tell(tx, context, EventType.NETWORK_REMOVE_VM_INTERFACE, nic)


def the_nic(tx: Transaction, vm_id: str, nic_id: str) -> Nic:
    nic = tx.nics.get(nic_id)
    if nic is None or nic.owner_id != vm_id:
        raise NotThere(kind="NIC", id=nic_id)
    return nic


def _check_nic(tx: Transaction, nic: Nic, *, mac_given: bool) -> None:
    name = good_name(nic.name, kind="NIC")
    if any(other.id != nic.id for other in tx.nics.list(owner_id=nic.owner_id, name=name)):
        raise NameTaken(name=name, kind="NIC of the VM")
    if nic.vnic_profile_id is not None:
        found(tx.vnic_profiles.get(nic.vnic_profile_id), "vNIC profile", nic.vnic_profile_id)
    if nic.interface not in NIC_MODELS:
        possible = ", ".join(sorted(NIC_MODELS))
        raise BadValue(value=nic.interface.value, field="interface", reason=f"a node can make {possible}")
    if mac_given:
        mac = good_mac(nic.mac)
        if any(other.id != nic.id for other in tx.nics.list(mac=mac)):
            raise WrongState(
                action="use", kind="MAC address", name=mac, reason="another NIC has it", mend="Choose another one"
            )


def _tell(tx: Transaction, context: Context, type_: EventType, nic: Nic) -> None:
    vm = the_vm(tx, nic.owner_id)
    emit(tx, context, type_, vm=vm, nic=nic.name, interface=nic.interface.value)
