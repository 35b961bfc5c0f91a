"""Nodes as hosts of the API."""

from collections.abc import Iterable

from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.storage.health import ExternalStatus
from hosted_engine.engine.vms.model import RUNNING, Vm, VmStatus
from hosted_engine.rest.mapping.refs import ref
from hosted_engine.rest.media.wire import Wire
from node.api.messages.ha import HaReport
from node.api.messages.machine import Capabilities, Statistics


def host_to_wire(
    node: Node, vms: Iterable[Vm], statistics: Statistics | None, external: ExternalStatus, ha: HaReport | None
) -> Wire:
    """`vms` are those that are on it; `statistics` and `ha` are what it said last, if it is not silent, `external` how
    its storage is."""
    running = [vm for vm in vms if vm.status in RUNNING]
    migrating = [vm for vm in running if vm.status is VmStatus.MIGRATING]
    return {
        **ref("hosts", node.id),
        "name": node.name,
        "comment": node.comment,
        "address": node.address,
        "port": node.port,
        "protocol": "stomp",
        "status": node.status.value,
        "status_detail": node.detail or None,
        "external_status": external.value,
        "type": "ovirt_node",
        "auto_numa_status": "unknown",
        "device_passthrough": {"enabled": False},
        "kdump_status": "disabled",
        "ksm": {"enabled": False},
        "max_scheduling_memory": statistics.memory_free_bytes if statistics else None,
        "network_operation_in_progress": False,
        "numa_supported": False,
        "power_management": {"enabled": False},
        "reinstallation_required": False,
        "se_linux": {"mode": "disabled"},
        "spm": {"priority": 5, "status": "none"},
        "summary": {"active": len(running), "migrating": len(migrating), "total": len(running)},
        "transparent_huge_pages": {"enabled": True},
        "update_available": False,
        "vgpu_placement": "consolidated",
        "cluster": ref("clusters", node.cluster_id),
        **({"hosted_engine": _hosted_engine(ha)} if ha else {}),
        **(_capabilities(node.capabilities) if node.capabilities else {}),
    }


def _hosted_engine(ha: HaReport) -> Wire:
    return {
        "configured": ha.keeps,
        "active": ha.active,
        "score": ha.score,
        "global_maintenance": ha.global_maintenance,
        "local_maintenance": ha.maintenance,
    }


def _capabilities(of: Capabilities) -> Wire:
    return {
        "memory": of.memory_bytes,
        "cpu": {
            "name": of.cpu_model,
            "topology": {"sockets": of.cpu_sockets, "cores": of.cpu_cores, "threads": of.cpu_threads},
        },
        "os": {"type": of.os, "version": {"full_version": of.kernel}, "reported_kernel_cmdline": None},
        "version": {"full_version": of.version, "major": 4, "minor": 5, "build": 0, "revision": 0},
        "libvirt_version": {"full_version": of.libvirt},
    }
