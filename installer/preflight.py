"""What speaks against an installation on this machine, or should be known before: each with why, and how to mend. Pure.

Whether the disks and NICs that the answers choose are there and can be used is said by `installer.plan`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from installer.answers import Answers, Ip, Role
from installer.sizes import format_disk_size, format_memory_size
from installer.sysinfo import Disk, Nic, Signature, SysInfo

GIB = 1 << 30
LEAST_MEMORY, GOOD_MEMORY = 2 * GIB, 4 * GIB
KERNELS_SHARE = 0.12  # of the memory that is built in, the kernel and the firmware keep some for themselves
LEAST_DISK = 16 * GIB
TIME_DIGITS = 12
MOST_YEARS = 15  # from the image's making: no image is used so long

_SHARED_UUIDS = frozenset(  # boards that were never given one of their own
    (
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "12345678-1234-1234-1234-123456789abc",
        "01234567-8910-1112-1314-151617181920",
        "49434d53-0200-9033-2500-33902500cd33",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
        "00000000-0000-0000-0000-ac1f6b000000",
    )
)


class Severity(StrEnum):
    ERROR = "error"  # nothing is installed
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` it is, `why` it matters, how to `mend` it: sentences without their ends."""

    severity: Severity
    what: str
    why: str
    mend: str

    def __str__(self) -> str:
        return f"{self.severity.capitalize()}: {self.what}: {self.why}. {self.mend}."


def findings(sysinfo: SysInfo, answers: Answers | None = None) -> tuple[Finding, ...]:
    """Errors first. Without `answers`, what can be said before anything is chosen."""
    found = [
        *_firmware(sysinfo),
        *_virtualization(sysinfo),
        *_memory(sysinfo),
        *_disks(sysinfo),
        *_clock(sysinfo, answers),
        *_machine_id(sysinfo),
        *(_nics(sysinfo) if answers is None else _chosen_nics(sysinfo, answers)),
        *(_wipe(sysinfo, answers) if answers is not None else ()),
        *(_names(answers) if answers is not None else ()),
    ]
    return tuple(sorted(found, key=lambda one: list(Severity).index(one.severity)))


def _error(what: str, why: str, mend: str) -> Finding:
    return Finding(Severity.ERROR, what, why, mend)


def _warning(what: str, why: str, mend: str) -> Finding:
    return Finding(Severity.WARNING, what, why, mend)


def _note(what: str, why: str, mend: str) -> Finding:
    return Finding(Severity.NOTE, what, why, mend)


def _firmware(sysinfo: SysInfo) -> Iterator[Finding]:
    if sysinfo.firmware != "uefi":
        yield _error(
            "The machine was not started by UEFI",
            "Trivet is started by UEFI only, and the installed disk would not start",
            "Turn off legacy BIOS (CSM) in the firmware's setup and start the medium again",
        )


def _virtualization(sysinfo: SysInfo) -> Iterator[Finding]:
    if not sysinfo.virtualization:
        yield _warning(
            "The processors offer no virtualization",
            "VMs would be emulated, which is many times slower",
            "Turn on VT-x or AMD-V (SVM) in the firmware's setup; in a VM, give it nested virtualization",
        )


def _memory(sysinfo: SysInfo) -> Iterator[Finding]:
    """What the kernel has is less than what is built in, which is what people count."""
    memory, share = sysinfo.memory_bytes, 1 - KERNELS_SHARE
    if memory < GOOD_MEMORY * share:
        make = _error if memory < LEAST_MEMORY * share else _warning
        least = format_memory_size(LEAST_MEMORY if make is _error else GOOD_MEMORY)
        yield make(
            f"There is little memory ({format_memory_size(memory)})",
            f"a node without VMs needs {format_memory_size(LEAST_MEMORY)}, and the engine VM more beside it",
            f"Build in {least} or more",
        )


def _disks(sysinfo: SysInfo) -> Iterator[Finding]:
    disks = [disk for disk in sysinfo.disks if not disk.medium]
    if not disks:
        yield _error(
            "There is no disk to install on",
            "the kernel has found none beside the medium",
            "Look at cables and at the storage controller's settings: a RAID controller may have to show disks singly",
        )
    elif not any(disk.size_bytes >= LEAST_DISK and not disk.read_only for disk in disks):
        there = ", ".join(f"{disk.name} {format_disk_size(disk.size_bytes)}" for disk in disks)
        yield _error(
            "No disk is large enough",
            f"the system needs {format_memory_size(LEAST_DISK)}, and there is {there}",
            "Build in a larger one",
        )
    for disk in disks:
        yield from _broken(disk)


def _broken(disk: Disk) -> Iterator[Finding]:
    for content in disk.contents:
        if content.signature is Signature.UNREADABLE:
            yield _note(
                f"The disk {disk.name} ({disk.serial or 'no serial number'}) may be broken",
                f"it {content.description.replace(': ', ' (', 1)}); an installation on other disks is not hindered",
                "Replace it when there is time",
            )


def _clock(sysinfo: SysInfo, answers: Answers | None) -> Iterator[Finding]:
    now, made = _time(sysinfo.clock), _made(sysinfo.version)
    if now is None or made is None or made - timedelta(days=1) <= now <= made + timedelta(days=365 * MOST_YEARS):
        return
    side = (
        "before this version of Trivet was made" if now < made else f"more than {MOST_YEARS} years after this version"
    )
    has_ntp = answers is not None and bool(answers.machine.ntp)
    yield _warning(
        f"The clock is wrong: {now:%Y-%m-%d %H:%M} (UTC) is {side}",
        "certificates would be refused as not yet or no longer valid",
        "Set it in the firmware's setup" + ("" if has_ntp else ", give time servers (ntp)") + ", look at its battery",
    )


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _made(version: str) -> datetime | None:
    """When an image such as 0.1.0.202611301104 was made; another word may follow."""
    time = next((part for part in version.split(".") if len(part) == TIME_DIGITS), "")
    try:
        return datetime.strptime(time, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def _machine_id(sysinfo: SysInfo) -> Iterator[Finding]:
    if sysinfo.uuid in _SHARED_UUIDS:
        yield _warning(
            f"The machine's UUID is not its own ({sysinfo.uuid})",
            "other machines of this make have the same, and libvirt takes two hosts with one UUID for the same host: "
            "it refuses to move VMs between them",
            "Have the firmware given one of its own, with the maker's tool",
        )


def _nics(sysinfo: SysInfo) -> Iterator[Finding]:
    if not sysinfo.nics:
        yield _no_nic()
    elif not any(nic.carrier for nic in sysinfo.nics):
        yield _warning(
            "No NIC has a carrier",
            f"nothing is connected to {', '.join(nic.name for nic in sysinfo.nics)}",
            "Plug in a cable, look at the switch's port",
        )


def _no_nic() -> Finding:
    return _error(
        "There is no NIC",
        "the kernel has found none, and a node is reached over the network",
        "Turn it on in the firmware's setup; a NIC that needs firmware of its maker is not supported by this image",
    )


def _chosen_nics(sysinfo: SysInfo, answers: Answers) -> Iterator[Finding]:
    if not sysinfo.nics:
        yield _no_nic()
    chosen = [
        nic for said in answers.network.nics for nic in sysinfo.nics if said.lower() == nic.mac or said == nic.name
    ]
    for nic in chosen:
        if not nic.carrier:
            yield _without_carrier(nic, is_only=not any(other.carrier for other in chosen))
    speeds = {nic.speed_mbps for nic in chosen if nic.carrier and nic.speed_mbps}
    if len(speeds) > 1:
        yield _warning(
            "The NICs of the bond have different speeds",
            ", ".join(f"{nic.name} {nic.speed_mbps} Mbit/s" for nic in chosen),
            "Connect them to ports of the same speed",
        )


def _without_carrier(nic: Nic, *, is_only: bool) -> Finding:
    why = "the node would not be reachable" if is_only else "the bond would run on the others"
    return _warning(
        f"The NIC {nic.name} ({nic.mac}) has no carrier", why, "Plug in its cable, look at the switch's port"
    )


def _wipe(sysinfo: SysInfo, answers: Answers) -> Iterator[Finding]:
    known = {name for disk in sysinfo.disks for name in (disk.serial, disk.wwn, disk.path) if name}
    for name in answers.disks.wipe:
        if name not in known:
            yield _warning(
                f"No disk has the serial number or WWN {name}",
                "wipe names it; perhaps it is another machine, or a disk is missing",
                "Compare it with the disks of this machine (trivet install sysinfo)",
            )


def _names(answers: Answers) -> Iterator[Finding]:
    """What makes a machine that can hardly be reached, though it can be installed."""
    machine, network = answers.machine, answers.network
    if not machine.password_hash and not machine.ssh_keys:
        yield _warning(
            "Nobody can sign in",
            "there is neither a password nor an SSH key; the console's menu works, its shell does not",
            "Give password_hash or ssh_keys",
        )
    if answers.role.kind is Role.JOIN and answers.role.fingerprint and not answers.role.join_code:
        yield _note(
            "An administrator has to approve this node",
            f"it asks the engine {answers.role.engine} by itself, without a join code",
            "Approve it there, or give join_code",
        )
    has_gateway = network.gateway is not None or network.gateway6 is not None
    if network.ipv4 is Ip.STATIC and network.ipv6 in (Ip.OFF, Ip.STATIC) and not has_gateway:
        yield _note(
            "There is no gateway",
            f"the node reaches the network {network.address.network if network.address else ''} only",
            "Give gateway, unless that is wanted",
        )
