"""/hosts/…/nics and their statistics"""

from collections.abc import Mapping

from hosted_engine.engine.networks.model import ClusterNetwork, Network
from hosted_engine.engine.nodes.network import NodeNetwork
from hosted_engine.engine.nodes.network_news import last_seen
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.host_nics import host_nic_to_wire, nic_id, statistics_to_wire
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.resources.base import Resource
from node.api.messages.network import LinkReport


class HostNics(Resource):
    """What a node said last; of a silent one what was seen last, and not whether that still is so."""

    def handlers(self) -> Handlers:
        return {
            ("HostNics", "list"): self.list,
            ("HostNic", "get"): self.get,
            ("Statistics", "list"): self.statistics,
            ("Statistic", "get"): self.statistic,
        }

    async def list(self, call: Call) -> Answer:
        known, networks = await self._known(call)
        limit = call.parameters.integer("max")
        links = known.nics()[:limit] if limit is not None and limit >= 0 else known.nics()
        return Answer([host_nic_to_wire(call.ids["host"], link, known, networks) for link in links])

    async def get(self, call: Call) -> Answer:
        known, networks = await self._known(call)
        return Answer(host_nic_to_wire(call.ids["host"], _nic(call, known), known, networks))

    async def statistics(self, call: Call) -> Answer:
        return Answer(_statistics(call, (await self._known(call))[0]))

    async def statistic(self, call: Call) -> Answer:
        wanted = call.ids["statistic"]
        for one in _statistics(call, (await self._known(call))[0]):
            if one["id"] == wanted:
                return Answer(one)
        raise NotThere(kind="statistic", id=wanted)

    async def _known(self, call: Call) -> tuple[NodeNetwork, Mapping[str, Network]]:
        """The node's network, and the logical ones of its cluster by their bridges: other clusters may have others of
        that name. Raises NotThereYet for statistics of VMs, disks and whole hosts, which the same service serves."""
        if call.service.name.startswith("Statistic") and not {"host", "nic"} <= call.ids.keys():
            raise NotThereYet(service=call.service.name, method=call.method.name)
        identity = call.ids["host"]

        def look(tx: Transaction) -> tuple[NodeNetwork, Mapping[str, Network]]:
            node = found(tx.nodes.get(identity), "host", identity)
            known = self.engine.readings.of(identity).network or last_seen(tx, identity) or NodeNetwork()
            there = tx.of(ClusterNetwork).list(cluster_id=node.cluster_id)
            networks = tx.networks.find([link.network_id for link in there])
            return known, {network.bridge: network for network in networks.values()}

        return await self.engine.store.read(look)


def _nic(call: Call, known: NodeNetwork) -> LinkReport:
    node_id, wanted = call.ids["host"], call.ids["nic"]
    for link in known.nics():
        if nic_id(node_id, link.name) == wanted:
            return link
    raise NotThere(kind="host NIC", id=wanted)


def _statistics(call: Call, known: NodeNetwork) -> list[Wire]:
    return statistics_to_wire(call.ids["host"], _nic(call, known).name, known)
