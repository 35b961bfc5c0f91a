"""Networks, vNIC profiles and NICs in the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from hosted_engine.engine.command import Lock
from hosted_engine.engine.entity.declaration import READ, Entity, Events, Link, Place, Values, View, Within
from hosted_engine.engine.entity.field import Reference
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.networks.macs import choose_mac
from hosted_engine.engine.networks.model import NIC_MODELS, Network, Nic, VnicProfile
from hosted_engine.engine.networks.profiles import profile_for
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState
from hosted_engine.engine.vms.checks import changeable_vm, resting_vm, the_vm

NETWORKS = Entity(
    Network,
    "networks",
    kind="network",
    type="Network",
    path="networks",
    places=(
        Place(
            ("DataCenterNetworks", "DataCenterNetwork"),
            within={"data_center": Within("data_centers", "data_center_id")},
            methods=READ,
        ),
        Place(("Networks", "Network"), methods=READ),
    ),
    unique=(("data_center_id", "name"),),
)

VNIC_PROFILES = Entity(
    VnicProfile,
    "vnic_profiles",
    kind="vNIC profile",
    type="VnicProfile",
    path="vnicprofiles",
    places=(
        Place(
            ("AssignedVnicProfiles", "AssignedVnicProfile"),
            within={"network": Within("networks", "network_id")},
            methods=READ,
        ),
        Place(("VnicProfiles", "VnicProfile"), methods=READ),
    ),
    unique=(("network_id", "name"),),
    shown={"pass_through.mode": "disabled"},
)


class NicEntity(Entity[Nic]):
    """A NIC is made when its VM starts, so that nothing of a plugged one may change while the VM runs."""

    def make(self, tx: Transaction, given: Values) -> Nic:
        return super().make(tx, _with_profile(tx, given))

    def change(self, tx: Transaction, before: Nic, given: Values) -> Nic:
        return super().change(tx, before, _with_profile(tx, given))

    def defaults(self, tx: Transaction, given: Values) -> Values:
        return {"mac": given.get("mac") or choose_mac({nic.mac for nic in tx.nics.list()})}

    def check(self, tx: Transaction, item: Nic, before: Nic | None) -> None:
        changeable_vm(tx, item.owner_id, "change the NICs of")
        if item.plugged or (before is not None and before.plugged):
            resting_vm(tx, item.owner_id, "plug, unplug or change a plugged NIC of")
        if item.interface not in NIC_MODELS:
            possible = ", ".join(sorted(NIC_MODELS))
            raise BadValue(
                value=item.interface.value, field=self.place("interface"), reason=f"a node can make {possible}"
            )
        if before is None or item.mac != before.mac:
            self._check_mac(tx, item)

    def check_removable(self, tx: Transaction, item: Nic) -> None:
        changeable_vm(tx, item.owner_id, "remove a NIC of")
        if item.plugged:
            resting_vm(tx, item.owner_id, "unplug a NIC from")

    def locks(self, item: Nic) -> tuple[Lock, ...]:
        return (Lock("VM", item.owner_id),)

    def words(self, tx: Transaction, item: Nic) -> Mapping[str, str]:
        vm = the_vm(tx, item.owner_id)
        return {"vm": vm.name, "interface": item.interface.value, "vm_id": vm.id, "cluster_id": vm.cluster_id}

    def gather(self, view: View, items: Sequence[Nic]) -> Any:
        """Those owners that are templates: their NICs have no addresses."""
        return set(view.tx.templates.find([nic.owner_id for nic in items]))

    def show(self, item: Nic, gathered: Any) -> Mapping[str, Any]:
        if item.owner_id in gathered:
            return {"mac": None, "template": Link("templates", item.owner_id)}
        return {"vm": Link("vms", item.owner_id)}

    def _check_mac(self, tx: Transaction, item: Nic) -> None:
        if any(other.id != item.id for other in tx.nics.list(mac=item.mac)):
            raise WrongState(
                action="use", kind="MAC address", name=item.mac, reason="another NIC has it", mend="Choose another one"
            )


def _with_profile(tx: Transaction, given: Values) -> Values:
    """A network in the place of a vNIC profile."""
    if not given.get("network_id") or given.get("vnic_profile_id"):
        return given
    profile = profile_for(tx, given["network_id"])
    return {**given, "vnic_profile_id": profile.id if profile else None}


def _nic_event(name: str, done: str) -> EventKind:
    return EventKind(
        f"NETWORK_{name}_VM_INTERFACE", f"NIC {{name}} ({{interface}}) of VM {{vm}} was {done} by {{user}}."
    )


NICS = NicEntity(
    Nic,
    "nics",
    kind="NIC",
    type="Nic",
    places=(
        Place(("VmNics", "VmNic"), within={"vm": Within("vms", "owner_id")}),
        Place(("TemplateNics", "TemplateNic"), within={"template": Within("templates", "owner_id")}, methods=READ),
    ),
    unique=(("owner_id", "name"),),
    indexes=(("mac",),),
    events=Events(_nic_event("ADD", "added"), _nic_event("UPDATE", "changed"), _nic_event("REMOVE", "removed")),
    shown={"synced": True},
    inputs={"network_id": Reference("network", to="networks")},
)
