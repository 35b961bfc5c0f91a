"""Gathers how a lab is: its nodes, volumes, engine and VMs, from the machines themselves and not from records."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from ci.lab.deploying import CLAIM_CODE
from ci.lab.machine import Machine, NodeOff, Power
from ci.lab.names import ENGINE
from ci.lab.netns import Network
from gluster import model
from gluster.errors import Failed as GlusterFailed
from gluster.errors import Refused as GlusterRefused
from gluster.facade import Gluster
from node.system.process import CommandFailed

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
    """`bricks_online` is None when nobody can say, `pending_heals` when a brick does not answer."""

    name: str
    status: str
    bricks_online: int | None
    bricks: int
    pending_heals: int | None


class VmStatus(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    node: str
    state: str


class LabStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`engine` is the node that runs the engine VM; `api` whether its API answers."""

    name: str
    url: str
    nodes: tuple[NodeStatus, ...]
    volumes: tuple[VolumeStatus, ...] = ()
    engine: str | None = None
    api: bool = False
    vms: tuple[VmStatus, ...] = ()


def gather(name: str, url: str, machines: tuple[Machine, ...], network: Network, *, api: bool) -> LabStatus:
    nodes = tuple(_node(machine, network) for machine in machines)
    awake = [machine for machine, node in zip(machines, nodes, strict=True) if node.power is Power.ON]
    vms = tuple(vm for machine in awake for vm in _vms(machine))
    connected = [machine for machine in awake if not network.is_cut(machine.node)]
    return LabStatus(
        name=name,
        url=url,
        nodes=nodes,
        volumes=_volumes(connected[0]) if connected else (),
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
    unclaimed = machine.exec("test", "-e", CLAIM_CODE, check=False).returncode == 0
    return NodeStatus(**known, cut=network.is_cut(machine.node), unclaimed=unclaimed, services=services)


def _vms(machine: Machine) -> tuple[VmStatus, ...]:
    try:
        return parse_vms(machine.exec("virsh", "list", "--all").stdout, machine.node.name)
    except (CommandFailed, NodeOff):
        return ()


def _volumes(machine: Machine) -> tuple[VolumeStatus, ...]:
    gluster = Gluster(machine.run)
    try:
        return tuple(
            VolumeStatus(
                name=volume.name,
                status=volume.status,
                bricks=len(volume.bricks),
                bricks_online=online(volume),
                pending_heals=pending(gluster.heal_counts(volume.name)),
            )
            for volume in gluster.observe().volumes
        )
    except (CommandFailed, GlusterFailed, GlusterRefused, NodeOff):
        return ()


def online(volume: model.Volume) -> int | None:
    """How many bricks run; those of a volume that nobody started do not. A locked pool says nothing of any."""
    known = [brick.online for brick in volume.bricks if brick.online is not None]
    idle = volume.status in (model.VolumeStatus.CREATED, model.VolumeStatus.STOPPED)
    return sum(known) if known or idle else None


def pending(counts: Sequence[model.HealCount]) -> int | None:
    """Entries that wait on all bricks together."""
    each = [count.pending for count in counts]
    return sum(number or 0 for number in each) if each and None not in each else None
