"""Takes a storage domain of a data center into use, and into maintenance."""

from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.checks import check_unused, domain_for, first_node, nodes_of, the_domain
from hosted_engine.engine.storage.commands.base import DomainCommand
from hosted_engine.engine.storage.master import make_master, successor, update_data_center
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.storage.work import DomainWork
from node.steps import Step

_IN = "Storage Domain {name} (Data Center {center}) was"
ACTIVATED = EventKind("USER_ACTIVATED_STORAGE_DOMAIN", f"{_IN} activated by {{user}}.")
NOT_ACTIVATED = EventKind(
    "USER_ACTIVATE_STORAGE_DOMAIN_FAILED",
    "Failed to activate Storage Domain {name} (Data Center {center}) for {user}: {reason}",
)
DEACTIVATED = EventKind(
    "USER_DEACTIVATED_STORAGE_DOMAIN", f"{_IN} deactivated and has moved to Maintenance, as {{user}} asked for."
)
DEACTIVATED_LAST = EventKind(
    "USER_DEACTIVATED_LAST_MASTER_STORAGE_DOMAIN", f"{_IN} the last active one, and was deactivated by {{user}}."
)
NOT_DEACTIVATED = EventKind(
    "USER_DEACTIVATE_STORAGE_DOMAIN_FAILED",
    "Failed to deactivate Storage Domain {name} (Data Center {center}) for {user}: {reason}",
)
MASTER_MOVED = EventKind(
    "RECONSTRUCT_MASTER_DONE", "Storage Domain {name} is the master of Data Center {center} from now on."
)


class ActivateStorageDomain(DomainCommand, frozen=True, kw_only=True):
    """One host has to have it; the others are tried."""

    doing: ClassVar[str] = "Activating"
    failed: ClassVar[EventKind] = NOT_ACTIVATED

    def check(self, tx: Transaction) -> None:
        domain_for(tx, self.id, "activate")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        domain = the_domain(tx, self.id)
        node = first_node(tx, self.data_center_id, f"activate storage domain {domain.name}")
        return msgspec.structs.replace(self, node_id=node.id, was=domain.status)

    def begin(self, tx: Transaction, context: Context) -> None:
        self.change(tx, status=StorageDomainStatus.ACTIVATING)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        return (work.mount(), work.mount_everywhere(self.data_center_id))

    def finish(self, tx: Transaction, context: Context) -> None:
        domain = self.change(tx, status=StorageDomainStatus.ACTIVE)
        if not tx.storage_domains.count(data_center_id=self.data_center_id, master=True):
            domain = make_master(tx, domain)
        update_data_center(tx, self.data_center_id)
        self.emit(tx, context, ACTIVATED, domain)


class DeactivateStorageDomain(DomainCommand, frozen=True, kw_only=True):
    """Another active one becomes master in its place, where there is one. What lies on it is written onto it."""

    doing: ClassVar[str] = "Deactivating"
    failed: ClassVar[EventKind] = NOT_DEACTIVATED

    def check(self, tx: Transaction) -> None:
        check_unused(tx, domain_for(tx, self.id, "deactivate"), "deactivate")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        """An inactive one, and one without a host that is up, cannot be written to."""
        domain = the_domain(tx, self.id)
        up = nodes_of(tx, self.data_center_id) if domain.status is StorageDomainStatus.ACTIVE else []
        return msgspec.structs.replace(
            self,
            node_id=min(up, key=lambda node: not readings.of(node.id).mounted(self.id)).id if up else "",
            was=domain.status,
        )

    def begin(self, tx: Transaction, context: Context) -> None:
        self.change(tx, status=StorageDomainStatus.PREPARING_FOR_MAINTENANCE)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        last = work.unmount_everywhere(self.data_center_id)
        if not self.node_id:
            return (last,)
        write = work.write("metadata", self.data_center_id, self.data_center_id)
        return (work.ensure_mounted(), write, last)

    def finish(self, tx: Transaction, context: Context) -> None:
        domain = self.change(tx, status=StorageDomainStatus.MAINTENANCE)
        other = successor(tx, domain)
        if domain.master and other is not None:
            self.emit(tx, context, MASTER_MOVED, make_master(tx, other))
        update_data_center(tx, self.data_center_id)
        self.emit(tx, context, DEACTIVATED if other is not None else DEACTIVATED_LAST, domain)
