"""Brings a storage domain into a data center and into use, and takes it out of it again."""

from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.storage.checks import check_bare, domain_for, first_node, refused, the_domain
from hosted_engine.engine.storage.commands.base import DomainCommand
from hosted_engine.engine.storage.master import make_master, update_data_center
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.work import DomainWork, metadata_of
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from node.api.messages.storage_domains import StorageDomainMetadata
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


class _Metadata(DomainCommand, frozen=True, kw_only=True):
    """`before` and `after`: what the domain says of itself."""

    before: StorageDomainMetadata | None = None
    after: StorageDomainMetadata | None = None

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        domain = the_domain(tx, self.id)
        return msgspec.structs.replace(
            self,
            node_id=first_node(tx, self.data_center_id, f"{self.doing.lower()} {domain.name}").id,
            was=domain.status,
            before=metadata_of(tx, domain, domain.data_center_id),
            after=metadata_of(tx, domain, self.data_center_id if domain.data_center_id is None else None),
        )

    def _write(self, work: DomainWork) -> Step:
        assert self.before is not None
        assert self.after is not None
        return work.write("metadata", self.after, in_use=True, before=self.before)


class AttachStorageDomain(_Metadata, frozen=True, kw_only=True):
    """It is active then. The first one of a data center becomes its master."""

    doing: ClassVar[str] = "Attaching"
    failed: ClassVar[EventKind] = NOT_ATTACHED

    def check(self, tx: Transaction) -> None:
        domain = domain_for(tx, self.id, "attach")
        center = found(tx.data_centers.get(self.data_center_id), "data center", self.data_center_id)
        check_fits(tx, domain, center)

    def begin(self, tx: Transaction, context: Context) -> None:
        self.change(tx, status=StorageDomainStatus.LOCKED)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        return (work.mount(), self._write(work), work.mount_everywhere(self.data_center_id))

    def finish(self, tx: Transaction, context: Context) -> None:
        domain = self.change(tx, status=StorageDomainStatus.ACTIVE, data_center_id=self.data_center_id)
        if not tx.storage_domains.count(data_center_id=self.data_center_id, master=True):
            domain = make_master(tx, domain)
        update_data_center(tx, self.data_center_id)
        self.emit(tx, context, ATTACHED, domain)


class DetachStorageDomain(_Metadata, frozen=True, kw_only=True):
    """What it says of itself has its disks, so that they can be imported with it; the engine knows them no longer."""

    doing: ClassVar[str] = "Detaching"
    failed: ClassVar[EventKind] = NOT_DETACHED

    def check(self, tx: Transaction) -> None:
        domain = domain_for(tx, self.id, "detach")
        check_bare(tx, domain, "detach")
        others = tx.storage_domains.count(data_center_id=domain.data_center_id) - 1
        if domain.master and others > tx.storage_domains.count(
            data_center_id=domain.data_center_id, hosted_engine=True
        ):
            raise refused(domain, "detach", "it is the master of its data center", "Activate another one first")

    def begin(self, tx: Transaction, context: Context) -> None:
        self.change(tx, status=StorageDomainStatus.DETACHING)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        work = DomainWork(dependencies, self.id, self.node_id)
        return (work.mount(), self._write(work), work.unmount())

    def finish(self, tx: Transaction, context: Context) -> None:
        for disk in tx.disks.list(storage_domain_id=self.id):
            tx.disks.remove(disk.id)
        domain = self.change(tx, status=StorageDomainStatus.UNATTACHED, data_center_id=None, master=False)
        update_data_center(tx, self.data_center_id)
        self.emit(tx, context, DETACHED, domain)


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
