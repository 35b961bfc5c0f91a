"""Live migration in libvirt's terms: its flags, its addresses, its numbers.

Peer to peer: this node's libvirtd speaks to the other one and goes on when its caller dies. Not post-copy: with half
of its memory on either side a VM does not outlive a pulled cable; a guest that writes too fast is slowed down.
"""

import xml.etree.ElementTree as ET
from typing import Any

import libvirt

from node.vms.migration import MigrationLimits, MigrationProgress, cpu_error

FILES = "/etc/pki/trivet"  # node.registration.migration_trust
FLAGS = (
    libvirt.VIR_MIGRATE_LIVE
    | libvirt.VIR_MIGRATE_PEER2PEER
    | libvirt.VIR_MIGRATE_TLS
    | libvirt.VIR_MIGRATE_ABORT_ON_ERROR
    | libvirt.VIR_MIGRATE_AUTO_CONVERGE
)
THROTTLE_FIRST, THROTTLE_MORE = 20, 20  # percent of the guest's processor time that are taken away


def peer_uri(address: str) -> str:
    """libvirt at `address`, which is what its certificate has to be made out to."""
    return f"qemu+tls://{_host(address)}/system?pkipath={FILES}"


def parameters(address: str, limits: MigrationLimits) -> dict[str, str | int]:
    """Both ends are named by address: it works without a name server. The port is chosen there, from its range."""
    return {
        libvirt.VIR_MIGRATE_PARAM_URI: f"tcp://{_host(address)}",
        libvirt.VIR_MIGRATE_PARAM_LISTEN_ADDRESS: address,
        libvirt.VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL: THROTTLE_FIRST,
        libvirt.VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT: THROTTLE_MORE,
    } | ({libvirt.VIR_MIGRATE_PARAM_BANDWIDTH: limits.bandwidth_mib_s} if limits.bandwidth_mib_s else {})


def why_cpu_not_fit(connection: Any, domain: Any, address: str) -> str | None:
    """Asks libvirt at `address`, for a VM whose processor depends on its host alone."""
    live = ET.fromstring(domain.XMLDesc())
    kind, cpu = live.get("type", ""), live.find("cpu")
    mode = cpu.get("mode", "") if cpu is not None else ""
    if kind != "kvm":
        return None
    own = ET.fromstring(connection.getCapabilities()).find("host/cpu")
    if own is None:
        return None
    there = libvirt.open(peer_uri(address))
    try:
        return cpu_error(kind, mode, there.compareCPU(ET.tostring(own, encoding="unicode")))
    finally:
        there.close()


def progress(domain: Any) -> MigrationProgress | None:
    stats = domain.jobStats()
    if stats["type"] == libvirt.VIR_DOMAIN_JOB_NONE:
        return None
    if stats.get(libvirt.VIR_DOMAIN_JOB_OPERATION) != libvirt.VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT:
        return None
    return MigrationProgress(
        total_bytes=stats.get(libvirt.VIR_DOMAIN_JOB_MEMORY_TOTAL, 0),
        remaining_bytes=stats.get(libvirt.VIR_DOMAIN_JOB_MEMORY_REMAINING, 0),
        elapsed_s=stats.get(libvirt.VIR_DOMAIN_JOB_TIME_ELAPSED, 0) / 1000,
    )


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
