"""Lets a host in maintenance go: out of leases, volumes and pool, and the machine belongs to nobody again."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.entity.commands import check_removable
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.commands.joining import MEMBERSHIP
from hosted_engine.engine.nodes.commands.maintenance import node_lock
from hosted_engine.engine.nodes.joining.activation import ActivationWork
from hosted_engine.engine.nodes.joining.identity import IdentityWork
from hosted_engine.engine.nodes.joining.network import NetworkWork
from hosted_engine.engine.nodes.joining.site import SiteWork
from hosted_engine.engine.nodes.joining.storage import StorageWork
from hosted_engine.engine.nodes.maintenance import vms_on
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from hosted_engine.engine.storageconnections.mounts import gluster_servers, gluster_volume
from node.api.problems import Refused
from node.steps import Step

TABLE = "nodes"


class HostStays(Refused):
    what = "Cannot remove Host {node}"
    why = "{reason}"
    mend = "{mend}"


class RemoveNode(Command, frozen=True, kw_only=True):
    """A step that fails leaves what was done, and the host down: the same again goes on, nothing else does."""

    forward_only: ClassVar[bool] = True

    id: str

    def check(self, tx: Transaction) -> None:
        node = self._node(tx)
        self.check_status(tx)
        if vms := vms_on(tx, node.id):
            names = ", ".join(sorted(vm.name for vm in vms))
            raise HostStays(node=node.name, reason=f"these VMs run on it: {names}", mend="Shut them down first")
        self.check_bricks(tx)
        check_removable(tx, entity_of(TABLE), node)

    def check_status(self, tx: Transaction) -> None:
        node = self._node(tx)
        if node.status not in (NodeStatus.MAINTENANCE, NodeStatus.DOWN):
            reason = f"Host is {node.status.value}, and has to be in Maintenance mode"
            raise HostStays(node=node.name, reason=reason, mend="Deactivate it first; say force of one that is lost")

    def check_bricks(self, tx: Transaction) -> None:
        node = self._node(tx)
        connections = tx.of(StorageConnection).list(type=StorageType.GLUSTERFS)
        if volumes := [gluster_volume(one) for one in connections if node.hostname in gluster_servers(one)]:
            reason = f"bricks of these volumes lie on it: {', '.join(sorted(volumes))}"
            mend = "Move these bricks to other hosts first; say force of a host that is lost"
            raise HostStays(node=node.name, reason=reason, mend=mend)

    def describe(self, tx: Transaction) -> str:
        return f"Removing Host {self._node(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (node_lock(self.id), MEMBERSHIP)

    def begin(self, tx: Transaction, context: Context) -> None:
        """From here on nobody listens to it, also after a crash: its volumes would be mounted again."""
        node = self._node(tx)
        tx.nodes.update(replace(node, status=NodeStatus.DOWN, detail="it is being removed"))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        identity, network = IdentityWork(dependencies, self.id), NetworkWork(dependencies, self.id)
        storage, site, first = (
            StorageWork(dependencies, self.id),
            SiteWork(dependencies, self.id),
            ActivationWork(dependencies, self.id),
        )
        return (
            Step("down", "Listen to it no longer", first.stop_following),
            Step("ha", "Stop trivet-ha", site.undeploy_hosted_engine),
            Step("keepers", "Count it no longer among those who keep the engine alive", site.remove_ha_host),
            Step("lockspaces", "Leave the lockspaces", storage.leave_lockspaces),
            Step("mounts", "Unmount the volumes", storage.unmount),
            Step("volumes", "Let it use the volumes no longer", storage.deny_volumes),
            Step("pool", "Take it out of the storage pool", storage.leave_pool),
            Step("migration", "Count it among the nodes of the site no longer", site.deny_migration),
            Step("network", "Give its network card the address back", network.put_on_nic),
            Step("names", "Let the other hosts forget its name", site.forget_names),
            Step("certificate", "Let the machine leave the site", identity.let_go),
        )

    def finish(self, tx: Transaction, context: Context) -> None:
        node = self._node(tx)
        for table in (tx.observed_links, tx.node_registrations):
            table.remove(self.id)
        tx.nodes.remove(self.id)
        emit(tx, context, EventType.USER_REMOVE_VDS, node=node)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        node = replace(self._node(tx), detail=f"its removal has to be finished, by removing it again: {error}")
        tx.nodes.update(node)
        emit(tx, context, EventType.USER_FAILED_REMOVE_VDS, node=node, reason=error)

    def _node(self, tx: Transaction) -> Node:
        return found(tx.nodes.get(self.id), "host", self.id)
