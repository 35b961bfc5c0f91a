"""What a machine is, in lines for people. Pure."""

from collections.abc import Iterator

from installer.sizes import format_disk_size, format_memory_size
from installer.sysinfo import Disk, Nic, SysInfo


def machine_lines(sysinfo: SysInfo) -> tuple[str, ...]:
    return (
        *about_machine(sysinfo),
        *(line for disk in sysinfo.disks for line in _disk(disk)),
        *map(_nic, sysinfo.nics),
    )


def about_machine(sysinfo: SysInfo) -> Iterator[str]:
    """Without its disks and NICs."""
    name = " ".join(filter(None, (sysinfo.vendor, sysinfo.product))) or "unknown"
    yield f"Machine    {name}" + (f", serial {sysinfo.serial_number}" if sysinfo.serial_number else "")
    virtualization = sysinfo.virtualization or "no virtualization"
    yield f"Processors {sysinfo.cpus} ({virtualization}), memory {format_memory_size(sysinfo.memory_bytes)}"
    yield f"Firmware   {sysinfo.firmware.upper()}, clock {sysinfo.clock or 'unknown'}"


def _disk(disk: Disk) -> Iterator[str]:
    kinds = ("rotational", "removable", "read_only")
    words = [disk.model, disk.transport, *(kind.replace("_", "-") for kind in kinds if getattr(disk, kind))]
    known = f"serial {disk.serial or 'none'}, WWN {disk.wwn or 'none'}"
    yield f"Disk       {disk.name}: {', '.join(filter(None, (format_disk_size(disk.size_bytes), *words)))}; {known}"
    if disk.medium:
        yield "             this installer was started from it"
    for content in disk.contents:
        yield f"             {content.place}: {content.description}"
    if not disk.contents:
        yield "             nothing was found on it"


def _nic(nic: Nic) -> str:
    carrier = "carrier" if nic.carrier else "no carrier"
    speed = f" {nic.speed_mbps} Mbit/s" if nic.speed_mbps else ""
    return f"NIC        {nic.name}: {nic.mac}, {carrier}{speed}" + (f", {nic.driver}" if nic.driver else "")
