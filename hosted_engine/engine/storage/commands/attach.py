"""Brings a storage domain into a data center and into use, and takes it out of it again."""

from typing import ClassVar, Self, TypeVar

import msgspec

from hosted_engine.engine.command import Context, Dependencies, Lock
from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.storage.checks import domain_for, first_node, refused, the_domain
from hosted_engine.engine.storage.commands.base import DomainCommand
from hosted_engine.engine.storage.leaving import check_leaving, forget_what_lies_on, owners_on
from hosted_engine.engine.storage.master import make_master, update_data_center
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.work import DomainWork
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from node.steps import Step

ATTACHED = EventKind(
    "USER_ATTACH_STORAGE_DOMAIN_TO_POOL", "Storage Domain {name} was attached to Data Center {center} by {user}."
)
NOT_ATTACHED = EventKind(
    "USER_ATTACH_STORAGE_DOMAIN_TO_POOL_FAILED",
    "Failed to attach Storage Domain {name} to Data Center {center} for {user}: {reason}",
)
DETACHED = EventKind(
    "USER_DETACH_STORAGE_DOMAIN_FROM_POOL", "Storage Domain {name} was detached from Data Center {center} by {user}."
)
NOT_DETACHED = EventKind(
    "USER_DETACH_STORAGE_DOMAIN_FROM_POOL_FAILED",
    "Failed to detach Storage Domain {name} from Data Center {center} for {user}: {reason}",
)


class AttachStorageDomain(DomainCommand, frozen=True, kw_only=True):
    """It is active then, and what lies on it of another engine is known. The first one of a data center becomes its
    master."""

    doing: ClassVar[str] = "Attaching"
    failed: ClassVar[EventKind] = NOT_ATTACHED

    def check(self, tx: Transaction) -> None:
        domain = domain_for(tx, self.id, "attach")
        center = found(tx.data_centers.get(self.data_center_id), "data center", self.data_center_id)
        check_fits(tx, domain, center)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return on_first_node(self, tx)

    def begin(self, tx: Transaction, context: Context) -> None:
        self.change(tx, status=StorageDomainStatus.LOCKED)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        write = work.write("metadata", self.data_center_id, None)
        return (work.mount(), work.read(), write, work.mount_everywhere(self.data_center_id))

    def finish(self, tx: Transaction, context: Context) -> None:
        domain = self.change(tx, status=StorageDomainStatus.ACTIVE, data_center_id=self.data_center_id)
        if not tx.storage_domains.count(data_center_id=self.data_center_id, master=True):
            domain = make_master(tx, domain)
        update_data_center(tx, self.data_center_id)
        self.emit(tx, context, ATTACHED, domain)


class DetachStorageDomain(DomainCommand, frozen=True, kw_only=True):
    """The VMs, templates and disks on it go with it: they are written onto it, so that they can be registered when it
    is attached again, here or elsewhere, and the engine knows them no longer. `owners` are they."""

    doing: ClassVar[str] = "Detaching"
    failed: ClassVar[EventKind] = NOT_DETACHED

    owners: tuple[str, ...] = ()

    def check(self, tx: Transaction) -> None:
        domain = domain_for(tx, self.id, "detach")
        check_leaving(tx, domain)
        others = tx.storage_domains.count(data_center_id=domain.data_center_id) - 1
        if domain.master and others > tx.storage_domains.count(
            data_center_id=domain.data_center_id, hosted_engine=True
        ):
            raise refused(domain, "detach", "it is the master of its data center", "Activate another one first")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        owners = tuple(sorted(owner.id for owner in owners_on(tx, self.id)))
        return msgspec.structs.replace(on_first_node(self, tx), owners=owners)

    def locks(self) -> tuple[Lock, ...]:
        of_owners = (Lock(kind, owner) for owner in self.owners for kind in ("VM", "template"))
        return (*super().locks(), *of_owners)

    def begin(self, tx: Transaction, context: Context) -> None:
        self.change(tx, status=StorageDomainStatus.DETACHING)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        return (work.mount(), work.write("metadata", None, self.data_center_id), work.unmount())

    def finish(self, tx: Transaction, context: Context) -> None:
        forget_what_lies_on(tx, self.id)
        domain = self.change(tx, status=StorageDomainStatus.UNATTACHED, data_center_id=None, master=False)
        update_data_center(tx, self.data_center_id)
        self.emit(tx, context, DETACHED, domain)


C = TypeVar("C", bound=DomainCommand)


def on_first_node(command: C, tx: Transaction) -> C:
    """With the node that does what has to be done once, and the status to go back to. Raises NoNode."""
    domain = the_domain(tx, command.id)
    node = first_node(tx, command.data_center_id, f"{command.doing.lower()} {domain.name}")
    return msgspec.structs.replace(command, node_id=node.id, was=domain.status)


def check_fits(tx: Transaction, domain: StorageDomain, center: DataCenter) -> None:
    """Folders of a node are for local data centers, which have one node; all other storage is for shared ones."""
    connection = tx.of(StorageConnection).get(domain.storage_connection_id)
    is_local = connection is not None and connection.type is StorageType.LOCALFS
    if is_local and not center.local:
        reason = f"other hosts of data center {center.name} do not see a folder of one of them"
        raise refused(domain, "attach", reason, "Attach it to a local data center, which has one host")
    if center.local and not is_local:
        reason = f"data center {center.name} is local"
        raise refused(domain, "attach", reason, "Attach it to a data center that is not local")
