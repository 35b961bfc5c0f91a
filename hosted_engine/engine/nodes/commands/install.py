"""Installs a host in maintenance anew: another certificate, and of all that its approval gave it what is missing."""

from collections.abc import Collection
from dataclasses import replace
from typing import Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.commands.joining import MEMBERSHIP
from hosted_engine.engine.nodes.commands.maintenance import node_lock
from hosted_engine.engine.nodes.joining.activation import ActivationWork
from hosted_engine.engine.nodes.joining.identity import IdentityWork
from hosted_engine.engine.nodes.joining.network import NetworkWork
from hosted_engine.engine.nodes.joining.site import SiteWork
from hosted_engine.engine.nodes.joining.storage import StorageWork
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from node.steps import Step


class InstallNode(Command, frozen=True, kw_only=True):
    """Each step finds what is there and gives what is missing; one that fails takes nothing away, and the host is in
    maintenance as before. With `activate` it ends its maintenance; `reason` is that of the maintenance."""

    id: str
    activate: bool = False
    reason: str = ""

    def check(self, tx: Transaction) -> None:
        node = self._node(tx)
        if node.status is not NodeStatus.MAINTENANCE:
            mend = "Approve it" if node.status is NodeStatus.INSTALL_FAILED else "Deactivate it first"
            reason = f"Host is {node.status.value}, and has to be in Maintenance mode"
            raise WrongState(action="install", kind="host", name=node.name, reason=reason, mend=mend)
        if not any(other.id != node.id for other in tx.nodes.list(status=NodeStatus.UP)):
            mend = "Bring another host up, or only enroll the certificate of this one"
            reason = "no other host is up that knows the site"
            raise WrongState(action="install", kind="host", name=node.name, reason=reason, mend=mend)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, reason=self._node(tx).detail)

    def describe(self, tx: Transaction) -> str:
        return f"Installing Host {self._node(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (node_lock(self.id), MEMBERSHIP)

    def begin(self, tx: Transaction, context: Context) -> None:
        node = replace(self._node(tx), status=NodeStatus.INSTALLING, detail="")
        tx.nodes.update(node)
        emit(tx, context, EventType.VDS_INSTALL_IN_PROGRESS, node=node)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        identity, network = IdentityWork(dependencies, self.id), NetworkWork(dependencies, self.id)
        storage, site = StorageWork(dependencies, self.id), SiteWork(dependencies, self.id)
        activation = ActivationWork(dependencies, self.id)

        async def leave() -> None:
            """What was there is there, and what was missing may stay: it is a member of the site."""

        async def enroll() -> None:
            await identity.renew()

        async def rest() -> None:
            await activation.begin_maintenance(self.reason)

        async def follow_again() -> None:
            await activation.follow_in_maintenance(self.reason)

        async def arrive() -> None:
            if self.activate:
                await activation.activate()
            else:
                await activation.arrive_in_its_maintenance(self.reason)

        active = (Step("activate", "End its maintenance", activation.leave_maintenance, rest),) if self.activate else ()
        return (
            Step("connection", "Listen to it no longer", activation.stop_following, follow_again),
            Step("certificate", "Hand the host a new certificate", enroll, leave),
            Step("names", "Make it and the other hosts known to each other", site.add_name, leave),
            Step("network", "See that it is on the management network", network.stay_on_bridge, leave),
            Step("migration", "Count it among the nodes of the site", site.allow_migration, leave),
            Step("pool", "See that it is in the storage pool", storage.join_pool, leave),
            Step("volumes", "Let it use the volumes", storage.allow_volumes, leave),
            Step("mounts", "Mount the volumes", storage.mount, leave),
            Step("lockspaces", "Join the lockspaces", storage.join_lockspaces, leave),
            Step("keepers", "Count it among those who keep the engine alive", site.add_ha_host, leave),
            Step("ha", "Start trivet-ha", site.deploy_hosted_engine, leave),
            *active,
            Step("arrival", "Wait until the host answers", arrive, leave),
        )

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.VDS_INSTALL, node=self._node(tx))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """Listening to it again may have failed: the watch of a later start does."""
        node = self._node(tx)
        if node.status is NodeStatus.INSTALLING:
            tx.nodes.update(replace(node, status=NodeStatus.MAINTENANCE, detail=self.reason))
        emit(tx, context, EventType.VDS_INSTALL_FAILED, node=node, reason=error)

    def _node(self, tx: Transaction) -> Node:
        return found(tx.nodes.get(self.id), "host", self.id)
