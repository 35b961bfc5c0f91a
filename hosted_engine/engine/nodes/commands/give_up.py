"""Removes a host that is lost: the site goes on without it, and without the copies that lie on it."""

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.nodes.commands.remove import HostStays, RemoveNode
from hosted_engine.engine.nodes.joining.activation import ActivationWork
from hosted_engine.engine.nodes.joining.lost import LostWork
from hosted_engine.engine.nodes.joining.site import SiteWork
from hosted_engine.engine.nodes.joining.storage import StorageWork
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from hosted_engine.engine.storageconnections.mounts import gluster_servers, without_gluster_server
from node.steps import Step

LOST = frozenset({NodeStatus.NON_RESPONSIVE, NodeStatus.DOWN, NodeStatus.MAINTENANCE})


class GiveUpNode(RemoveNode, frozen=True, kw_only=True):
    """As RemoveNode, of a machine that is asked nothing any more. One that answers after all has to be removed in the
    usual way; one whose copies are needed stays."""

    def check_status(self, tx: Transaction) -> None:
        node = self._node(tx)
        if node.status not in LOST:
            reason = f"Host is {node.status.value}, and only one that does not respond can be removed by force"
            raise HostStays(node=node.name, reason=reason, mend="Deactivate it, and remove it without force")

    def check_bricks(self, tx: Transaction) -> None:
        """Gluster itself says whether they can go."""

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        lost, site = LostWork(dependencies, self.id), SiteWork(dependencies, self.id)
        storage, first = StorageWork(dependencies, self.id), ActivationWork(dependencies, self.id)
        return (
            Step("down", "Listen to it no longer", first.stop_following),
            Step("silence", "See that it does not answer", lost.check_unresponsive),
            Step("server", "Take it out of the storage pool, and its copies out of the volumes", lost.give_up_server),
            Step("keepers", "Count it no longer among those who keep the engine alive", site.remove_ha_host),
            Step("migration", "Count it among the nodes of the site no longer", site.deny_migration),
            Step("volumes", "Let it use the volumes no longer", storage.deny_volumes),
            Step("names", "Let the other hosts forget its name", site.remove_name),
        )

    def finish(self, tx: Transaction, context: Context) -> None:
        """Volumes are not asked of it any more."""
        hostname = self._node(tx).hostname
        connections = tx.of(StorageConnection)
        for one in connections.list(type=StorageType.GLUSTERFS):
            if len(gluster_servers(one)) > 1 and hostname in gluster_servers(one):
                connections.update(without_gluster_server(one, hostname))
        super().finish(tx, context)
