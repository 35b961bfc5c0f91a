"""Nodes as hosts of the API."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import ALL, Action, Entity, Options, Place, Values, View
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import MIB, Field, Reference
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.additions import ADDITION_INPUTS, check_addition
from hosted_engine.engine.nodes.checks import is_in_maintenance
from hosted_engine.engine.nodes.commands.add import AddNode
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.commands.enroll import EnrollCertificate
from hosted_engine.engine.nodes.commands.give_up import GiveUpNode
from hosted_engine.engine.nodes.commands.maintenance import ActivateNode, DeactivateNode
from hosted_engine.engine.nodes.commands.reject import RejectNode
from hosted_engine.engine.nodes.commands.remove import RemoveNode
from hosted_engine.engine.nodes.commands.upgrade_check import CheckForUpgrade
from hosted_engine.engine.nodes.installation import INSTALLATION_INPUTS, install, upgrade
from hosted_engine.engine.nodes.joining.registrations import default_cluster_id
from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.search.terms import (
    Count,
    JsonPart,
    Kind,
    Observed,
    Of,
    Own,
    Shown,
    Times,
    Total,
    Value,
    path,
)
from hosted_engine.engine.storage.health import ExternalStatus, status_of_server
from hosted_engine.engine.tags.entity import TAG
from hosted_engine.engine.vms.model import RUNNING, Vm, VmStatus
from node.api.messages.ha import HaReport
from node.api.messages.machine import Capabilities
from node.fingerprint import format_proquints


class NodeEntity(Entity[Node]):
    def defaults(self, tx: Transaction, given: Values) -> Values:
        return {"hostname": given["name"], "cluster_id": default_cluster_id(tx), "status": NodeStatus.INSTALLING}

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Node]:
        check_addition(given, options)
        item = self.make(tx, given)
        command = AddNode(
            id=item.id,
            name=item.name,
            address=item.address,
            cluster_id=item.cluster_id,
            comment=item.comment,
            description=item.description,
            activate=options.boolean("activate") is not False,
            claim_code=tx.secrets.seal(given["claim_code"]),
            fingerprint=given.get("said_fingerprint", ""),
        )
        return command, item

    def remove(self, tx: Transaction, item: Node, options: Options, *, place: int = 0) -> Command:
        if item.status in OUTSIDE:
            return RejectNode(id=item.id)
        return GiveUpNode(id=item.id) if options.boolean("force") else RemoveNode(id=item.id)

    def gather(self, view: View, items: Sequence[Node]) -> Any:
        """The VMs of each, and what all of them said last."""
        vms: defaultdict[str, list[Vm]] = defaultdict(list)
        for vm in view.tx.vms.list(node_id=tuple(item.id for item in items)):
            vms[vm.node_id or ""].append(vm)
        return vms, view.readings

    def event_values(self, tx: Transaction, item: Node) -> Mapping[str, str]:
        return {"node_id": item.id}

    def show(self, item: Node, gathered: Any) -> Mapping[str, Any]:
        vms, readings = gathered
        said = readings.of(item.id)
        running = [vm for vm in vms[item.id] if vm.status in RUNNING]
        return {
            "ssh.fingerprint": format_proquints(item.fingerprint) if item.fingerprint else None,
            "update_available": _has_update(item, readings),
            "external_status": _external_status(item, readings).value,
            "max_scheduling_memory": said.statistics.memory_free_bytes if said.statistics else None,
            "summary.active": len(running),
            "summary.migrating": sum(vm.status is VmStatus.MIGRATING for vm in running),
            "summary.total": len(running),
            **(_hosted_engine(said.ha) if said.ha else {}),
            **(_capabilities(item.capabilities) if item.capabilities else {}),
        }


def _external_status(node: Node, readings: Readings) -> ExternalStatus:
    return status_of_server(readings.storage, node.hostname)


def _has_update(node: Node, readings: Readings) -> bool:
    """A version that is written there and waits to be started."""
    return node.capabilities is not None and bool(node.capabilities.waiting_version)


def _cpu_percent(node: Node, readings: Readings) -> float | None:
    said = readings.of(node.id).statistics
    return round(said.cpu_user_percent + said.cpu_system_percent) if said else None


def _memory_percent(node: Node, readings: Readings) -> float | None:
    said = readings.of(node.id).statistics
    whole = said.memory_used_bytes + said.memory_free_bytes if said else 0
    return round(100 * said.memory_used_bytes / whole) if said and whole else None


def _load(node: Node, readings: Readings) -> float | None:
    said = readings.of(node.id).statistics
    return said.load_1min if said else None


def _network_percent(node: Node, readings: Readings) -> float | None:
    """Of the link that is used most, in the direction in which it is."""
    known = readings.of(node.id).network
    if known is None:
        return None
    used = [
        100 * 8 * max(rates.rx, rates.tx) / (link.speed_mbps * 1_000_000)
        for name, rates in known.rates.items()
        if (link := known.links.get(name)) is not None and link.speed_mbps
    ]
    return round(max(used)) if used else None


def _ha_score(node: Node, readings: Readings) -> float | None:
    said = readings.of(node.id).ha
    return said.score if said else None


def _hosted_engine(ha: HaReport) -> Mapping[str, Any]:
    return {
        "hosted_engine.configured": ha.configured,
        "hosted_engine.active": ha.active,
        "hosted_engine.score": ha.score,
        "hosted_engine.global_maintenance": ha.global_maintenance,
        "hosted_engine.local_maintenance": ha.maintenance,
    }


def _capabilities(of: Capabilities) -> Mapping[str, Any]:
    return {
        "memory": of.memory_bytes,
        "hardware_information.serial_number": of.serial_number or None,
        "hardware_information.uuid": of.hardware_uuid or None,
        "cpu.name": of.cpu_model,
        "cpu.topology.sockets": of.cpu_sockets,
        "cpu.topology.cores": of.cpu_cores,
        "cpu.topology.threads": of.cpu_threads,
        "os.type": of.os,
        "os.version.full_version": of.kernel,
        "version": {"full_version": of.version, "major": 4, "minor": 5, "build": 0, "revision": 0},
        "libvirt_version.full_version": of.libvirt,
    }


def _approve(tx: Transaction, node: Node, given: Values) -> Command:
    if given.get("reboot"):
        reason = "a host that is approved is not rebooted: leave it out, or say false"
        raise BadValue(value="true", field="action.reboot", reason=reason)
    return ApproveNode(id=node.id, cluster_id=given.get("cluster_id") or "", activate=given.get("activate", True))


NODES = NodeEntity(
    Node,
    "nodes",
    kind="host",
    type="Host",
    path="hosts",
    places=(Place(("Hosts", "Host"), methods=ALL),),
    unique=(("name",), ("host_id",)),
    events=Events(update=EventKind("USER_UPDATE_VDS", "Host {name} configuration was updated by {user}.")),
    inputs=ADDITION_INPUTS,
    shown={
        "auto_numa_status": "unknown",
        "device_passthrough.enabled": False,
        "kdump_status": "disabled",
        "ksm.enabled": False,
        "network_operation_in_progress": False,
        "numa_supported": False,
        "os.custom_kernel_cmdline": "",
        "power_management.enabled": False,
        "protocol": "stomp",
        "reinstallation_required": False,
        "se_linux.mode": "disabled",
        "spm.priority": 5,
        "spm.status": "none",
        "transparent_huge_pages.enabled": True,
        "type": "ovirt_node",
        "vgpu_placement": "consolidated",
    },
    actions={
        "approve": Action(
            _approve,
            inputs={
                "cluster_id": Reference("cluster", to="clusters"),
                "activate": Field("activate"),
                "reboot": Field("reboot"),
            },
        ),
        "install": Action(install, inputs=INSTALLATION_INPUTS),
        "upgrade_check": Action(lambda tx, node, given: CheckForUpgrade(id=node.id)),
        "upgrade": Action(upgrade, inputs={"reboot": Field("reboot"), "timeout": Field("timeout")}),
        "enroll_certificate": Action(lambda tx, node, given: EnrollCertificate(id=node.id)),
        "activate": Action(lambda tx, node, given: ActivateNode(id=node.id)),
        "deactivate": Action(
            lambda tx, node, given: DeactivateNode(id=node.id, **given),
            inputs={"reason": Field("reason", length=4000), "force": Field("force")},
            shown={"stop_gluster_service": False},
            is_done=is_in_maintenance,
        ),
    },
    searches={
        "active_vms": Count(path("vms.node_id"), "status", RUNNING),
        "architecture": Of(path("cluster_id"), "architecture"),
        "committed_mem": Value(Total(path("vms.node_id"), "memory_bytes", "status", RUNNING), MIB),
        "cpu_model": JsonPart("capabilities", "cpu_model", text=True),
        "cpu_usage": Observed(_cpu_percent),
        "cpus": Times((JsonPart("capabilities", "cpu_sockets"), JsonPart("capabilities", "cpu_cores"))),
        "datacenter": Of(path("cluster_id"), "datacenter"),
        "external_status": Observed(_external_status, Kind.WORD, ExternalStatus),
        "ha_score": Observed(_ha_score),
        "load": Observed(_load),
        "mem_usage": Observed(_memory_percent),
        "memory": Value(JsonPart("capabilities", "memory_bytes"), MIB),
        "migrating_vms": Count(path("vms.node_id"), "status", frozenset({VmStatus.MIGRATING})),
        "network_usage": Observed(_network_percent),
        "spm_id": Own("host_id"),
        "tag": TAG,
        "type": Shown("type", aliases=(("rhevh", "ovirt_node"),)),
        "update_available": Observed(_has_update, Kind.BOOLEAN),
        "version": JsonPart("capabilities", "version", text=True),
    },
    related={
        "events": path("events.node_id"),
        "storage": path("cluster_id", "data_center_id", "storage_domains.data_center_id"),
        "templates": path("vms.node_id", "template_id"),
        "vms": path("vms.node_id"),
    },
)
