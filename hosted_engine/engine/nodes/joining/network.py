"""A node's management network: the bridge that VMs share with it, put into place over the very path that it changes."""

from hosted_engine import management_network
from hosted_engine.engine.networks.management import managing_network
from hosted_engine.engine.nodes.joining.base import NodeWork
from hosted_engine.engine.problems import found
from hosted_engine.management_network import Placement
from node.api.messages.network import NetworkRequest
from node.api.problems import Failed, NodeNonResponsive, RemoteRefused
from node.changes import change_and_confirm

NETWORK_S = 180.0  # a change whose answer was lost goes back by itself within 60 s, and can be asked for again
_PASSING = ("ChangePending", "CheckpointGone", "BackendReturned", "BackAgain")  # the last: of older nodes


class NoBridge(Failed):
    what = "Host {node} was not installed"
    why = "it has no bridge {bridge}, and nobody knows over which network card it was"
    mend = "Make the bridge on the host: trivet net edit"


class NetworkWork(NodeWork):
    async def put_on_bridge(self) -> None:
        place = await self._place()
        what = f"{self.node().name} has its address on the bridge {place.bridge}"
        await self.until(what, lambda: self._why_not(management_network.on_bridge(place)), NETWORK_S)

    async def stay_on_bridge(self) -> None:
        """Of a member, whose address may have been changed since it asked: only a bridge that is missing is made, as it
        was then. Raises NoBridge for one that never asked."""
        bridge = self._bridge()
        async with self.connect() as api:
            if management_network.has_bridge(bridge, (await api.network()).document):
                return
        with self.dependencies.store.transaction() as tx:
            has_asked = tx.node_registrations.get(self.id) is not None
        if not has_asked:
            raise NoBridge(node=self.node().name, bridge=bridge)
        await self.put_on_bridge()

    async def put_on_nic(self) -> None:
        """The reverse, for whoever brought it there. Asking for nothing takes back a change that nobody confirmed: only
        then a look can be believed. Without the bridge the network card is as it was."""
        bridge = self._bridge()

        async def why_not() -> str | None:
            if (reason := await self._why_not(management_network.nothing())) is not None:
                return reason
            try:
                async with self.connect() as api:
                    document = (await api.network()).document
            except NodeNonResponsive as err:
                return str(err)
            if not management_network.has_bridge(bridge, document):
                return None
            place = management_network.find_placement(bridge, document)
            if place is None:
                return f"{bridge} is no bridge over one network card with one IPv4 address"
            return await self._why_not(management_network.on_nic(place))

        await self.until(f"{self.node().name} has its address on its network card", why_not, NETWORK_S)

    async def _place(self) -> Placement:
        """A machine that asked over a bridge of that name has its network card below it."""
        asked, bridge = self.registration(), self._bridge()
        nic = asked.nic
        if nic == bridge:
            async with self.connect() as api:
                nic = management_network.port_of(bridge, (await api.network()).document) or nic
        return Placement(bridge=bridge, nic=nic, address=asked.interface, gateway=asked.gateway, dns=asked.dns)

    def _bridge(self) -> str:
        with self.dependencies.store.transaction() as tx:
            node = found(tx.nodes.get(self.id), "host", self.id)
            return managing_network(tx, node.cluster_id).bridge

    async def _why_not(self, request: NetworkRequest) -> str | None:
        """Ask for a change, and keep it once it is proven."""
        try:
            await change_and_confirm(self.connect, request, self.dependencies.poller.clock)
        except NodeNonResponsive as err:
            return str(err)
        except RemoteRefused as err:
            if err.text.code in _PASSING:
                return str(err)
            raise
        return None
