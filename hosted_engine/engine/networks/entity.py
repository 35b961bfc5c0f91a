"""Networks in the API."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.commands import check_removable, remove_item
from hosted_engine.engine.entity.declaration import Entity, Options, Place, Values, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Field, Settable
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.networks.checks import OF_HOSTS, check_hosts_follow, check_vlan_free
from hosted_engine.engine.networks.commands import AddNetwork, RemoveNetwork
from hosted_engine.engine.networks.making import add_profile
from hosted_engine.engine.networks.model import (
    Network,
    NetworkUsage,
    bridge_name,
)
from hosted_engine.engine.networks.profile_entity import VNIC_PROFILES
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.terms import Contains, path


class NetworkEntity(Entity[Network]):
    def make(self, tx: Transaction, given: Values) -> Network:
        id_ = given.get("id") or new_id()
        return super().make(tx, {"id": id_, "bridge": bridge_name(given["name"], id_), **given})

    def check(self, tx: Transaction, item: Network, before: Network | None) -> None:
        check_vlan_free(tx, item, self.place("vlan"))
        if before is not None:
            check_hosts_follow(tx, item, before, {name: self.place(name) for name in OF_HOSTS})
            if not item.for_vms:
                for profile in tx.vnic_profiles.list(network_id=item.id):
                    check_removable(tx, VNIC_PROFILES, profile)

    def changed(self, tx: Transaction, item: Network, before: Network) -> None:
        """Only a network for VMs has vNIC profiles."""
        if item.for_vms and not before.for_vms:
            add_profile(tx, item)
        elif before.for_vms and not item.for_vms:
            for profile in tx.vnic_profiles.list(network_id=item.id):
                remove_item(tx, VNIC_PROFILES, profile)

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Network]:
        item = self.make(tx, given)
        return AddNetwork.of(self, item, place=place, profile=given.get("profile", True)), item

    def remove(self, tx: Transaction, item: Network, options: Options, *, place: int = 0) -> Command:
        return RemoveNetwork.of(self, item, place=place)


NETWORKS = NetworkEntity(
    Network,
    "networks",
    kind="network",
    type="Network",
    path="networks",
    places=(
        Place(
            ("DataCenterNetworks", "DataCenterNetwork"),
            within={"data_center": Within("data_centers", "data_center_id")},
        ),
        Place(("Networks", "Network")),
    ),
    unique=(("data_center_id", "name"),),
    events=Events(
        EventKind("NETWORK_ADD_NETWORK", "Network {name} was added by {user}."),
        EventKind("NETWORK_UPDATE_NETWORK", "Network {name} was changed by {user}."),
        EventKind("NETWORK_REMOVE_NETWORK", "Network {name} was removed by {user}."),
    ),
    inputs={"profile": Field("profile_required", settable=Settable.ON_ADD)},
    searches={"vmnetwork": Contains("usages", NetworkUsage.VM)},
    related={
        "cluster_network": path("cluster_networks.network_id", "cluster_id", aliases={"cluster_name": "name"}),
        "host_network": path(
            "cluster_networks.network_id", "cluster_id", "nodes.cluster_id", aliases={"host_name": "name"}
        ),
    },
)
