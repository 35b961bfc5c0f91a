"""The hardware of VMs, templates and instance types."""

from dataclasses import replace
from typing import TypeVar

from hosted_engine.engine.entity.declaration import Entity, Values
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.model import Hardware

H = TypeVar("H", bound=Hardware)

MAX_MEMORY_FACTOR = 4  # oVirt's default for the memory that hot plug may reach

# What is the same of all of them, and shown because clients look for it.
HARDWARE = {
    "bios.boot_menu.enabled": False,
    "cpu.architecture": "x86_64",
    "cpu_shares": 0,
    "io.threads": 0,
    "memory_policy.ballooning": False,
    "migration.auto_converge": "inherit",
    "migration.compressed": "inherit",
    "multi_queues_enabled": True,
    "start_paused": False,
    "usb.enabled": False,
    "virtio_scsi.enabled": True,
}


class HardwareEntity(Entity[H]):
    """Memory alone moves its companions along, so that they stay within their bounds."""

    def make(self, tx: Transaction, given: Values) -> H:
        """What is not given follows from the memory where that was given."""
        made = super().make(tx, given)
        if "memory_bytes" not in given:
            return made
        return replace(
            made,
            memory_guaranteed_bytes=given.get("memory_guaranteed_bytes", self.guaranteed_bytes(tx, made)),
            memory_max_bytes=given.get("memory_max_bytes", made.memory_bytes * MAX_MEMORY_FACTOR),
        )

    def guaranteed_bytes(self, tx: Transaction, made: H) -> int:
        """Of its memory, where nobody says it."""
        return made.memory_bytes

    def change(self, tx: Transaction, before: H, given: Values) -> H:
        changed = super().change(tx, before, given)
        if "memory_bytes" in given and "memory_guaranteed_bytes" not in given:
            changed = replace(
                changed, memory_guaranteed_bytes=min(before.memory_guaranteed_bytes, changed.memory_bytes)
            )
        if "memory_bytes" in given and "memory_max_bytes" not in given:
            changed = replace(changed, memory_max_bytes=max(before.memory_max_bytes, changed.memory_bytes))
        return changed
