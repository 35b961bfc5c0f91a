"""/networks and /vnicprofiles, and the networks of a cluster or of a data center"""

from hosted_engine.engine.networks.model import Network
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.networks import network_in_cluster_to_wire
from hosted_engine.rest.resources.base import Resource


class Networks(Resource):
    def handlers(self) -> Handlers:
        return {
            ("ClusterNetworks", "list"): self.list_of_cluster,
            ("ClusterNetwork", "get"): self.get_of_cluster,
        }

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


def _network(tx: Transaction, identity: str) -> Network:
    return found(tx.networks.get(identity), "network", identity)
