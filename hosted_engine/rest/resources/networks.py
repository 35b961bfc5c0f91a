"""/networks and /vnicprofiles, and the networks of a cluster or of a data center"""

from hosted_engine.engine.networks.model import Network, VnicProfile
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.engine.search.match import Fields
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.networks import network_in_cluster_to_wire, network_to_wire, profile_to_wire
from hosted_engine.rest.resources.base import Resource, check_child, check_parents, chosen, names


class Networks(Resource):
    def handlers(self) -> Handlers:
        return {
            ("Networks", "list"): self.list,
            ("Network", "get"): self.get,
            ("DataCenterNetworks", "list"): self.list,
            ("DataCenterNetwork", "get"): self.get,
            ("ClusterNetworks", "list"): self.list_of_cluster,
            ("ClusterNetwork", "get"): self.get_of_cluster,
            ("VnicProfiles", "list"): self.list_profiles,
            ("VnicProfile", "get"): self.get_profile,
            ("AssignedVnicProfiles", "list"): self.list_profiles,
            ("AssignedVnicProfile", "get"): self.get_profile,
        }

    async def list(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            check_parents(call, data_center=(tx.data_centers, "data center"))
            center = call.ids.get("data_center")
            networks = tx.networks.list(data_center_id=center) if center else tx.networks.list()
            return Answer([network_to_wire(network) for network in chosen(call, networks, _network_fields(tx))])

    async def get(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            network = _network(tx, call.ids["network"])
            check_child(call, "data_center", network.data_center_id, kind="network", id=network.id)
            return Answer(network_to_wire(network))

    async def list_of_cluster(self, call: Call) -> Answer:
        identity = call.ids["cluster"]
        with self.engine.store.transaction() as tx:
            cluster = found(tx.clusters.get(identity), "cluster", identity)
            networks = tx.networks.list(data_center_id=cluster.data_center_id)
            return Answer([network_in_cluster_to_wire(network, identity) for network in networks])

    async def get_of_cluster(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            cluster = found(tx.clusters.get(call.ids["cluster"]), "cluster", call.ids["cluster"])
            network = _network(tx, call.ids["network"])
            if network.data_center_id != cluster.data_center_id:
                raise NotThere(kind="network", id=network.id)
            return Answer(network_in_cluster_to_wire(network, cluster.id))

    async def list_profiles(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            check_parents(call, network=(tx.networks, "network"))
            network = call.ids.get("network")
            profiles = tx.vnic_profiles.list(network_id=network) if network else tx.vnic_profiles.list()
            return Answer([profile_to_wire(profile) for profile in chosen(call, profiles, _PROFILE_FIELDS)])

    async def get_profile(self, call: Call) -> Answer:
        identity = call.ids["profile"]
        with self.engine.store.transaction() as tx:
            profile = found(tx.vnic_profiles.get(identity), "vNIC profile", identity)
            check_child(call, "network", profile.network_id, kind="vNIC profile", id=identity)
            return Answer(profile_to_wire(profile))


_PROFILE_FIELDS: Fields[VnicProfile] = {
    "id": lambda profile: profile.id,
    "name": lambda profile: profile.name,
    "description": lambda profile: profile.description,
}


def _network(tx: Transaction, identity: str) -> Network:
    return found(tx.networks.get(identity), "network", identity)


def _network_fields(tx: Transaction) -> Fields[Network]:
    centers = names(tx.data_centers)

    def center(network: Network) -> str | None:
        return centers.get(network.data_center_id)

    return {
        "id": lambda network: network.id,
        "name": lambda network: network.name,
        "description": lambda network: network.description,
        "comment": lambda network: network.comment,
        "mtu": lambda network: network.mtu,
        "vlanid": lambda network: network.vlan,
        "datacenter": center,
        "datacenter.name": center,
        "datacenters.name": center,
    }
