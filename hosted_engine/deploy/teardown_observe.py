"""Looks at what there is of a site before it is taken back: members, VMs, and what lies on the volumes."""

import asyncio
from collections.abc import Sequence

from hosted_engine.deploy.added import further, read_added
from hosted_engine.deploy.answers import Answers, NodeAnswers
from hosted_engine.deploy.connector import Connector
from hosted_engine.deploy.decisions import VOLUMES, Decisions
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.teardown_plan import RemainingNode, RemainingState
from node.api.contract import NodeApi
from node.api.messages.gluster import PeerReport
from node.api.messages.images import Contents
from node.api.messages.vms import VmState
from node.api.problems import NodeNonResponsive, RemoteFailed, RemoteRefused


class TeardownObserver:
    def __init__(self, answers: Answers, decisions: Decisions, connector: Connector, folder: Folder) -> None:
        self._answers, self._decisions = answers, decisions
        self._connector, self._folder = connector, folder

    async def observe(self) -> RemainingState:
        """The site now. A node that cannot be asked is silent, whatever the reason; WrongFingerprint is raised."""
        nodes = self._answers.nodes
        found = dict(zip((node.name for node in nodes), await asyncio.gather(*map(self._node, nodes)), strict=True))
        return RemainingState(
            nodes={name: one for name, one in found.items() if isinstance(one, RemainingNode)},
            unreachable={name: one for name, one in found.items() if isinstance(one, str)},
            own=self._connector.own(self._answers),
        )

    async def _node(self, node: NodeAnswers) -> RemainingNode | str:
        reason = ""
        if self._folder.has_authority():
            try:
                async with self._connector.member(node) as api:
                    return await self._member(api)
            except (NodeNonResponsive, RemoteRefused, RemoteFailed) as err:
                reason = str(err)
        try:
            async with self._connector.unclaimed(node) as api:
                await api.identity()
                return RemainingNode()
        except (NodeNonResponsive, RemoteRefused, RemoteFailed) as err:
            return reason or str(err)

    async def _member(self, api: NodeApi) -> RemainingNode:
        vms, pool, mounts = await asyncio.gather(api.vms(), api.gluster(), api.mounts())
        running = [vm for vm in vms if vm.state is not VmState.DOWN]
        others = [node.name for node in await read_added(api, self._answers)]
        return RemainingNode(
            member=True,
            vms=tuple(vm.name for vm in running if vm.id != self._decisions.engine_vm_id),
            added=further(self._answers, (*others, *map(self._name, pool.peers))),
            volumes=frozenset(volume.name for volume in pool.volumes) & frozenset(VOLUMES),
            contents=await self._contents(api, [one.storage_domain for one in mounts if one.mounted]),
        )

    def _name(self, peer: PeerReport) -> str:
        """The pool may know a node by its address."""
        return next((node.name for node in self._answers.nodes if str(node.address.ip) == peer.hostname), peer.hostname)

    async def _contents(self, api: NodeApi, mounted: Sequence[str]) -> dict[str, Contents]:
        """What is on each volume of the site that answers."""
        found = {}
        for volume, domain in self._decisions.names_of(mounted).items():
            try:
                found[volume] = await api.contents(domain)
            except (RemoteRefused, RemoteFailed):
                continue
        return found
