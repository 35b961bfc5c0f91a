"""Runs what needs a real Debian kernel (bonds, VLANs, VLAN filtering, VRFs) in an emulated machine.

QEMU, tree and kernel are those of the images. The guest's NICs lead nowhere, and it has no network of the host.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from images import build, node
from images.kernel import CLOUD, FULL, initrd, kernel
from images.store import Entry, have, key_of
from images.tree import run_in
from node.system.process import run
from tests.integration.netconf.machine import CONFIGURATION

_DISK_MIB = 1024
_WITHIN_S = 7200  # who waits for fewer layouts gives up earlier
_PROJECT = Path(__file__).resolve().parents[3]
_SCRIPTS = Path(__file__).parent / "guest"
_HERE = "tests.integration.netconf"
_CODE = ("netconf", _HERE.replace(".", "/"))
_COMMAND_LINE = "console=ttyS0 quiet panic=-1 net.ifnames=0 mitigations=off nokaslr"


@dataclass(frozen=True, slots=True)
class Hardware:
    """`nics` are QEMU's words for what comes before each one's back end, `more` those for what else there is.

    `package` is the kernel's, which loads `modules` in this order; `options` are for its command line.
    """

    nics: tuple[tuple[str, ...], ...]
    modules: tuple[str, ...]
    package: str = CLOUD
    options: str = ""
    more: tuple[str, ...] = ()
    memory_mib: int = 320


_LAYERS = ("bonding", "8021q", "bridge", "dummy", "vrf", "vxlan", "veth", "tun", "tcp_diag")
VIRTIO = Hardware((("virtio-net-pci",),) * 4, ("virtio_blk", "virtio_net", "overlay", *_LAYERS))


def _slot(number: int) -> tuple[str, ...]:
    return ("-device", f"pcie-root-port,id=slot{number},chassis={number},slot={number}")


# eth0 has no SR-IOV; eth1 and eth2 are Intel's 82576 with seven virtual functions each.
SRIOV = Hardware(
    nics=(("virtio-net-pci",), ("igb", "bus=slot1"), ("igb", "bus=slot2")),
    modules=("virtio_blk", "virtio_net", "crc32c_generic", "ext4", "overlay", "bridge", "igb", "igbvf", "vfio_pci"),
    package=FULL,
    options="intel_iommu=on iommu=pt",
    more=("-device", "intel-iommu", *_slot(1), *_slot(2)),
)


class GuestFailed(AssertionError):
    """The guest did not run to its end; holds what it said."""


def run_guest(
    work: Path,
    wanted: Iterable[str],
    *,
    program: str = "inside",
    tree: Path | None = None,
    hardware: Hardware = VIRTIO,
) -> dict[str, str]:
    """Name of each contract in `wanted` → what went wrong, empty if nothing. `work` is a folder for this run alone,
    `program` a module of this folder, `tree` the guest's root if it is not that of a node."""
    files = {"project/wanted.json": json.dumps(list(wanted)).encode(), **files_of(f"{_HERE}.{program}")}
    return dict(boot(work, files, tree=tree, hardware=hardware))


def boot(
    work: Path,
    files: Mapping[str, bytes],
    *,
    tree: Path | None = None,
    hardware: Hardware = VIRTIO,
) -> list[Any]:
    """What the guest said after the word `result`, line by line, from JSON. It runs `project/inside` of `files`."""
    emulate(work, files, ("file:/tmp/work/results",), tree=tree, hardware=hardware)
    results = (work / "results").read_text(errors="replace")
    if "exit 0" not in results:
        raise GuestFailed(f"{results}\n{(work / 'console').read_text(errors='replace')}")
    return [json.loads(line.removeprefix("result ")) for line in results.splitlines() if line.startswith("result ")]


def emulate(
    work: Path,
    files: Mapping[str, bytes],
    lines: Iterable[str],
    *,
    tree: Path | None = None,
    hardware: Hardware = VIRTIO,
) -> None:
    """From power on to power off. `lines` says where serial lines lead, that of the console not counted, as QEMU wants
    it; `work` is `/tmp/work` there, and QEMU takes orders at the socket `monitor` in it."""
    work.mkdir(exist_ok=True)
    store = build.DEFAULT_STORE
    builder = node.node_tree(store, print, run)
    guest = kernel(store, print, run, hardware.package)
    (work / "vmlinuz").write_bytes(guest.vmlinuz.read_bytes())
    (work / "initrd").write_bytes(initrd(guest, hardware.modules, {"init": (_SCRIPTS / "init").read_bytes(), **files}))
    binds = {work: "/tmp/work", _root_disk(store, tree or builder, builder): "/tmp/root"}
    run_in(builder, _qemu(hardware, lines), run, writable=False, binds=binds, timeout_s=_WITHIN_S)


def code(*folders: str) -> dict[str, bytes]:
    """The Python files of these folders of the project, by their place in the guest."""
    paths = (path for folder in folders for path in (_PROJECT / folder).rglob("*.py"))
    return {f"project/{path.relative_to(_PROJECT)}": path.read_bytes() for path in paths}


def _root_disk(store: Path, tree: Path, builder: Path) -> Path:
    """The folder with `root.img`: the tree as ext4, made once for each image."""

    def make(folder: Path) -> None:
        options = ("-q", "-F", "-t", "ext4", "-m", "0", "-i", "32768", "-O", "^has_journal")
        argv = ("mke2fs", *options, "-d", "/tmp/tree", "/tmp/disk/root.img", f"{_DISK_MIB}m")
        run_in(builder, argv, run, writable=False, binds={tree: "/tmp/tree", folder: "/tmp/disk"})

    key = key_of(str(tree.parent.name), str(_DISK_MIB))
    return have(store, Entry("net-guest", key, make), print)


def files_of(program: str) -> dict[str, bytes]:
    """What the guest needs to run a module of netconf or of this folder, whose name and arguments `program` is."""
    files = {"project/inside": (_SCRIPTS / "inside").read_bytes(), **code(*_CODE)}
    files["project/NetworkManager.conf"] = CONFIGURATION.encode()
    files["project/program"] = program.encode()
    return files


def _qemu(hardware: Hardware, lines: Iterable[str]) -> tuple[str, ...]:
    return (
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,la57=off", "-machine", "q35"),
        *("-m", str(hardware.memory_mib), "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none"),
        *("-no-reboot", "-kernel", "/tmp/work/vmlinuz", "-initrd", "/tmp/work/initrd"),
        *("-append", f"{_COMMAND_LINE} {hardware.options}"),
        *(word for line in ("file:/tmp/work/console", *lines) for word in ("-serial", line)),
        *("-monitor", "unix:/tmp/work/monitor,server=on,wait=off"),
        *("-drive", "file=/tmp/root/root.img,format=raw,if=virtio,readonly=on"),
        *hardware.more,
        *(word for number, nic in enumerate(hardware.nics) for word in _nic(number, nic)),
    )


def _nic(number: int, device: tuple[str, ...]) -> tuple[str, ...]:
    words = (*device, f"netdev=n{number}", f"mac=52:54:00:00:01:0{number}")
    # It takes what is sent: a NIC that nobody listens to gets stuck.
    return ("-netdev", f"user,id=n{number},restrict=on", "-device", ",".join(words))
