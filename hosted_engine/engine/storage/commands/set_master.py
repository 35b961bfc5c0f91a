"""Makes another storage domain the master of its data center."""

from typing import ClassVar

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.storage.checks import domain_for, refused
from hosted_engine.engine.storage.commands.base import DomainCommand
from hosted_engine.engine.storage.master import make_master

SWITCHED = EventKind(
    "SWITCH_MASTER_STORAGE_DOMAIN", "Storage Domain {name} was made the master of Data Center {center} by {user}."
)
NOT_SWITCHED = EventKind(
    "SWITCH_MASTER_STORAGE_DOMAIN_FAILED",
    "Failed to make Storage Domain {name} the master of Data Center {center} for {user}: {reason}",
)


class SetMasterStorageDomain(DomainCommand, frozen=True, kw_only=True):
    doing: ClassVar[str] = "Switching master to"
    failed: ClassVar[EventKind] = NOT_SWITCHED

    def check(self, tx: Transaction) -> None:
        domain = domain_for(tx, self.id, "make master")
        center = found(tx.data_centers.get(self.data_center_id), "data center", self.data_center_id)
        if domain.data_center_id != center.id:
            raise refused(domain, "make master", f"it is not in data center {center.name}", "Attach it there first")
        if domain.master:
            raise refused(domain, "make master", "it is the master already", "Choose another storage domain")

    def finish(self, tx: Transaction, context: Context) -> None:
        domain = domain_for(tx, self.id, "make master")
        self.emit(tx, context, SWITCHED, make_master(tx, domain))
