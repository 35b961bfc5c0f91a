"""What this machine is and can do."""

import fcntl
import os
import platform
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from node.api.messages.machine import Accelerator, Capabilities, Nic
from node.api.version import API_VERSION
from node.observe import parse
from node.system.process import CommandFailed, Run
from node.vms.hypervisor import Hypervisor

_KVM_GET_API_VERSION = 0xAE00
_KVM_API_VERSION = 12
_OWN_LINKS = ("lo", "vnet", "tap", "veth")  # what the node itself makes for guests


def accelerator(configured: str, device: Path = Path("/dev/kvm")) -> Accelerator:
    """`auto` takes KVM where its device answers. Some machines have one that hangs guests all the same: the
    configuration of such a node says `tcg`."""
    if configured != "auto":
        return Accelerator(configured)
    try:
        fd = os.open(device, os.O_RDWR)
    except OSError:
        return Accelerator.TCG
    try:
        answers = fcntl.ioctl(fd, _KVM_GET_API_VERSION) == _KVM_API_VERSION
    except OSError:
        answers = False
    finally:
        os.close(fd)
    return Accelerator.KVM if answers else Accelerator.TCG


def nics(sys_class_net: Path = Path("/sys/class/net")) -> tuple[Nic, ...]:
    """The links that are the machine's own; bridges and what guests hang on are the network's business."""
    found = []
    for link in sorted(sys_class_net.iterdir()):
        if link.name.startswith(_OWN_LINKS) or (link / "bridge").exists() or not (link / "address").exists():
            continue
        up = _text(link / "operstate") == "up"
        speed = _text(link / "speed")
        mbps = int(speed) if speed.isdigit() else None
        found.append(Nic(name=link.name, mac=_text(link / "address"), up=up, speed_mbps=mbps))
    return tuple(found)


class CapabilitiesReader:
    def __init__(
        self,
        run: Run,
        hypervisor: Hypervisor,
        accelerator: Accelerator,
        name: str,
        *,
        node_id: Callable[[], str],
        waiting_version: Callable[[], str],
    ) -> None:
        self._run = run
        self._hypervisor = hypervisor
        self._accelerator = accelerator
        self._name = name
        self._node_id = node_id
        self._waiting_version = waiting_version

    def capabilities(self) -> Capabilities:
        versions = self._hypervisor.versions()
        cpus = parse.cpuinfo(Path("/proc/cpuinfo").read_text())
        return Capabilities(
            node_id=self._node_id(),
            name=self._name,
            version=own_version(),
            api_version=API_VERSION,
            os=parse.os_name(_text(Path("/etc/os-release"))),
            kernel=platform.release(),
            libvirt=versions.libvirt,
            qemu=versions.qemu,
            gluster=self._gluster(),
            cpu_model=cpus.model,
            cpu_sockets=cpus.sockets,
            cpu_cores=cpus.cores,
            cpu_threads=cpus.threads,
            memory_bytes=parse.meminfo(Path("/proc/meminfo").read_text()).total_bytes,
            accelerator=self._accelerator,
            nics=nics(),
            machine_id=_text(Path("/etc/machine-id")),
            hardware_uuid=_text(Path("/sys/class/dmi/id/product_uuid")).lower(),
            serial_number=_text(Path("/sys/class/dmi/id/product_serial")),
            waiting_version=self._waiting_version(),
        )

    def _gluster(self) -> str:
        try:
            return parse.gluster_version(self._run("gluster", "--version"))
        except CommandFailed:
            return "unknown"


def own_version() -> str:
    try:
        return version("trivet")
    except PackageNotFoundError:
        return "unknown"


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text().strip()
    return ""
