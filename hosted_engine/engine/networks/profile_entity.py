"""vNIC profiles in the API."""

from collections.abc import Mapping

from hosted_engine.engine.entity.declaration import ALL, Entity, Place, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.networks.model import (
    VnicProfile,
)
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.search.terms import Of, Shown, path


class VnicProfileEntity(Entity[VnicProfile]):
    def check(self, tx: Transaction, item: VnicProfile, before: VnicProfile | None) -> None:
        network = found(tx.networks.get(item.network_id), "network", item.network_id)
        if not network.for_vms:
            raise WrongState(
                action="add a vNIC profile to",
                kind="network",
                name=network.name,
                reason="it is not for VMs",
                mend="Choose a network with the usage vm",
            )

    def event_values(self, tx: Transaction, item: VnicProfile) -> Mapping[str, str]:
        network = found(tx.networks.get(item.network_id), "network", item.network_id)
        return {"network": network.name, "data_center_id": network.data_center_id}


VNIC_PROFILES = VnicProfileEntity(
    VnicProfile,
    "vnic_profiles",
    kind="vNIC profile",
    type="VnicProfile",
    path="vnicprofiles",
    places=(
        Place(
            ("AssignedVnicProfiles", "AssignedVnicProfile"),
            within={"network": Within("networks", "network_id")},
            methods=ALL - {"update"},
        ),
        Place(("VnicProfiles", "VnicProfile")),
    ),
    unique=(("network_id", "name"),),
    events=Events(
        EventKind("ADD_VNIC_PROFILE", "vNIC profile {name} of network {network} was added by {user}."),
        EventKind("UPDATE_VNIC_PROFILE", "vNIC profile {name} of network {network} was changed by {user}."),
        EventKind("REMOVE_VNIC_PROFILE", "vNIC profile {name} of network {network} was removed by {user}."),
    ),
    shown={"pass_through.mode": "disabled", "port_mirroring": False},
    searches={
        "compatibility_version": Of(path("network_id", "data_center_id"), "compatibility_version"),
        "datacenter": Of(path("network_id"), "datacenter"),
        "passthrough": Shown("pass_through.mode", aliases=(("false", "disabled"), ("true", "enabled"))),
        "port_mirroring": Shown("port_mirroring"),
    },
)
