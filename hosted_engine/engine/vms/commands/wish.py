"""What a user may say of how a VM is made: the inputs that adding and changing one have in common."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.vms.model import BiosType, VmType


class VmWish(Command, frozen=True, kw_only=True):
    """None says nothing: then a new VM takes it from its template, and another one keeps what it has."""

    description: str | None = None
    comment: str | None = None
    memory_bytes: int | None = None
    memory_guaranteed_bytes: int | None = None
    memory_max_bytes: int | None = None
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    type: VmType | None = None
    os_type: str | None = None
    bios_type: BiosType | None = None
    boot_devices: tuple[str, ...] | None = None
    delete_protected: bool | None = None
    stateless: bool | None = None
    high_availability: bool | None = None
    high_availability_priority: int | None = None
    time_zone: str | None = None
