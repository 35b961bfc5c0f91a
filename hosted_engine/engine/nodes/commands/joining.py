"""What all commands that take a machine into the site have in common: its steps, and what becomes of a failure."""

from collections.abc import Collection
from dataclasses import replace

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.commands.maintenance import node_lock
from hosted_engine.engine.nodes.joining.activation import ActivationWork
from hosted_engine.engine.nodes.joining.identity import IdentityWork
from hosted_engine.engine.nodes.joining.network import NetworkWork
from hosted_engine.engine.nodes.joining.site import SiteWork
from hosted_engine.engine.nodes.joining.storage import StorageWork
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from node.steps import Step

MEMBERSHIP = Lock("site", "membership")  # one node comes or goes at a time


class JoinNode(Command, frozen=True, kw_only=True):
    """`cluster_id` is where it comes to. Without `activate` it comes in maintenance. `number` is its number in
    lockspaces."""

    id: str
    cluster_id: str = ""
    activate: bool = True
    number: int = 0

    def locks(self) -> tuple[Lock, ...]:
        return (node_lock(self.id), MEMBERSHIP)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        identity, network = IdentityWork(dependencies, self.id), NetworkWork(dependencies, self.id)
        storage, site, last = (
            StorageWork(dependencies, self.id),
            SiteWork(dependencies, self.id),
            ActivationWork(dependencies, self.id),
        )
        arrive = (last.activate, last.forget) if self.activate else (last.arrive_in_maintenance, last.end_maintenance)
        return (
            Step("certificate", "Hand the machine its certificate", identity.take_in, identity.send_back),
            Step("names", "Make it and the other hosts known to each other", site.add_name, site.forget_names),
            Step("network", "Put it on the management network", network.put_on_bridge, network.put_on_nic),
            Step("migration", "Count it among the nodes of the site", site.allow_migration, site.deny_migration),
            Step("pool", "Take it into the storage pool", storage.join_pool, storage.leave_pool),
            Step("volumes", "Let it use the volumes", storage.allow_volumes, storage.deny_volumes),
            Step("mounts", "Mount the volumes", storage.mount, storage.unmount),
            Step("lockspaces", "Join the lockspaces", storage.join_lockspaces, storage.leave_lockspaces),
            Step("keepers", "Count it among those who keep the engine alive", site.add_ha_host, site.remove_ha_host),
            Step("ha", "Start trivet-ha", site.deploy_hosted_engine, site.undeploy_hosted_engine),
            Step("up", "Wait until the host is up", *arrive),
        )

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.VDS_INSTALL, node=self._node(tx))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """What could not be undone keeps its number: two machines with the same would take each other's leases."""
        more = f"; not undone: {', '.join(sorted(left))}" if left else ""
        node = replace(
            self._node(tx),
            status=NodeStatus.INSTALL_FAILED,
            detail=f"{error}{more}",
            host_id=self.number if left else None,
        )
        tx.nodes.update(node)
        if (asked := tx.node_registrations.get(self.id)) is not None:
            tx.node_registrations.update(replace(asked, since=context.now))
        emit(tx, context, EventType.VDS_INSTALL_FAILED, node=node, reason=node.detail)

    def _node(self, tx: Transaction) -> Node:
        return found(tx.nodes.get(self.id), "host", self.id)


def free_number(tx: Transaction) -> int:
    """One that no host has had lately: the next one, as long as there are any."""
    taken = {node.host_id for node in tx.nodes.list() if node.host_id is not None}
    return max(taken, default=0) + 1


def give_up_name(tx: Transaction, name: str, id_: str) -> None:
    """Nobody but host `id_` is shown with this name. Who only asks for it gets another one with its next question."""
    for other in tx.nodes.list(name=name):
        if other.id != id_:
            tx.nodes.update(replace(other, name=f"host-{other.id}"))
