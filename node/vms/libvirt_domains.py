"""Domains as libvirt knows them: through its connection, and in the files that it keeps of each."""

from pathlib import Path
from typing import Any

import libvirt

from node.vms.console import read_end
from node.vms.domain_status import Status, status_of
from node.vms.domain_xml import METADATA
from node.vms.ends import LOG_BYTES
from node.vms.hypervisor import Domain

RUN, LOGS = Path("/run/libvirt/qemu"), Path("/var/log/libvirt/qemu")


def find_domain(connection: Any, vm_id: str) -> Domain | None:
    try:
        return _domain_if_active(connection.lookupByUUIDString(vm_id))
    except libvirt.libvirtError as err:
        if err.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise


def active_domains(connection: Any) -> list[Domain]:
    found = map(_domain_or_none, connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE))
    return [domain for domain in found if domain is not None]


def _domain_or_none(domain: Any) -> Domain | None:
    """None for one that has left meanwhile."""
    try:
        return _domain_if_active(domain)
    except libvirt.libvirtError as err:
        if err.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise


def is_ours(domain: Any) -> bool:
    try:
        return bool(domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, METADATA))
    except libvirt.libvirtError:  # it has none, or is gone
        return False


def _domain_if_active(domain: Any) -> Domain | None:
    state, reason = domain.state()
    return _domain(domain, state, reason) if state != libvirt.VIR_DOMAIN_SHUTOFF else None


def _domain(domain: Any, state: int, reason: int) -> Domain:
    name = domain.name()
    try:
        title = domain.metadata(libvirt.VIR_DOMAIN_METADATA_TITLE, None)
    except libvirt.libvirtError:
        title = name  # not one of ours: it has no title
    alive = state != libvirt.VIR_DOMAIN_CRASHED
    _, memory_kib, balloon_kib, vcpus, _ = domain.info()
    status = status_of(RUN / f"{name}.xml") if alive else Status()
    return Domain(
        id=domain.UUIDString(),
        name=name,
        title=title,
        state=state,
        reason=reason,
        pid=_pid(name) if alive else None,
        move=status.move,
        memory_kib=memory_kib,
        balloon_kib=balloon_kib,
        vcpus=vcpus,
        graphics=status.graphics,
        guest_agent=status.guest_agent,
    )


def log_of(name: str) -> str:
    try:
        return read_end(LOGS / f"{name}.log", LOG_BYTES)[0]
    except OSError:
        return ""


def _pid(name: str) -> int | None:
    try:
        return int((RUN / f"{name}.pid").read_text())
    except (OSError, ValueError):
        return None
