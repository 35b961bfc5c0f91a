"""The steps of an upgrade. A power cut at any line of them leaves a disk that boots: until the last rename the version
that runs, from then on the new one as long as its tries last."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from node.steps import Step
from node.system.copying import Meter
from node.upgrade.manifest import File, check_files
from node.upgrade.plan import Upgrade
from node.upgrade.slots import Kernel, Slot


class Disk(Protocol):
    """What is done to a system disk: node.upgrade.disk.SystemDisk."""

    def relabel(self, disk: str, number: int, version: str | None) -> None: ...
    def remove_other_kernels(self, version: str) -> None: ...
    def write_system(self, source: Path, slot: Slot, meter: Meter) -> None: ...
    def verify_system(self, file: File, slot: Slot, meter: Meter) -> None: ...
    def copy_image(self, source: Path, meter: Meter) -> None: ...
    def copy_kernel(self, source: Path, file: File, kernel: Kernel, meter: Meter) -> None: ...
    def enter_kernel(self, kernel: Kernel) -> None: ...


ReportBytes = Callable[[int, int], None]
"""Is told bytes done and bytes in all of the step that runs."""


def upgrade_steps(
    upgrade: Upgrade, medium: Path, disk: Disk, report: ReportBytes, remember: Callable[[], None]
) -> tuple[Step, ...]:
    """`medium` is the folder with the manifest; `remember` writes down what is about to be started."""
    manifest, slot, version = upgrade.manifest, upgrade.slot, upgrade.version

    def check() -> None:
        check_files(medium, manifest, _meter(report, manifest.size_bytes))

    def retire() -> None:
        """Kernels first: none of them may ever start a slot that is gone."""
        disk.remove_other_kernels(upgrade.running)
        disk.relabel(upgrade.disk, slot.number, None)

    def write() -> None:
        """Written again as a whole when it is repeated."""
        size = manifest.system.size
        disk.write_system(medium / manifest.system.name, slot, _meter(report, 2 * size))
        disk.verify_system(manifest.system, slot, _meter(report, 2 * size, size))

    def images() -> None:
        before, size = 0, sum(image.size for image in manifest.images)
        for image in manifest.images:
            disk.copy_image(medium / image.name, _meter(report, size, before))
            before += image.size

    def kernel() -> None:
        file = manifest.kernel
        disk.copy_kernel(medium / file.name, file, upgrade.kernel, _meter(report, file.size))

    def label() -> None:
        disk.relabel(upgrade.disk, slot.number, version)

    def enter() -> None:
        remember()
        disk.enter_kernel(upgrade.kernel)

    leaving = f"Take {upgrade.gone} out of {slot.device}" if upgrade.gone else f"Make {slot.device} ready"
    return (
        Step("check", "Compare every file of the medium with its checksum", _step(check)),
        Step("retire", leaving, _step(retire)),
        Step("write", f"Write the system to {slot.device} and read it back", _step(write)),
        Step("images", "Copy the images for engines and tests", _step(images)),
        Step("kernel", "Copy the kernel beside the others", _step(kernel)),
        Step("label", f"Call {slot.device} {version}", _step(label)),
        Step("enter", f"Let the boot loader start {version}", _step(enter)),
    )


def _step(work: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def do() -> None:
        work()

    return do


def _meter(report: ReportBytes, total: int, before: int = 0) -> Meter:
    return lambda done: report(before + done, total)
