"""What a test sees beside the API: processes, disks and devices on the nodes themselves."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.mounted import mount_point
from tests.lab.under_test import LabUnderTest

CONSOLES = "/var/log/libvirt/qemu"
OPEN_TRANSFERS = "ls /run/trivet/transfers 2>/dev/null; pgrep -a qemu-nbd | grep -o '/run/trivet-nbd/[^/]*'; true"
FILES = 'cd "$1" && find . -ignore_readdir_race \\( -path "./images/*" -o -path "./leases/*" \\) -type f'


@dataclass(frozen=True)
class Traces:
    """What VMs and transfers leave on a node: domains, QEMU processes by VM id, tap devices, images that are open to
    clients; and on the volumes, files of images and of leases."""

    domains: frozenset[str]
    processes: frozenset[str]
    taps: frozenset[str]
    transfers: frozenset[str]
    files: frozenset[str]


def traces(lab: LabUnderTest, node: str) -> Traces:
    return Traces(
        domains=frozenset(lab.exec(node, "virsh", "list", "--all", "--uuid").split()),
        processes=frozenset(_option(line, "-uuid") for line in _qemu(lab, node)),
        taps=frozenset(lab.exec(node, "sh", "-c", "ls /sys/class/net | grep -E '^(vnet|tap)' || true").split()),
        transfers=frozenset(lab.exec(node, "sh", "-c", OPEN_TRANSFERS).split()),
        files=frozenset(line for volume in ("engine", "data") for line in _files(lab, node, volume)),
    )


def _files(lab: LabUnderTest, node: str, volume: str) -> list[str]:
    folder = str(mount_point(lab, node, volume))
    return lab.exec(node, "sh", "-c", FILES, "find", folder).split()


def all_traces(lab: LabUnderTest) -> dict[str, Traces]:
    return {node: traces(lab, node) for node in lab.nodes}


def running(lab: LabUnderTest, node: str) -> set[str]:
    """Ids of the VMs that libvirt runs there."""
    return set(lab.exec(node, "virsh", "list", "--uuid").split())


def console(lab: LabUnderTest, node: str, vm_id: str) -> str:
    return lab.exec(node, "sh", "-c", f"cat {CONSOLES}/{vm_id}-console.log 2>/dev/null || true")


# The management network has no IPv6 on the nodes, and the guests of a lab no DHCP: a device beside the bridge has both.
PING = """
ip link add probe link ovirtmgmt type macvlan mode bridge && trap 'ip link delete probe' EXIT
echo 0 >/proc/sys/net/ipv6/conf/probe/accept_dad
ip link set probe up && ping -6 -c 3 -i 0.3 -W 1 "$1%probe"
"""


def answers_ping(lab: LabUnderTest, node: str, mac: str) -> bool:
    """Whether the guest with that MAC answers on the management network."""
    return lab.node(node).exec("sh", "-c", PING, "ping", link_local(mac), check=False).returncode == 0


def link_local(mac: str) -> str:
    """The address that a guest gives itself (RFC 4291, modified EUI-64)."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    identifier = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.IPv6Address(bytes([0xFE, 0x80, *bytes(6), *identifier])))


def until(what: str, done: Callable[[], bool], *, timeout_s: float, every_s: float = 0.5) -> float:
    """Wait until `done`; gives the seconds that it took, and fails with `what` after `timeout_s`."""
    begun = time.monotonic()
    while not done():
        if time.monotonic() - begun > timeout_s:
            raise AssertionError(f"not within {timeout_s:g} s: {what}")
        time.sleep(every_s)
    return time.monotonic() - begun


def _qemu(lab: LabUnderTest, node: str) -> list[str]:
    lines = lab.exec(node, "sh", "-c", "pgrep -a qemu-system || true").splitlines()
    return [line for line in lines if " -uuid " in line]


def _option(line: str, name: str) -> str:
    words = line.split()
    return words[words.index(name) + 1]
