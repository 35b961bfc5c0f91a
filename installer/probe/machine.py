"""Looks at the machine itself: SMBIOS, processors, memory, firmware."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

MANIFEST = "run/trivet/medium/trivet/manifest.json"
COMMAND_LINE = "proc/cmdline"

_VERSION = re.compile(r"(?:^|\s)trivet\.version=(\S+)")


@dataclass(frozen=True, slots=True)
class Machine:
    """As `SysInfo` has it."""

    version: str
    vendor: str
    product: str
    serial_number: str
    uuid: str
    firmware: str
    virtualization: str
    cpus: int
    memory_bytes: int


def observe_machine(root: Path = Path("/")) -> Machine:
    """What cannot be read is empty: a machine without SMBIOS is one, too."""
    smbios = root / "sys/class/dmi/id"
    cpuinfo = _text(root / "proc/cpuinfo")
    return Machine(
        version=_version(root),
        vendor=_text(smbios / "sys_vendor").strip(),
        product=_text(smbios / "product_name").strip(),
        serial_number=_text(smbios / "product_serial").strip(),
        uuid=_text(smbios / "product_uuid").strip().lower(),
        firmware="uefi" if (root / "sys/firmware/efi").exists() else "bios",
        virtualization=virtualization(cpuinfo),
        cpus=max(len(re.findall(r"^processor\s*:", cpuinfo, re.MULTILINE)), 1),
        memory_bytes=memory_bytes(_text(root / "proc/meminfo")),
    )


def virtualization(cpuinfo: str) -> str:
    """vmx, svm or empty, by the flags of the first processor."""
    found = re.search(r"^flags\s*:.*\b(vmx|svm)\b", cpuinfo, re.MULTILINE)
    return found[1] if found else ""


def memory_bytes(meminfo: str) -> int:
    """What the kernel can use: some percent less than what is built in."""
    found = re.search(r"^MemTotal:\s*([0-9]+) kB", meminfo, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _version(root: Path) -> str:
    """Of the medium's image; of the one that was started, where there is no medium."""
    with suppress(msgspec.DecodeError, msgspec.ValidationError):
        return msgspec.json.decode(_text(root / MANIFEST), type=_Manifest).version
    found = _VERSION.search(_text(root / COMMAND_LINE))
    return found[1] if found else ""


class _Manifest(msgspec.Struct):
    version: str


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
