"""What all nodes know of each other: names, who may send VMs, who keeps the engine alive."""

from collections.abc import Collection

from hosted_engine.engine.nodes.joining.base import NodeWork
from hosted_engine.engine.nodes.members import members
from hosted_engine.engine.nodes.model import Node
from node.api.contract import NodeApi
from node.api.messages.ha import SiteNode, SiteNodes
from node.api.messages.migration import MigrationRequest
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.messages.network import NamesRequest
from node.api.problems import Failed


class NameKnown(Failed):
    what = "Host {node} was not taken in"
    why = "the site knows {address} by its name already"
    mend = "Give the machine another name"


class SiteWork(NodeWork):
    async def add_name(self) -> None:
        node = self.node()
        known = (await (await self.lead()).names()).names
        if known.get(node.hostname, node.address) != node.address:
            raise NameKnown(node=node.name, address=known[node.hostname])
        async with self.connect() as api:
            await api.set_names(NamesRequest(names=known | {node.hostname: node.address}))
        await self.on_others(lambda api: _set_names(api, add={node.hostname: node.address}))

    async def remove_name(self) -> None:
        node = self.node()
        await self.on_others(lambda api: _set_names(api, drop={node.hostname: node.address}))

    async def forget_names(self) -> None:
        await self.remove_name()
        async with self.connect() as api:
            await api.set_names(NamesRequest(names={}))

    async def allow_migration(self) -> None:
        """Where that is a change libvirt is started anew, and VMs run on."""
        request = self._migration(with_own=True)
        async with self.connect() as api:
            await api.allow_migration(request)
        await self.on_others(lambda api: _allow_migration(api, request))

    async def deny_migration(self) -> None:
        """The node itself trusts nobody any more once it has left."""
        request = self._migration(with_own=False)
        await self.on_others(lambda api: _allow_migration(api, request))

    def _migration(self, *, with_own: bool) -> MigrationRequest:
        node = self.node()
        with self.dependencies.store.transaction() as tx:
            names = {one.hostname for one in members(tx)} - {node.hostname}
        return MigrationRequest(members=tuple(sorted(names | {node.hostname} if with_own else names)))

    async def add_ha_host(self) -> None:
        """From here on trivet-ha of every node counts with this one."""
        node = self.node()
        own = SiteNode(name=node.hostname, address=node.address, host_id=node.host_id or 0)
        await self._keepers(drop={node.hostname}, add=(own,))

    async def remove_ha_host(self) -> None:
        await self._keepers(drop={self.node().hostname}, add=())

    async def _keepers(self, drop: Collection[str], add: tuple[SiteNode, ...]) -> None:
        lead = await self.lead()
        before = await lead.site_nodes(HOSTED_ENGINE)
        after = SiteNodes(nodes=(*(one for one in before.nodes if one.name not in drop), *add))
        if set(after.nodes) != set(before.nodes):
            await lead.set_site_nodes(HOSTED_ENGINE, after)

    async def deploy_hosted_engine(self) -> None:
        async with self.connect() as api:
            await api.deploy_hosted_engine()

    async def undeploy_hosted_engine(self) -> None:
        async with self.connect() as api:
            await api.undeploy_hosted_engine()


async def reconcile(api: NodeApi, nodes: Collection[Node]) -> None:
    """Tell a node that is back what it has missed: who came. `nodes` are those of the site."""
    await _set_names(api, add={node.hostname: node.address for node in nodes})
    await _allow_migration(api, MigrationRequest(members=tuple(sorted(node.hostname for node in nodes))))


async def _set_names(api: NodeApi, *, add: dict[str, str] | None = None, drop: dict[str, str] | None = None) -> None:
    """Others' names stay: the engine's own is among them."""
    known = (await api.names()).names
    wanted = {name: known[name] for name in known if (name, known[name]) not in (drop or {}).items()} | (add or {})
    if wanted != known:
        await api.set_names(NamesRequest(names=wanted))


async def _allow_migration(api: NodeApi, request: MigrationRequest) -> None:
    if set((await api.migration()).members) != set(request.members):
        await api.allow_migration(request)
