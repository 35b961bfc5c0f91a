"""Looks at a site as it is: everything that the plan is made from is asked here and nowhere else."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import TypeVar

from msgspec import structs

import gluster.tls
from gluster.plan import missing_options
from hosted_engine.deploy import desired_state, safekeeping
from hosted_engine.deploy.added import further, read_added
from hosted_engine.deploy.answers import Answers, NodeAnswers
from hosted_engine.deploy.connector import Connector
from hosted_engine.deploy.decisions import LEASE, LOCKSPACE, VOLUMES, Decisions
from hosted_engine.deploy.folder import RECOVERY_FILE, Folder
from hosted_engine.deploy.keep_alive import are_written, edited_engine_vm
from hosted_engine.deploy.network import placement
from hosted_engine.deploy.plan import Kind, Observed, ObservedNode, expected
from hosted_engine.deploy.rolling import SiteFiles
from hosted_engine.management_network import is_on_bridge
from node.api.contract import NodeApi
from node.api.engine_vm import shape_of
from node.api.messages.gluster import GlusterReport, VolumeReport
from node.api.messages.ha import EngineVmConfig, SiteNode
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.problems import NodeNonResponsive, Problem, RemoteFailed, RemoteRefused

T = TypeVar("T")

IN_POOL = "Peer in Cluster"


class Observer:
    def __init__(self, answers: Answers, decisions: Decisions, connector: Connector, folder: Folder) -> None:
        self._answers, self._decisions = answers, decisions
        self._connector, self._folder = connector, folder

    async def observe(self) -> Observed:
        """The site now. A node that cannot be asked is silent, whatever the reason; WrongFingerprint is raised."""
        nodes = self._answers.nodes
        found = dict(zip((node.name for node in nodes), await asyncio.gather(*map(self._node, nodes)), strict=True))
        observed = Observed(
            nodes={name: one for name, one in found.items() if isinstance(one, ObservedNode)},
            unreachable={name: one for name, one in found.items() if isinstance(one, str)},
            own=self._connector.own(self._answers),
            authority=self._folder.has_authority(),
            formed=self._folder.journals.formed(),
        )
        return await self._site(observed)

    async def _node(self, node: NodeAnswers) -> ObservedNode | str:
        """What is there on one node, or why it cannot be asked."""
        reason = ""
        if self._folder.has_authority():
            try:
                async with self._connector.member(node) as api:
                    return await self._member(api, node)
            except (NodeNonResponsive, RemoteRefused, RemoteFailed) as err:
                reason = str(err)
        try:
            async with self._connector.unclaimed(node) as api:
                await api.identity()
                return ObservedNode()
        except (NodeNonResponsive, RemoteRefused, RemoteFailed) as err:
            return reason or str(err)

    async def _member(self, api: NodeApi, node: NodeAnswers) -> ObservedNode:
        await api.identity()
        names, report, pool = await asyncio.gather(api.names(), api.network(), api.gluster())
        mounts, lockspaces = await asyncio.gather(api.mounts(), api.lockspaces())
        ha, migration, timers = await asyncio.gather(api.ha(), api.migration(), _try(api.lease_timers()))
        vm = await api.vm(self._decisions.engine_vm_id)
        return ObservedNode(
            member=True,
            names=names.names,
            network_ready=is_on_bridge(placement(self._answers, node), report.document),
            peers=frozenset(self._name(peer.hostname) for peer in pool.peers if peer.state == IN_POOL),
            volumes=frozenset(name for name in VOLUMES if self._volume_is_so(name, pool)),
            drifted={name: drift for name in VOLUMES if (drift := self._drift(name, pool))},
            mounted=self._decisions.names_of(mount.storage_domain for mount in mounts if mount.mounted),
            joined=any(one.name == LOCKSPACE and one.joined for one in lockspaces),
            timers=timers,
            movable_to=frozenset(migration.members if migration.listening else ()),
            runs_ha=ha.configured and ha.active,
            maintenance=ha.reason,
            vm=vm.state if vm else None,
        )

    def _name(self, hostname: str) -> str:
        """The pool may know a node by its address."""
        return next((node.name for node in self._answers.nodes if str(node.address.ip) == hostname), hostname)

    def _volume_is_so(self, name: str, pool: GlusterReport) -> bool:
        found = self._volume(name, pool)
        return found is not None and found.status == "Started" and not self._drift(name, pool)

    def _drift(self, name: str, pool: GlusterReport) -> tuple[str, ...]:
        """The options of a volume of this site that somebody changed, or that an earlier version did not set."""
        found = self._volume(name, pool)
        if found is None:
            return ()
        allowed = further(self._answers, gluster.tls.allowed(found.options))  # the engine may have let nodes in
        desired = desired_state.volume(self._answers, name, allowed)
        return tuple(sorted(missing_options(desired.options, found.options)))

    def _volume(self, name: str, pool: GlusterReport) -> VolumeReport | None:
        """The volume of that name, when its bricks are those of the answers."""
        bricks = desired_state.volume(self._answers, name).bricks
        found = (one for one in pool.volumes if one.name == name)
        return next((one for one in found if tuple(f"{b.server}:{b.path}" for b in one.bricks) == bricks), None)

    async def _site(self, observed: Observed) -> Observed:
        """`observed` with what is the same on every node, asked on one that has the volumes."""
        leads = (node for node in self._answers.nodes if self._has_volumes(observed, node.name))
        images: frozenset[Kind] = frozenset()
        site_files = SiteFiles()
        lease = recovery = healthy = handed_over = False
        edited: EngineVmConfig | None = None
        added: tuple[SiteNode, ...] = ()
        if (lead := next(leads, None)) is not None:
            async with self._connector.member(lead) as api:
                images = await self._images(api, observed.nodes[lead.name].mounted)
                report = await _try(api.lease(HOSTED_ENGINE, LOCKSPACE, LEASE))
                lease = report is not None and report.exists
                written = await _try(api.site_files(HOSTED_ENGINE))
                edited, added = await _try(edited_engine_vm(api)), await read_added(api, self._answers)
                site_files = SiteFiles(
                    current=are_written(self._ha_files(edited, added), written),
                    changing=are_written(self._ha_files(edited, added, changing_timers=True), written),
                )
                sealed = await asyncio.to_thread(safekeeping.sealed, self._answers, self._folder)
                recovery = sealed is not None and are_written({RECOVERY_FILE: sealed}, written)
        if observed.authority and (observed.running_on is not None or observed.formed):
            engine = self._connector.engine(self._answers, self._decisions)
            healthy = await engine.why_not_healthy() is None
            handed_over = healthy and not await engine.missing(expected(self._answers, observed), VOLUMES)
        return replace(
            observed,
            images=images,
            lease=lease,
            site_files=site_files,
            added=added,
            healthy=healthy,
            handed_over=handed_over,
            recovery=recovery,
            edited=edited is not None and not self._is_as_answered(edited),
        )

    def _is_as_answered(self, edited: EngineVmConfig) -> bool:
        return shape_of(edited) == shape_of(desired_state.engine_vm(self._answers, self._decisions))

    def _ha_files(
        self, edited: EngineVmConfig | None, added: tuple[SiteNode, ...], *, changing_timers: bool = False
    ) -> dict[str, str]:
        authority = self._folder.authority().certificate
        return desired_state.ha_files(
            self._answers, self._decisions, authority, edited, added=added, changing_timers=changing_timers
        )

    def _has_volumes(self, observed: Observed, node: str) -> bool:
        return node in observed.nodes and observed.nodes[node].mounted.keys() == set(VOLUMES)

    async def _images(self, api: NodeApi, mounted: Mapping[str, str]) -> frozenset[Kind]:
        """`mounted`: see ObservedNode."""
        engine, data, decisions = mounted[HOSTED_ENGINE], mounted["data"], self._decisions
        wanted = {
            Kind.TINY: structs.replace(decisions.tiny, storage_domain=data),
            Kind.SYSTEM: structs.replace(decisions.system, storage_domain=engine),
            Kind.SEED: structs.replace(decisions.seed, storage_domain=engine),
        }
        return frozenset([kind for kind, image in wanted.items() if await _try(api.image(image)) is not None])


async def _try(asked: Awaitable[T]) -> T | None:
    """The answer, None when the node has none to give."""
    try:
        return await asked
    except Problem:
        return None
