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
    "auto_pinning_policy": "disabled",
    "console.enabled": True,
    "cpu.architecture": "x86_64",
    "cpu_pinning_policy": "none",
    "cpu_shares": 0,
    "display.allow_override": False,
    "display.copy_paste_enabled": False,
    "display.file_transfer_enabled": False,
    "display.monitors": 1,
    "display.smartcard_enabled": False,
    "migration.auto_converge": "inherit",
    "migration.compressed": "inherit",
    "migration_downtime": -1,
    "rng_device.source": "urandom",
    "soundcard_enabled": False,
    "sso.methods": [],
    "storage_error_resume_behaviour": "auto_resume",
    "tpm_enabled": False,
    "tunnel_migration": False,
    "virtio_scsi_multi_queues_enabled": False,
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
