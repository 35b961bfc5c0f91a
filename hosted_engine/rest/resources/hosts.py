"""/hosts"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from hosted_engine.engine.nodes.checks import NotToMaintenance
from hosted_engine.engine.nodes.commands.maintenance import ActivateNode, DeactivateNode
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.search.match import Fields
from hosted_engine.engine.storage.health import status_of_server
from hosted_engine.engine.vms.model import Vm
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.hosts import host_to_wire
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.resources.base import Resource, chosen, names

PREPARING_POLL_S = 0.5


class MaintenanceEnded(NotToMaintenance):
    why = "it is {status} meanwhile: somebody has activated it, or it does not respond any more"
    mend = "Look at its events, and try again"


class Hosts(Resource):
    def handlers(self) -> Handlers:
        return {
            ("Hosts", "list"): self.list,
            ("Host", "get"): self.get,
            ("Host", "activate"): self.activate,
            ("Host", "deactivate"): self.deactivate,
        }

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

    async def activate(self, call: Call) -> Answer:
        return await self.act(call, ActivateNode(id=call.ids["host"]))

    async def deactivate(self, call: Call) -> Answer:
        """Who waits waits for the maintenance itself, not only for its begin."""
        if _flag(call, "stop_gluster_service"):
            raise NotThereYet(service="Host", method="deactivate with stop_gluster_service")
        reason = call.body.get("reason") or call.parameters.text("reason") or ""
        command = DeactivateNode(id=call.ids["host"], reason=reason, force=_flag(call, "force"))
        answer = await self.act(call, command)
        if call.wait:
            await self._prepared(command.id)
        return answer

    async def _prepared(self, identity: str) -> None:
        while (node := self._node(identity)).status is NodeStatus.PREPARING_FOR_MAINTENANCE:  # noqa: ASYNC110
            await asyncio.sleep(PREPARING_POLL_S)
        if node.status is not NodeStatus.MAINTENANCE:
            raise MaintenanceEnded(node=node.name, status=node.status.value)

    def _node(self, identity: str) -> Node:
        with self.engine.store.transaction() as tx:
            return found(tx.nodes.get(identity), "host", identity)

    def _wire(self, node: Node, vms: Sequence[Vm]) -> Wire:
        readings = self.engine.readings
        said = readings.of(node.id)
        external = status_of_server(readings.storage, node.name)
        return host_to_wire(node, vms, said.statistics, external, said.ha)


def _flag(call: Call, name: str) -> bool:
    """In the action, as the SDK sends it, or beside it, as oVirt reads it."""
    return bool(call.body.get(name) or call.parameters.boolean(name))


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
