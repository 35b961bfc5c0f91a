"""NICs of VMs and templates in the API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from hosted_engine.engine.command import Command, Lock
from hosted_engine.engine.entity.commands import AddEntity, UpdateEntity
from hosted_engine.engine.entity.declaration import Action, Entity, Link, Options, Place, Values, View, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Reference
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.macpools.pool import check_unused, free_macs, pool_of
from hosted_engine.engine.networks.model import (
    NIC_MODELS,
    ClusterNetwork,
    Nic,
    NicBase,
)
from hosted_engine.engine.networks.profiles import profile_for
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.search.terms import Of, path
from hosted_engine.engine.templates.checks import check_changeable
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.checks import changeable_vm, pluggable_vm, resting_vm, the_vm
from hosted_engine.engine.vms.commands.hotplug import DEVICES, HotAdd, HotUpdate, refuse_started, runs
from hosted_engine.engine.vms.model import Vm
from hosted_engine.engine.vms.spec import nic_spec
from hosted_engine.engine.vms.statuses import VmAction
from node.api.contract import NodeApi
from node.api.messages.vms import VmNic

N = TypeVar("N", bound=NicBase)

NETWORK_INPUT = {"network_id": Reference("network", to="networks")}


class NicBaseEntity(Entity[N]):
    """A network may be given in the place of a vNIC profile."""

    def make(self, tx: Transaction, given: Values) -> N:
        return super().make(tx, _with_profile(tx, given))

    def change(self, tx: Transaction, before: N, given: Values) -> N:
        return super().change(tx, before, _with_profile(tx, given))

    def check(self, tx: Transaction, item: N, before: N | None) -> None:
        self.check_interface(item)

    def check_interface(self, item: N, root: str = "") -> None:
        """`root` is the NIC's place in the body."""
        if item.interface not in NIC_MODELS:
            possible = ", ".join(sorted(NIC_MODELS))
            raise BadValue(
                value=item.interface.value, field=self.place("interface", root), reason=f"a node can make {possible}"
            )


class NicEntity(NicBaseEntity[Nic]):
    """Of a plugged NIC of a running VM network and link change at once; its address and its interface do not."""

    def defaults(self, tx: Transaction, given: Values) -> Values:
        """A NIC of a VM that is yet to be made gets its address with it."""
        vm = tx.vms.get(given["owner_id"])
        return {"mac": free_macs(tx, pool_of(tx, vm.cluster_id), 1)[0]} if vm and not given.get("mac") else {}

    def check(self, tx: Transaction, item: Nic, before: Nic | None) -> None:
        if (template := tx.templates.get(item.owner_id)) is not None:
            check_changeable(template)
            self._check_of_template(tx, item, template, before)
            return
        changeable_vm(tx, item.owner_id, "change the NICs of")
        if item.plugged or (before is not None and before.plugged):
            pluggable_vm(tx, item.owner_id, VmAction.PLUG_NIC, "plug, unplug or change a plugged NIC of")
        if before is not None and before.plugged and (item.mac, item.interface) != (before.mac, before.interface):
            resting_vm(tx, item.owner_id, "change the address or the interface of a plugged NIC of")
        vm = the_vm(tx, item.owner_id)
        self.check_make(tx, item, vm.cluster_id, f"VM {vm.name}", before)

    def check_alone(self, tx: Transaction, item: Nic, before: Nic | None, *, stays: bool = True) -> None:
        if stays and concerns_host(before, item):
            refuse_started(tx, item.owner_id, "plug, unplug or change a plugged NIC of")

    def check_make(
        self, tx: Transaction, item: Nic, cluster_id: str, vm: str, before: Nic | None = None, *, root: str = ""
    ) -> None:
        """Whether a NIC can be so in a VM of the cluster; `root` is its place in the body."""
        self.check_interface(item, root)
        if item.mac and (before is None or item.mac != before.mac):
            check_unused(tx, pool_of(tx, cluster_id), item)
        if item.vnic_profile_id is not None and (before is None or item.vnic_profile_id != before.vnic_profile_id):
            self._check_network(tx, cluster_id, item.vnic_profile_id, vm)

    def check_removable(self, tx: Transaction, item: Nic) -> None:
        if (template := tx.templates.get(item.owner_id)) is not None:
            check_changeable(template)
            return
        changeable_vm(tx, item.owner_id, "remove a NIC of")
        if item.plugged and runs(tx, item.owner_id):
            raise WrongState(
                action="remove",
                kind="NIC",
                name=item.name,
                reason="it is plugged into a running VM",
                mend="Deactivate it first",
            )

    def meant(self, tx: Transaction, name: str, named: Sequence[Any], known: Values) -> Sequence[Any]:
        """Networks and vNIC profiles are looked for in the owner's cluster: each data center may have one of that
        name."""
        owner_id = known.get("owner_id", "")
        owner = tx.vms.get(owner_id) or tx.templates.get(owner_id)
        if owner is None or owner.cluster_id is None:
            return named
        there = {link.network_id for link in tx.of(ClusterNetwork).list(cluster_id=owner.cluster_id)}
        return [one for one in named if (one.id if name == "network_id" else one.network_id) in there]

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Nic]:
        item = self.make(tx, given)
        hot = item.plugged and runs(tx, item.owner_id)
        return (HotAdd if hot else AddEntity).of(self, item, place=self._place_of(tx, item.owner_id)), item

    def update(self, tx: Transaction, before: Nic, given: Values, options: Options) -> tuple[Command, Nic]:
        item, place = self.change(tx, before, given), self._place_of(tx, before.owner_id)
        return msgspec.structs.replace(nic_update(tx, before, item), place=place), item

    def remove(self, tx: Transaction, item: Nic, options: Options, *, place: int = 0) -> Command:
        return super().remove(tx, item, options, place=self._place_of(tx, item.owner_id))

    def _place_of(self, tx: Transaction, owner_id: str) -> int:
        """A template's NIC has events of its own."""
        return 1 if tx.templates.get(owner_id) is not None else 0

    def locks(self, item: Nic) -> tuple[Lock, ...]:
        """Of the owner, whichever it is."""
        return (Lock("VM", item.owner_id), Lock("template", item.owner_id))

    def event_values(self, tx: Transaction, item: Nic) -> Mapping[str, str]:
        if (template := tx.templates.get(item.owner_id)) is not None:
            return {"template": template.name, "interface": item.interface.value, "template_id": template.id}
        vm = the_vm(tx, item.owner_id)
        return {"vm": vm.name, "interface": item.interface.value, "vm_id": vm.id, "cluster_id": vm.cluster_id}

    def gather(self, view: View, items: Sequence[Nic]) -> Any:
        """Those owners that are templates: their NICs have no addresses."""
        return set(view.tx.templates.find([nic.owner_id for nic in items]))

    def show(self, item: Nic, gathered: Any) -> Mapping[str, Any]:
        if item.owner_id in gathered:
            return {"mac": None, "template": Link("templates", item.owner_id)}
        return {"vm": Link("vms", item.owner_id)}

    def _check_of_template(self, tx: Transaction, item: Nic, template: Template, before: Nic | None) -> None:
        self.check_interface(item)
        if item.mac:
            reason = "a template's NIC has no address: each VM's has one of its own"
            raise BadValue(value=item.mac, field="nic.mac.address", reason=reason)
        if item.vnic_profile_id is not None and template.cluster_id is not None:
            self._check_network(tx, template.cluster_id, item.vnic_profile_id, f"template {template.name}")

    def _check_network(self, tx: Transaction, cluster_id: str, profile_id: str, vm: str) -> None:
        """Its hosts have no use for a network that is not in the cluster."""
        profile = found(tx.vnic_profiles.get(profile_id), "vNIC profile", profile_id)
        if not tx.of(ClusterNetwork).list(cluster_id=cluster_id, network_id=profile.network_id):
            network = found(tx.networks.get(profile.network_id), "network", profile.network_id)
            raise WrongState(
                action=f"join {vm} to",
                kind="network",
                name=network.name,
                reason="the network is not in the VM's cluster",
                mend="Add the network to the cluster first",
            )


def _with_profile(tx: Transaction, given: Values) -> Values:
    """A network in the place of a vNIC profile."""
    if not given.get("network_id") or given.get("vnic_profile_id"):
        return given
    profile = profile_for(tx, given["network_id"])
    return {**given, "vnic_profile_id": profile.id if profile else None}


def _nic_events(kind: str, owner: str) -> Events:
    def event(name: str, done: str) -> EventKind:
        of = f"NIC {{name}} ({{interface}}) of {kind} {{{owner}}}"
        return EventKind(f"NETWORK_{name}_{owner.upper()}_INTERFACE", f"{of} was {done} by {{user}}.")

    return Events(event("ADD", "added"), event("UPDATE", "changed"), event("REMOVE", "removed"))


def concerns_host(before: Nic | None, item: Nic) -> bool:
    """Whether the host of a running VM has to be asked for it."""
    if before is None:
        return item.plugged
    was, now = ((one.plugged, one.linked, one.vnic_profile_id) for one in (before, item))
    return was != now and (before.plugged or item.plugged)


def nic_update(tx: Transaction, before: Nic, item: Nic) -> UpdateEntity:
    """What a host has made of it changes there, too."""
    hot = concerns_host(before, item) and runs(tx, item.owner_id)
    return (HotUpdate if hot else UpdateEntity).of(NICS, before, item)


class _PluggedNic:
    plugged = EventType.NETWORK_ACTIVATE_VM_INTERFACE_SUCCESS
    not_plugged = EventType.NETWORK_ACTIVATE_VM_INTERFACE_FAILURE
    unplugged = EventType.NETWORK_DEACTIVATE_VM_INTERFACE_SUCCESS
    not_unplugged = EventType.NETWORK_DEACTIVATE_VM_INTERFACE_FAILURE

    def is_plugged(self, item: Nic) -> bool:
        return item.plugged

    def request(self, tx: Transaction, vm: Vm, item: Nic) -> VmNic:
        return nic_spec(tx, vm, item)

    async def plug(self, node: NodeApi, vm_id: str, request: VmNic) -> None:
        await node.plug_nic(vm_id, request)

    async def unplug(self, node: NodeApi, vm_id: str, request: VmNic) -> None:
        await node.unplug_nic(vm_id, request.id)


DEVICES["nics"] = _PluggedNic()


def _plug(*, plugged: bool) -> Callable[[Transaction, Nic, Values], Command]:
    return lambda tx, nic, attributes: nic_update(tx, nic, replace(nic, plugged=plugged))


NICS = NicEntity(
    Nic,
    "nics",
    kind="NIC",
    type="Nic",
    places=(
        Place(("VmNics", "VmNic"), within={"vm": Within("vms", "owner_id")}),
        Place(
            ("TemplateNics", "TemplateNic"),
            within={"template": Within("templates", "owner_id")},
            events=_nic_events("template", "template"),
        ),
    ),
    unique=(("owner_id", "name"),),
    indexes=(("mac",),),
    events=_nic_events("VM", "vm"),
    shown={"synced": True},
    inputs=NETWORK_INPUT,
    actions={"activate": Action(_plug(plugged=True)), "deactivate": Action(_plug(plugged=False))},
    searches={"network_name": Of(path("vnic_profile_id"), "network_name")},
)
