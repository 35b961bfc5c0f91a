"""What VMs and templates have in common, between the domain and the wire."""

from typing import Any

from hosted_engine.engine.vms.model import BiosType, VmBase, VmType
from hosted_engine.rest.mapping.refs import when
from hosted_engine.rest.media.wire import Wire


def hardware_to_wire(thing: VmBase) -> Wire:
    return {
        "name": thing.name,
        "description": thing.description,
        "comment": thing.comment,
        "bios": {"type": thing.bios_type.value, "boot_menu": {"enabled": False}},
        "cpu": {
            "architecture": "x86_64",
            "topology": {"cores": thing.cores, "sockets": thing.sockets, "threads": thing.threads},
        },
        "cpu_shares": 0,
        "creation_time": when(thing.created_at),
        "delete_protected": thing.delete_protected,
        "high_availability": {"enabled": thing.high_availability, "priority": thing.high_availability_priority},
        "io": {"threads": 0},
        "memory": thing.memory_bytes,
        "memory_policy": {
            "ballooning": False,
            "guaranteed": thing.memory_guaranteed_bytes,
            "max": thing.memory_max_bytes,
        },
        "migration": {"auto_converge": "inherit", "compressed": "inherit"},
        "multi_queues_enabled": True,
        "origin": thing.origin.value,
        "os": {"type": thing.os_type, "boot": {"devices": list(thing.boot_devices)}},
        "placement_policy": {"affinity": "migratable"},
        "start_paused": False,
        "stateless": thing.stateless,
        "time_zone": {"name": thing.time_zone},
        "type": thing.type.value,
        "usb": {"enabled": False},
        "virtio_scsi": {"enabled": True},
    }


def hardware_from_wire(body: Wire) -> dict[str, Any]:
    """The inputs of AddVm and UpdateVm that `body` gives; what it leaves out is left out."""
    topology = body.get("cpu", {}).get("topology", {})
    policy = body.get("memory_policy", {})
    available = body.get("high_availability", {})
    system = body.get("os", {})
    devices = system.get("boot", {}).get("devices")
    bios, kind = body.get("bios", {}).get("type"), body.get("type")
    given = {
        "description": body.get("description"),
        "comment": body.get("comment"),
        "memory_bytes": body.get("memory"),
        "memory_guaranteed_bytes": policy.get("guaranteed"),
        "memory_max_bytes": policy.get("max"),
        "sockets": topology.get("sockets"),
        "cores": topology.get("cores"),
        "threads": topology.get("threads"),
        "type": VmType(kind) if kind else None,
        "os_type": system.get("type"),
        "bios_type": BiosType(bios) if bios else None,
        "boot_devices": tuple(devices) if devices else None,
        "delete_protected": body.get("delete_protected"),
        "stateless": body.get("stateless"),
        "high_availability": available.get("enabled"),
        "high_availability_priority": available.get("priority"),
        "time_zone": body.get("time_zone", {}).get("name"),
    }
    return {name: value for name, value in given.items() if value is not None}
