"""Gives back the room that a disk takes for zeros: its image is written anew without them."""

from typing import ClassVar

import msgspec

from hosted_engine.engine.disks.commands.relocate import RelocateDisk
from hosted_engine.engine.disks.copying import check_copyable, room_for
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from node.api.messages.images import ImageRef


class SparsifyDisk(RelocateDisk, frozen=True, kw_only=True):
    """What a guest has freed without writing zeros or discarding it stays: nodes read no file systems of guests."""

    doing: ClassVar[str] = "Sparsifying"
    begun: ClassVar[EventKind] = EventKind("USER_SPARSIFY_IMAGE_START", "Started to sparsify {name} for {user}.")
    done: ClassVar[EventKind] = EventKind("USER_SPARSIFY_IMAGE_FINISH_SUCCESS", "{name} was sparsified for {user}.")
    failed: ClassVar[EventKind] = EventKind(
        "USER_SPARSIFY_IMAGE_FINISH_FAILURE", "Failed to sparsify {name} for {user}: {reason}"
    )

    image_id: str = msgspec.field(default_factory=new_id)

    def check(self, tx: Transaction) -> None:
        disk = check_copyable(tx, self.id, "sparsify")
        if not disk.sparse or disk.shareable:
            reason = "it is preallocated" if not disk.sparse else "several VMs may have it"
            mend = "Choose a thin disk of one VM"
            raise WrongState(action="sparsify", kind="disk", name=disk.name, reason=reason, mend=mend)
        room_for(tx, disk, disk.storage_domain_id)

    def target_of(self, source: ImageRef) -> ImageRef:
        return msgspec.structs.replace(source, image_id=self.image_id)
