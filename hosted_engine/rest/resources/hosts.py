"""/hosts"""

from collections import defaultdict
from collections.abc import Sequence

from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.search.match import Fields
from hosted_engine.engine.storage.health import status_of_server
from hosted_engine.engine.vms.model import Vm
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.hosts import host_to_wire
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.resources.base import Resource, chosen, names


class Hosts(Resource):
    def handlers(self) -> Handlers:
        return {("Hosts", "list"): self.list, ("Host", "get"): self.get}

    async def list(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            on_node: defaultdict[str, list[Vm]] = defaultdict(list)
            for vm in tx.vms.list():
                on_node[vm.node_id or ""].append(vm)
            nodes = chosen(call, tx.nodes.list(), _fields(tx))
            return Answer([self._wire(node, on_node[node.id]) for node in nodes])

    async def get(self, call: Call) -> Answer:
        identity = call.ids["host"]
        with self.engine.store.transaction() as tx:
            node = found(tx.nodes.get(identity), "host", identity)
            return Answer(self._wire(node, tx.vms.list(node_id=identity)))

    def _wire(self, node: Node, vms: Sequence[Vm]) -> Wire:
        readings = self.engine.readings
        return host_to_wire(node, vms, readings.of(node.id).statistics, status_of_server(readings.storage, node.name))


def _fields(tx: Transaction) -> Fields[Node]:
    clusters = names(tx.clusters)

    def cluster(node: Node) -> str | None:
        return clusters.get(node.cluster_id)

    return {
        "id": lambda node: node.id,
        "name": lambda node: node.name,
        "comment": lambda node: node.comment,
        "address": lambda node: node.address,
        "status": lambda node: node.status.value,
        "cluster": cluster,
        "cluster.name": cluster,
        "clusters.name": cluster,
    }
