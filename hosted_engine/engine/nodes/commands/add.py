"""Adds a host: goes to a machine that belongs to no site, proves that it knows its claim code, and takes it in."""

from typing import Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.datacenters.checks import check_host_fits
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.networks.management import managing_network
from hosted_engine.engine.nodes.commands.joining import JoinNode, free_number, give_up_name
from hosted_engine.engine.nodes.joining.invitation import InvitationWork
from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NameTaken, found
from hosted_engine.engine.secrets import Secret
from node.api.problems import Refused
from node.steps import Step

TABLE = "nodes"


class AddressTaken(Refused):
    what = "Cannot add Host {node}"
    why = "Host {other} has the address {address} already"
    mend = "Give the machine another address, or remove that host first"


class AddNode(JoinNode, frozen=True, kw_only=True):
    """`claim_code` is the one on the machine's screen, `fingerprint` the words or digits of its key, empty where nobody
    has said them: the code alone shows both sides that nobody is in between."""

    name: str
    address: str
    claim_code: Secret
    fingerprint: str = ""
    comment: str = ""
    description: str = ""

    def check(self, tx: Transaction) -> None:
        """A machine that only waits to be approved keeps nobody from a name or an address."""
        found(tx.clusters.get(self.cluster_id), "cluster", self.cluster_id)
        managing_network(tx, self.cluster_id)
        check_host_fits(tx, self.cluster_id, self.id, self.name)
        for other in tx.nodes.list(name=self.name):
            if other.status is not NodeStatus.PENDING_APPROVAL:
                raise NameTaken(name=self.name, kind="host")
        for other in tx.nodes.list(address=self.address):
            if other.status not in OUTSIDE:
                raise AddressTaken(node=self.name, other=other.name, address=self.address)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, number=free_number(tx))

    def describe(self, tx: Transaction) -> str:
        return f"Adding new Host {self.name}"

    def creates(self) -> tuple[tuple[str, str], ...]:
        return ((TABLE, self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        give_up_name(tx, self.name, self.id)
        node = self._made()
        tx.nodes.add(node)
        emit(tx, context, EventType.USER_ADD_VDS, node=node)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = InvitationWork(dependencies, self.id, self.claim_code, self.fingerprint)
        return (
            Step("invitation", "Go to the machine", work.invite, work.leave_it_asking),
            Step("question", "Wait until it asks to be taken in", work.wait_for_question, work.leave_it_asking),
            *super().plan(dependencies),
        )

    def _made(self) -> Node:
        """What the machine calls itself is known when it has asked."""
        return Node(
            id=self.id,
            name=self.name,
            hostname=self.name,
            cluster_id=self.cluster_id,
            address=self.address,
            host_id=self.number or None,
            comment=self.comment,
            description=self.description,
            status=NodeStatus.INSTALLING,
        )
