"""Moves a disk to another storage domain."""

from typing import ClassVar

import msgspec

from hosted_engine.engine.disks.commands.relocate import RelocateDisk
from hosted_engine.engine.disks.copying import check_copyable, room_for
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from node.api.messages.images import ImageRef


class MoveDisk(RelocateDisk, frozen=True, kw_only=True):
    doing: ClassVar[str] = "Moving"
    begun: ClassVar[EventKind] = EventKind(
        "USER_MOVED_DISK", "User {user} moves disk {name} to storage domain {domain}."
    )
    done: ClassVar[EventKind] = EventKind(
        "USER_MOVED_DISK_FINISHED_SUCCESS", "Disk {name} was moved to storage domain {domain} for {user}."
    )
    failed: ClassVar[EventKind] = EventKind(
        "USER_MOVED_DISK_FINISHED_FAILURE", "Disk {name} was not moved to storage domain {domain} for {user}: {reason}"
    )

    storage_domain_id: str

    def check(self, tx: Transaction) -> None:
        disk = check_copyable(tx, self.id, "move")
        if disk.storage_domain_id == self.storage_domain_id:
            domain = found(tx.storage_domains.get(self.storage_domain_id), "storage domain", self.storage_domain_id)
            reason, mend = f"it is on storage domain {domain.name} already", "Choose another storage domain"
            raise WrongState(action="move", kind="disk", name=disk.name, reason=reason, mend=mend)
        room_for(tx, disk, self.storage_domain_id)

    def target_of(self, source: ImageRef) -> ImageRef:
        return msgspec.structs.replace(source, storage_domain=self.storage_domain_id)
