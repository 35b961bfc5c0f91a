"""The test guest: a kernel, busybox and a few scripts on a disk of a few MB that boots in seconds under emulation."""

from pathlib import Path

from images import disk, project
from images.kernel import initrd, kernel, kernel_entry
from images.node import node_tree
from images.store import Entry, Report, files_below, have, key_of
from node.system.process import Run

MODULES = ("virtio_blk", "virtio_scsi", "sd_mod", "virtio_net", "virtio_balloon", "button", "evdev")
COMMAND_LINE = "console=ttyS0 quiet panic=10"
BOOT_BYTES = 20 * disk.MIB
NAME = "tiny.qcow2"


def tiny_entry(store: Path, report: Report, run: Run) -> Entry:
    """The folder with NAME, and `vmlinuz` and `initrd` for booting it without its disk."""
    key = key_of(
        kernel_entry(report, run).folder,
        repr((MODULES, COMMAND_LINE, BOOT_BYTES)),
        project.configuration_key("tiny"),
        project.build_code_key("tiny", "kernel", "disk"),
    )

    def make(work: Path) -> None:
        report("test guest")
        guest_kernel = kernel(store, report, run)
        scripts = project.CONFIGURATION / "tiny"
        files = {str(path.relative_to(scripts)): path.read_bytes() for path in files_below(scripts)}
        (work / "initrd").write_bytes(initrd(guest_kernel, MODULES, files))
        (work / "vmlinuz").write_bytes(guest_kernel.vmlinuz.read_bytes())
        boot = disk.Boot(work / "vmlinuz", work / "initrd", COMMAND_LINE, BOOT_BYTES)
        disk.make_disk(work / "disk.raw", boot, run)
        disk.make_qcow2(work / "disk.raw", work / NAME, node_tree(store, report, run), run)
        (work / "disk.raw").unlink()

    return Entry("tiny", key, make)


def tiny_folder(store: Path, report: Report, run: Run) -> Path:
    return have(store, tiny_entry(store, report, run), report)
