"""Gathers how a lab is: its nodes, volumes, engine and VMs, from the machines themselves and not from records."""

import re
from typing import Any

import msgspec

from ci.lab.deploying import is_unclaimed
from ci.lab.machine import Machine, NodeOff, Power
from ci.lab.names import ENGINE
from ci.lab.netns import Network
from gluster import model
from gluster.diagnosis.problem import Health, StateProblem, health
from gluster.report import StorageReport
from gluster.state import VolumeState
from node.system.process import CommandFailed

STORAGE_S = 90.0  # a look takes 30 s at most; the rest is for a busy machine
SERVICES = ("NetworkManager", "glusterd", "libvirtd", "sanlock", "trivet-node")


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`services` maps each to systemd's word for it; empty while the node is off. `unclaimed`: in no site yet."""

    name: str
    address: str
    power: Power
    cut: bool
    unclaimed: bool = False
    services: dict[str, str] = {}


class VolumeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`health` counts all that is wrong with it, clients without bricks too. `bricks_online` is None when nobody can
    say, `pending_heals` when a brick does not answer."""

    name: str
    status: str
    bricks_online: int | None
    bricks: int
    pending_heals: int | None
    used_percent: int | None = None
    health: Health = Health.UNKNOWN


class VmStatus(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    node: str
    state: str


class LabStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`engine` is the node that runs the engine VM; `api` whether its API answers. `storage` and `problems` are what
    `trivet gluster status` says on one of the nodes."""

    name: str
    url: str
    nodes: tuple[NodeStatus, ...]
    storage: Health = Health.UNKNOWN
    problems: tuple[StateProblem, ...] = ()
    volumes: tuple[VolumeStatus, ...] = ()
    engine: str | None = None
    api: bool = False
    vms: tuple[VmStatus, ...] = ()

    @property
    def bare(self) -> bool:
        """Nodes run, and none of them is in a site."""
        running = [node for node in self.nodes if node.power is Power.ON]
        return bool(running) and all(node.unclaimed for node in running)


def gather(name: str, url: str, machines: tuple[Machine, ...], network: Network, *, api: bool) -> LabStatus:
    nodes = tuple(_node(machine, network) for machine in machines)
    awake = [machine for machine, node in zip(machines, nodes, strict=True) if node.power is Power.ON]
    vms = tuple(vm for machine in awake for vm in _vms(machine))
    report = next((found for machine in _by_view(awake, network) if (found := _storage(machine)) is not None), None)
    return LabStatus(
        name=name,
        url=url,
        nodes=nodes,
        storage=report.health if report is not None else Health.UNKNOWN,
        problems=report.problems if report is not None else (),
        volumes=volumes(report) if report is not None else (),
        engine=next((vm.node for vm in vms if is_engine(vm.name) and vm.state == "running"), None),
        api=api,
        vms=vms,
    )


def is_engine(vm: str) -> bool:
    return vm in (ENGINE, "HostedEngine") or vm.startswith(f"{ENGINE}.")


def parse_vms(text: str, node: str) -> tuple[VmStatus, ...]:
    """From `virsh list --all`: id, name (may hold spaces), state (may hold one)."""
    rows = re.findall(r"^ (?:\d+|-) +(.+?)  +(\S+(?: \S+)*)$", text, re.M)
    return tuple(VmStatus(name=name, node=node, state=state) for name, state in rows)


def _node(machine: Machine, network: Network) -> NodeStatus:
    power = machine.power()
    known: dict[str, Any] = {"name": machine.node.name, "address": machine.node.address, "power": power}
    if power is Power.OFF:
        return NodeStatus(**known, cut=False)
    done = machine.exec("systemctl", "is-active", *SERVICES, check=False)
    services = dict(zip(SERVICES, done.stdout.split(), strict=False))
    unclaimed = is_unclaimed(machine)
    return NodeStatus(**known, cut=network.is_cut(machine.node), unclaimed=unclaimed, services=services)


def _vms(machine: Machine) -> tuple[VmStatus, ...]:
    try:
        return parse_vms(machine.exec("virsh", "list", "--all").stdout, machine.node.name)
    except (CommandFailed, NodeOff):
        return ()


def _by_view(awake: list[Machine], network: Network) -> list[Machine]:
    """Those that see the others first."""
    return sorted(awake, key=lambda machine: network.is_cut(machine.node))


def _storage(machine: Machine) -> StorageReport | None:
    """What the node itself says; None before it belongs to a site, and where it cannot."""
    try:
        done = machine.exec("trivet", "gluster", "status", "--json", timeout_s=STORAGE_S, check=False)
        report = msgspec.json.decode(done.stdout, type=StorageReport)
    except (CommandFailed, NodeOff, msgspec.MsgspecError):
        return None
    return report if report.state.answered else None


def volumes(report: StorageReport) -> tuple[VolumeStatus, ...]:
    return tuple(
        VolumeStatus(
            name=volume.name,
            status=volume.status,
            bricks=len(volume.bricks),
            bricks_online=online(volume),
            pending_heals=pending(volume),
            used_percent=volume.used_percent,
            health=health(problem for problem in report.problems if problem.volume == volume.name),
        )
        for volume in report.state.volumes
    )


def online(volume: VolumeState) -> int | None:
    """How many bricks run; those of a volume that nobody started do not. A locked pool says nothing of any."""
    known = [brick.online for brick in volume.bricks if brick.online is not None]
    idle = volume.status in (model.VolumeStatus.CREATED, model.VolumeStatus.STOPPED)
    return sum(known) if known or idle else None


def pending(volume: VolumeState) -> int | None:
    """Entries that wait on all bricks together."""
    each = [brick.pending_heals for brick in volume.bricks]
    return sum(number or 0 for number in each) if each and None not in each else None
