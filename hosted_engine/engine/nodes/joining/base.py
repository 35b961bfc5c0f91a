"""What every step of taking a node in, or letting it go, works with."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.nodes.joining.model import NodeRegistration
from hosted_engine.engine.nodes.members import REACHED, members
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.problems import NodeNotUp, found
from hosted_engine.engine.storage.mounting import hosted_engine_domain
from node.api.contract import NodeApi
from node.api.problems import NodeNonResponsive

log = logging.getLogger(__name__)


class NodeWork:
    """One node, by the host's id. What it is called and where it is stands in the store once its task has begun."""

    def __init__(self, dependencies: Dependencies, node_id: str) -> None:
        self.dependencies = dependencies
        self.id = node_id

    def node(self) -> Node:
        with self.dependencies.store.transaction() as tx:
            return found(tx.nodes.get(self.id), "host", self.id)

    def registration(self) -> NodeRegistration:
        with self.dependencies.store.transaction() as tx:
            return found(tx.node_registrations.get(self.id), "registration", self.id)

    def connect(self) -> AbstractAsyncContextManager[NodeApi]:
        """To the node itself, as a node of the site: a new connection each time."""
        return self.dependencies.fleet.connect(self.node())

    async def lead(self) -> NodeApi:
        """Another node, which can be asked for what all have in common."""
        with self.dependencies.store.transaction() as tx:
            domain = hosted_engine_domain(tx).id
        return await self.dependencies.fleet.carrier(domain)

    async def on_others(self, act: Callable[[NodeApi], Awaitable[None]]) -> None:
        """On every other node that answers; those that do not are told when they come back (`reconcile`)."""
        with self.dependencies.store.transaction() as tx:
            others = [node for node in members(tx) if node.id != self.id and node.status in REACHED]
        for node in others:
            try:
                await act(await self.dependencies.fleet.node(node.id))
            except (NodeNonResponsive, NodeNotUp) as err:
                log.warning("%s is told later: %s", node.name, err)

    async def until(self, what: str, why_not: Callable[[], Awaitable[str | None]], limit_s: float) -> None:
        await self.dependencies.poller.until(what, why_not, limit_s=limit_s)
