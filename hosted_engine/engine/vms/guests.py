"""What the agent in a VM's guest says of it, as the API shows it: while the VM runs and its agent talks."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hosted_engine.engine.entity.declaration import Link, Options
from hosted_engine.engine.entity.reported import Reported, Shown
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.engine.search.terms import Kind, Observed
from hosted_engine.engine.vms.model import RUNNING, Vm
from node.api.messages.guests import GuestNic, GuestReport, GuestSystem

_NAMESPACE = uuid.UUID("6f0f6a0c-7f4e-5a53-9d1b-0c8f3f7e2a12")
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "ppc64le": "ppc64", "s390x": "s390x"}
WINDOWS = "mswindows"  # the agent's word


def guest_of(vm: Vm, readings: Readings) -> GuestReport | None:
    """None while nothing is known of it."""
    if vm.node_id is None or vm.status not in RUNNING:
        return None
    return readings.of(vm.node_id).guests.get(vm.id)


def guest_elements(guest: GuestReport | None) -> dict[str, Any]:
    """Of the VM itself."""
    if guest is None:
        return {}
    return {
        "fqdn": guest.host_name or None,
        "guest_operating_system": _system(guest.system),
        "guest_time_zone": {"name": guest.time_zone, "utc_offset": _offset(guest.utc_offset_s)}
        if guest.time_zone
        else None,
    }


def _system(system: GuestSystem) -> dict[str, Any] | None:
    if system == GuestSystem():
        return None
    version, _, codename = system.version.partition(" (")
    shown = {
        "architecture": _ARCHITECTURES.get(system.machine),
        "codename": codename.removesuffix(")"),
        "distribution": system.name,
        "family": "Windows" if system.id == WINDOWS else "Linux",
        "kernel": {"version": _version(system.kernel)} if system.kernel else None,
        "version": _version(system.version_id or version),
    }
    return {name: value for name, value in shown.items() if value}


def _version(text: str) -> dict[str, Any] | None:
    """As far as it begins with numbers: 6.12.57+deb13."""
    if not text:
        return None
    numbers: list[int] = []
    for part in text.split(".")[:3]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits or len(digits) > 9:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return {**dict(zip(("major", "minor", "build"), numbers, strict=False)), "full_version": text}


def _offset(seconds: int) -> str:
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


# --- collections below a VM ------------------------------------------------------------------------------------------


def _id(vm: Vm, kind: str, name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{vm.id}/{kind}/{name}"))


def _devices(vm: Vm, nics: Sequence[GuestNic]) -> Mapping[str, Shown]:
    return {
        _id(vm, "device", nic.name): {
            "name": nic.name,
            "description": "guest reported data",
            "type": "network",
            "mac": {"address": nic.mac} if nic.mac else None,
            "ips": [{"address": one, "version": "v6" if ":" in one else "v4"} for one in nic.addresses],
            "vm": Link("vms", vm.id),
        }
        for nic in nics
    }


def _of_vm(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    vm, guest = _guest(tx, readings, ids)
    return _devices(vm, guest.nics if guest else ())


def _of_nic(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    """The guest calls its NICs by names of its own: which one it is its address tells."""
    vm, guest = _guest(tx, readings, ids)
    nic = found(tx.nics.get(ids["nic"]), "NIC", ids["nic"])
    if nic.owner_id != vm.id:
        raise NotThere(kind="NIC", id=nic.id)
    return _devices(vm, [one for one in guest.nics if one.mac == nic.mac.lower()] if guest else ())


def _sessions(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    vm, guest = _guest(tx, readings, ids)
    names = dict.fromkeys(f"{user.domain}\\{user.name}" if user.domain else user.name for user in _users(guest))
    return {
        _id(vm, "session", name): {
            "user": {"user_name": name},
            "console_user": False,
            "vm": Link("vms", vm.id),
        }
        for name in names
    }


def _users(guest: GuestReport | None) -> Sequence[Any]:
    return guest.users if guest else ()


def _applications(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    vm, guest = _guest(tx, readings, ids)
    return {_id(vm, "application", name): {"name": name, "vm": Link("vms", vm.id)} for name in _software(guest)}


def _software(guest: GuestReport | None) -> tuple[str, ...]:
    """All that an agent of QEMU knows of it: its kernel, and itself."""
    if guest is None:
        return ()
    kernel = (f"kernel-{guest.system.kernel}",) if guest.system.kernel else ()
    return (*kernel, *((f"qemu-guest-agent-{guest.agent}",) if guest.agent else ()))


def _guest(tx: Transaction, readings: Readings, ids: Mapping[str, str]) -> tuple[Vm, GuestReport | None]:
    vm = found(tx.vms.get(ids["vm"]), "VM", ids["vm"])
    return vm, guest_of(vm, readings)


_DEVICES = ("VmReportedDevices", "VmReportedDevice")
GUEST_COLLECTIONS = (
    Reported("reported device", _DEVICES, frozenset({"vm", "nic"}), _of_nic),
    Reported("reported device", _DEVICES, frozenset({"vm"}), _of_vm),
    Reported("session", ("VmSessions", "VmSession"), frozenset({"vm"}), _sessions),
    Reported("application", ("VmApplications", "VmApplication"), frozenset({"vm"}), _applications),
)


# --- searches --------------------------------------------------------------------------------------------------------


def _searched(of: Callable[[GuestReport], Sequence[str]]) -> Observed:
    def value(vm: Vm, readings: Readings) -> tuple[str, ...] | None:
        guest = guest_of(vm, readings)
        return (tuple(of(guest)) or None) if guest is not None else None

    return Observed(value, Kind.TEXT, known=Readings.vms_with_agent)


GUEST_SEARCHES = {
    "apps": _searched(_software),
    "fqdn": _searched(lambda guest: (guest.host_name,) if guest.host_name else ()),
    "ip": _searched(lambda guest: [address for nic in guest.nics for address in nic.addresses]),
    "loggedinuser": _searched(lambda guest: [user.name for user in guest.users]),
}
