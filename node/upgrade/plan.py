"""What an upgrade or a rollback does to this node, and whether it may; pure."""

from dataclasses import dataclass

from node.upgrade.manifest import Manifest
from node.upgrade.refusals import (
    NoKernel,
    NoOtherSlot,
    NoRoom,
    NothingToGoBackTo,
    NotProven,
    OlderVersion,
    SameVersion,
    SlotTooSmall,
    WaitsAlready,
)
from node.upgrade.slots import TRIES, Kernel, Slot, System
from node.upgrade.versions import compare

MIB = 1 << 20
_SPARE = 16 * MIB  # no file system is filled to its last block


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that are free: on the boot partition once the other version's kernel is gone, on the state partition."""

    boot_bytes: int
    state_bytes: int


@dataclass(frozen=True, slots=True)
class Upgrade:
    """`slot` is the one that is written, `gone` the version that is in it now, `retired` kernels that go with it."""

    version: str
    running: str
    disk: str
    slot: Slot
    gone: str | None
    retired: tuple[Kernel, ...]
    manifest: Manifest

    @property
    def kernel(self) -> Kernel:
        return Kernel(self.version, left=TRIES)

    @property
    def lines(self) -> tuple[str, ...]:
        """In plain words."""
        names = ", ".join(file.name for file in self.manifest.images)
        return (
            f"Trivet {self.running}, which runs, is upgraded to {self.version}",
            f"It is written to {self.slot.device}{self._about_gone}",
            *((f"Images for new engines and tests take the place of the old ones: {names}",) if names else ()),
            f"It is started up to {TRIES} times; if it is not healthy then, this node falls back to {self.running}",
        )

    @property
    def _about_gone(self) -> str:
        if self.gone is None:
            return ", which is empty"
        if not any(kernel.version == self.gone and kernel.is_good for kernel in self.retired):
            return f": {self.gone}, which is not good, goes"
        return f": {self.gone} goes, so that until {self.version} has proven good there is only {self.running}"


@dataclass(frozen=True, slots=True)
class Rollback:
    """`marked` are kernels that are called bad: `target` is what is started next. Without a reboot where an upgrade is
    dropped that waited for it."""

    marked: tuple[Kernel, ...]
    target: str
    reboots: bool

    @property
    def lines(self) -> tuple[str, ...]:
        names = " and ".join(dict.fromkeys(kernel.version for kernel in self.marked))
        if not self.reboots:
            return (f"{names} is dropped before it was started; {self.target} runs on",)
        return (f"{names} is marked bad; this node starts {self.target} from now on", "It takes a reboot")


def plan_upgrade(manifest: Manifest, system: System, room: Room) -> Upgrade:
    """Raises Refused."""
    _check_versions(manifest.version, system)
    slot = _other_slot(manifest.version, system)
    if manifest.system.size > slot.size_bytes:
        raise SlotTooSmall(
            version=manifest.version,
            size_mib=_mib(manifest.system.size),
            device=slot.device,
            room_mib=slot.size_bytes // MIB,
        )
    retired = tuple(kernel for kernel in system.kernels if kernel.version != system.version)
    _check_room("boot partition", "/efi", manifest.kernel.size, room.boot_bytes)
    _check_room("state partition", "/state", sum(image.size for image in manifest.images), room.state_bytes)
    return Upgrade(manifest.version, system.version, system.disk, slot, slot.version, retired, manifest)


def find_waiting(system: System) -> str | None:
    """The version that is written and whose trial has not ended, which the next boot goes on with."""
    kernel = system.next
    is_other = kernel is not None and kernel.version != system.version
    return kernel.version if kernel and is_other and kernel.left and kernel in system.complete else None


def plan_rollback(system: System) -> Rollback:
    """Raises Refused."""
    if (waiting := find_waiting(system)) is not None:
        marked = tuple(kernel for kernel in system.kernels if kernel.version == waiting and not kernel.is_bad)
        return Rollback(marked, system.version, reboots=False)
    if system.kernel is None:
        raise NoKernel(version=system.version, folder="/efi/EFI/Linux")
    others = [kernel for kernel in system.complete if kernel.version != system.version]
    good = [kernel for kernel in others if kernel.is_good]
    if not good:
        reason = f"{others[0].version} in the other slot is marked bad" if others else "there is no other version here"
        raise NothingToGoBackTo(version=system.version, reason=reason)
    marked = tuple(kernel for kernel in system.kernels if kernel.version == system.version and not kernel.is_bad)
    return Rollback(marked, good[0].version, reboots=True)


def _check_versions(version: str, system: System) -> None:
    if version == system.version:
        raise SameVersion(version=version)
    if compare(version, system.version) < 0:
        raise OlderVersion(version=version, running=system.version)
    if system.kernel is None:
        raise NoKernel(version=system.version, folder="/efi/EFI/Linux")
    if not system.kernel.is_good:
        raise NotProven(version=version, running=system.version)
    if (waiting := find_waiting(system)) is not None:
        raise WaitsAlready(version=version, waiting=waiting)


def _other_slot(version: str, system: System) -> Slot:
    if len(system.others) != 1:
        raise NoOtherSlot(version=version, disk=system.disk, found=len(system.others) or "no")
    return system.others[0]


def _check_room(where: str, path: str, needed: int, free: int) -> None:
    if needed + _SPARE > free:
        raise NoRoom(where=where, path=path, needed_mib=_mib(needed + _SPARE), free_mib=free // MIB)


def _mib(size_bytes: int) -> int:
    return -(-size_bytes // MIB)
