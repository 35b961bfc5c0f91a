"""The boot loader: systemd-boot on a new ESP, the kernel beside it, and an entry in the firmware where it takes one."""

import re
from pathlib import Path

from installer.disk_layout import ESP, id_of
from installer.steps.work import Work
from node.system.copying import copy_file
from node.system.files import write_durable
from node.system.process import CommandFailed

ENTRY = "Trivet"
LOADER = "\\EFI\\systemd\\systemd-bootx64.efi"
LOADER_CONF = "timeout 3\neditor no\n"
_MODES = "fmask=0133,dmask=0022"  # 0644 and 0755, the only modes that vfat lets files have then
_PLACES = ("EFI/BOOT/BOOTX64.EFI", "EFI/systemd/systemd-bootx64.efi")


def install_boot_loader(work: Work) -> None:
    device = work.partition(ESP)
    work.target.unmount("esp")
    volume = id_of(work.plan.installation_id, "esp file system")[:8]
    work.run("mkfs.vfat", "-F", "32", "-n", "TRIVET-ESP", "-i", volume, device)
    esp = work.target.mount("esp", device, "vfat", options=_MODES)
    _fill(work, esp)
    work.target.unmount("esp")
    _enter_in_firmware(work)


def _fill(work: Work, esp: Path) -> None:
    """The kernel comes last: without it the loader has nothing to start."""
    for place in (*_PLACES, "loader/loader.conf", "EFI/Linux/x"):
        (esp / place).parent.mkdir(parents=True, exist_ok=True)
    for place in _PLACES:
        copy_file(work.live.boot_loader, esp / place, lambda _: None)
    write_durable(esp / "loader/loader.conf", LOADER_CONF, mode=0o644)
    kernel = work.manifest.kernel
    copy_file(work.live.medium / kernel.name, esp / "EFI/Linux" / kernel.name, work.meter(kernel.size))


def _enter_in_firmware(work: Work) -> None:
    """Firmware that takes no entry starts \\EFI\\BOOT\\BOOTX64.EFI of the disk: that is a remark, not a failure."""
    partition = work.plan.table.partition(ESP)
    try:
        for number in entries_of(work.run("efibootmgr", "--verbose"), partition.uuid):
            work.run("efibootmgr", "--quiet", "--bootnum", number, "--delete-bootnum")
        work.run(
            *("efibootmgr", "--quiet", "--create", "--disk", work.plan.system.path, "--part", str(partition.number)),
            *("--label", ENTRY, "--loader", LOADER),
        )
    except CommandFailed as err:
        work.remarks.append(
            f"The firmware took no boot entry ({err.text.why.rstrip('.')}). "
            f"Should the machine not start from {work.plan.system.name} by itself, choose that disk in the firmware"
        )


def entries_of(text: str, partition_uuid: str) -> tuple[str, ...]:
    """The numbers of Trivet's entries for that ESP, out of what `efibootmgr --verbose` says."""
    lines = re.findall(rf"^Boot([0-9A-Fa-f]{{4}})\*?\s+{ENTRY}\t(.*)$", text, re.M)
    return tuple(number for number, rest in lines if partition_uuid.lower() in rest.lower())
