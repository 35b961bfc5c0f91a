"""Takes a machine that asked for it into the site: certificate, names, network, storage, leases; or not at all."""

from dataclasses import replace
from typing import Self

import msgspec

from hosted_engine.engine.command import Context
from hosted_engine.engine.datacenters.checks import check_host_fits
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.networks.management import managing_network
from hosted_engine.engine.nodes.commands.joining import JoinNode, free_number, give_up_name
from hosted_engine.engine.nodes.joining.conflicts import conflicts, name_once_approved
from hosted_engine.engine.nodes.joining.model import NodeRegistration
from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from node.api.problems import Refused


class NotApproved(Refused):
    what = "Cannot approve Host {node}"
    why = "{reason}"
    mend = "{mend}"


class ApproveNode(JoinNode, frozen=True, kw_only=True):
    """An empty `cluster_id`: where it is shown. `name` is what it is shown as from then on."""

    name: str = ""

    def check(self, tx: Transaction) -> None:
        node, asked = self._node(tx), self._registration(tx)
        if node.status not in OUTSIDE:
            reason = f"Host is {node.status.value}, and not pending approval"
            raise NotApproved(node=node.name, reason=reason, mend="Nothing has to be done")
        for reason in conflicts(tx, node, asked):
            mend = "Remove the other host, or change the machine and let it ask again"
            raise NotApproved(node=node.name, reason=f"it {reason}", mend=mend)
        cluster_id = self.cluster_id or node.cluster_id
        found(tx.clusters.get(cluster_id), "cluster", cluster_id)
        managing_network(tx, cluster_id)
        check_host_fits(tx, cluster_id, node.id, node.name)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        node = self._node(tx)
        return msgspec.structs.replace(
            self,
            cluster_id=self.cluster_id or node.cluster_id,
            number=node.host_id or free_number(tx),
            name=name_once_approved(tx, node, self._registration(tx)),
        )

    def describe(self, tx: Transaction) -> str:
        return f"Approving Host {self._node(tx).name}"

    def begin(self, tx: Transaction, context: Context) -> None:
        """From here on the machine has its name. Who only asks for the same gets another one with its next question."""
        give_up_name(tx, self.name, self.id)
        node = replace(
            self._node(tx),
            name=self.name,
            cluster_id=self.cluster_id,
            host_id=self.number,
            status=NodeStatus.INSTALLING,
            detail="",
        )
        tx.nodes.update(node)
        emit(tx, context, EventType.VDS_APPROVE, node=node)

    def _registration(self, tx: Transaction) -> NodeRegistration:
        node = self._node(tx)
        asked = tx.node_registrations.get(self.id)
        if asked is None:
            reason = f"Host is {node.status.value}, and no machine has asked to be it"
            raise NotApproved(node=node.name, reason=reason, mend="Run `trivet join` on the machine")
        return asked
