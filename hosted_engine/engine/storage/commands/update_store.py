"""Writes onto a storage domain which VMs, templates and disks it has: they can be found again without this engine."""

from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.checks import domain_for, first_node, the_domain
from hosted_engine.engine.storage.commands.base import DomainCommand
from hosted_engine.engine.storage.work import DomainWork
from node.steps import Step

NOT_WRITTEN = EventKind(
    "UPDATE_OVF_FOR_STORAGE_DOMAIN_FAILED", "What is on Storage Domain {name} was not written down for {user}: {reason}"
)


class UpdateStore(DomainCommand, frozen=True, kw_only=True):
    doing: ClassVar[str] = "Updating the OVF store of"
    failed: ClassVar[EventKind] = NOT_WRITTEN

    def check(self, tx: Transaction) -> None:
        domain_for(tx, self.id, "update the OVF store of")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        domain = the_domain(tx, self.id)
        node = first_node(tx, domain.data_center_id or "", f"write to storage domain {domain.name}")
        center = domain.data_center_id or ""
        return msgspec.structs.replace(self, node_id=node.id, was=domain.status, data_center_id=center)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        return (work.write("metadata", self.data_center_id, self.data_center_id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        """Whoever asked sees it in the job."""
