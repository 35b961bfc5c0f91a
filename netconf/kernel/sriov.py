"""Virtual functions of NICs, of which only sysfs tells: by PCI device, and so the same in every network namespace."""

from dataclasses import dataclass
from pathlib import Path

from netconf.kernel.link_info import Message

DEVICES = Path("/sys/bus/pci/devices")
_FOR_VMS = "vfio"  # in the name of every driver that passes a device through


@dataclass(frozen=True, slots=True)
class Functions:
    """`most` is how many there can be, `made` are the PCI devices of those that there are, `in_vms` some of these."""

    most: int
    made: tuple[str, ...] = ()
    in_vms: tuple[str, ...] = ()


def pci(link: Message) -> str:
    """The PCI device of a NIC; empty for links that have none, about which sysfs need not be asked."""
    return str(link.get("parent_dev_name") or "") if link.get("parent_dev_bus_name") == "pci" else ""


def functions(device: str) -> Functions | None:
    """None where there can be none: no such hardware, or firmware that has it turned off."""
    folder = DEVICES / device
    try:
        most, count = (int((folder / f"sriov_{name}vfs").read_text()) for name in ("total", "num"))
        made = tuple((folder / f"virtfn{number}").readlink().name for number in range(count))
    except (OSError, ValueError):  # also: the device is just on its way out
        return None
    return Functions(most, made, tuple(filter(_is_in_vm, made))) if most else None


def _is_in_vm(device: str) -> bool:
    try:
        return _FOR_VMS in (DEVICES / device / "driver").readlink().name
    except OSError:  # it has no driver
        return False


def enable(device: str, count: int) -> None:
    """Takes as long as drivers need to let go and to begin. Raises OSError."""
    for number in dict.fromkeys((0, count)):  # the kernel takes another number only when there are none
        (DEVICES / device / "sriov_numvfs").write_text(str(number))
