"""The images a lab and an installer stand on, each built once per content of its inputs and then taken from the store.

Every function takes the store (a folder, made when missing) and `report` (called with one line per step of a build that
really runs; silent when the image is there already), and gives the path of a finished image. Building needs root.
A build that was killed leaves nothing that the next one would take for finished, and two processes may build at once:
the second waits and then finds the image there. Paths hold the key of their inputs: what lies below one never changes.
"""

from dataclasses import dataclass
from pathlib import Path

from images import (
    cloud,
    engine,
    imageio,
    inspection,
    kernel,
    layer,
    medium,
    metal,
    mirrors,
    node,
    system,
    tiny,
    tools,
    wheels,
)
from images import store as stock
from images.store import Entry, Report
from node.system.process import run

DEFAULT_STORE = Path("/var/lib/trivet-lab/images")

__all__ = ["Images", "Report"]


@dataclass(frozen=True, slots=True)
class Images:
    """All of them. `node` and `trivet` are directories: stack `trivet` above `node` as overlay lower layers."""

    node: Path
    trivet: Path
    engine: Path  # qcow2
    tiny: Path  # qcow2


def build_node(store: Path, report: Report) -> Path:
    """The root of a node without Trivet's own code: a directory tree, for use as a read-only overlay lower layer."""
    return node.node_tree(store, report, run)


def trivet_layer(store: Path, report: Report) -> Path:
    """Trivet's own code for a node, a directory tree to stack above `build_node`'s: the wheel in /opt/trivet/venv,
    /usr/bin/trivet and trivet-node, the units and their enablement. Seconds after a change in the code."""
    return layer.trivet_tree(store, report, run)


def build_engine(store: Path, report: Report) -> Path:
    """The engine VM's system disk, Trivet included, as a qcow2 file of engine.DISK_BYTES virtual size; it boots with
    BIOS (DECISIONS.md). After a change in Trivet's code only the disk is put together again (about ten seconds)."""
    return engine.engine_folder(store, report, run) / engine.NAME


def build_tiny(store: Path, report: Report) -> Path:
    """The test guest's disk as a qcow2 file of a few MB; boots with BIOS, speaks on the serial console."""
    return tiny.tiny_folder(store, report, run) / tiny.NAME


def build_cloud(store: Path, report: Report) -> Path:
    """A Debian cloud image, as a qcow2 file of some 200 MB; boots with BIOS, is told who it is by cloud-init."""
    return cloud.cloud_folder(store, report, run) / cloud.NAME


def tiny_kernel(store: Path, report: Report) -> tuple[Path, Path]:
    """Kernel and initrd of the test guest, for booting it directly (`-kernel`, `-initrd`, `-append console=ttyS0`)."""
    entry = tiny.tiny_folder(store, report, run)
    return entry / "vmlinuz", entry / "initrd"


def build_system(store: Path, report: Report) -> Path:
    """The folder with the system of a node on hardware: squashfs, UKIs, bill of materials."""
    return system.system(store, report, run).root.parent


def build_iso(store: Path, report: Report) -> Path:
    """The installation medium."""
    return medium.medium(store, report, run).iso


def build_tools(store: Path, report: Report) -> Path:
    """The tree with the programs that put images together."""
    return tools.tools_tree(store, report, run)


@dataclass(frozen=True, slots=True)
class Stored:
    path: Path
    size_bytes: int
    is_current: bool


def stored(store: Path, report: Report) -> list[Stored]:
    """What is in the store of the images that people take from it, the current one of each name first."""
    found = []
    for entry in [*entries(store, report), *medium_entries(store, report)]:
        current = store / entry.folder
        others = [path for path in stock.entries(store, entry.name) if path != current]
        found += [Stored(path, _size(path), path == current) for path in (current, *others) if path.is_dir()]
    return found


def _size(folder: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if not path.is_dir())


def medium_entries(store: Path, report: Report) -> list[Entry]:
    """What a lab does not need: the medium, upgrades, the cloud image."""
    return [
        tools.tools_entry(run),
        kernel.kernel_entry(report, run, kernel.FULL),
        metal.metal_entry(store, report, run),
        system.system_entry(store, report, run),
        medium.medium_entry(store, report, run),
        cloud.cloud_entry(store, report, run),
    ]


def build_all(store: Path, report: Report) -> Images:
    return Images(
        node=build_node(store, report),
        trivet=trivet_layer(store, report),
        engine=build_engine(store, report),
        tiny=build_tiny(store, report),
    )


def entries(store: Path, report: Report) -> list[Entry]:
    """Everything that the store should hold now, built or not."""
    return [
        wheels.wheelhouse_entry(report, run),
        imageio.compiler_entry(run),
        imageio.imageio_entry(store, report, run),
        kernel.kernel_entry(report, run),
        node.node_entry(store, report, run),
        layer.trivet_entry(store, report, run),
        engine.engine_base_entry(store, report, run),
        engine.engine_entry(store, report, run),
        tiny.tiny_entry(store, report, run),
    ]


def prune(store: Path, report: Report) -> list[Path]:
    """Remove what no present image needs and nothing on this machine stands on (a lab that runs keeps its images)."""
    present = [*entries(store, report), *medium_entries(store, report)]
    return [path for entry in present for path in stock.prune(store, entry.name, [store / entry.folder], report)]


def check(store: Path, report: Report) -> list[str]:
    """What is wrong with the present images (secrets, identities, traces of this machine): none when empty. Builds what
    a lab needs first; what the medium is made of is looked at where it is there."""
    build_all(store, report)
    found = []
    hosts = mirrors.private_hosts(mirrors.observe(run))
    for entry in [*entries(store, report), metal.metal_entry(store, report, run)]:
        root = store / entry.folder / "root"
        if entry.name != "kernel" and root.is_dir():
            report(f"{entry.name}: looking through it")
            found += [f"{entry.name}: {finding}" for finding in inspection.findings(root, hosts)]
    return found
