"""How a running VM is moved to another node: what it may cost, and what became of it; pure."""

from dataclasses import dataclass

from node.api.problems import Failed

NO_LIMIT = 0


class NotMoved(Failed):
    what = "VM {vm} was not moved to {address}"
    why = "{reason}"
    mend = "It runs on here. Mend what the reason names, or stop it here and start it there"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationLimits:
    """`bandwidth_mib_s`: 0 is as fast as it goes. `downtime_ms`: so long may the guest stand still while the last of
    its memory is sent. One that writes too fast for that is slowed down, and after half of `time_s` may stand still for
    longer and longer, `longest_downtime_ms` in the end. After `time_s` it is given up."""

    bandwidth_mib_s: int = NO_LIMIT
    downtime_ms: int = 300
    longest_downtime_ms: int = 10_000
    time_s: float = 300.0


@dataclass(frozen=True, slots=True)
class MigrationProgress:
    """`remaining_bytes` of the memory; what the guest writes meanwhile is sent again, so that it may grow."""

    total_bytes: int
    remaining_bytes: int
    elapsed_s: float


def downtime_ms(limits: MigrationLimits, elapsed_s: float) -> int:
    """For how long the guest may stand still after `elapsed_s`: a long pause is better than never moving."""
    late = 2 * elapsed_s / limits.time_s - 1
    more = limits.longest_downtime_ms - limits.downtime_ms
    return limits.downtime_ms + max(0, int(more * min(1.0, late)))


# What libvirt says where it is not about this VM, and what is meant; by what stands in its text.
_MEANING = {
    "Unable to read TLS confirmation": "it does not take this node for a member of the site",
    "Our own certificate": "this node's certificate is not that of a member, or is not valid now",
    "Failed to verify peer's certificate": "who answers there is no member of the site",
    "client socket is closed": "the connection to it was lost",
    "Connection refused": "its libvirt does not listen for other nodes",
    "Cannot read CA certificate": "this node is not set up to send VMs",
    "guest CPU doesn't match specification": "its processor cannot do what this VM's processor does",
    "CPU is incompatible with host CPU": "its processor cannot do what this VM's processor does",
    "does not support machine type": "its QEMU is another version",
    "unsupported machine type": "its QEMU is another version",
    "Attempt to migrate guest to the same host": "both nodes give themselves the same machine id (/etc/machine-id)",
    "Cannot access storage file": "it does not have the volumes of this VM",
    "Cannot get interface MTU": "it does not have the networks of this VM",
}


def migration_error(reason: str) -> str:
    """`reason` as libvirt gives it, with what it means before it where that is known."""
    for words, meaning in _MEANING.items():
        if words in reason:
            return f"{meaning} ({reason})"
    return reason


def cpu_error(domain_type: str, cpu_mode: str, comparison: int) -> str | None:
    """Why the target's processor does not fit; None when it does. `comparison` is libvirt's (virCPUCompareResult), of
    this host's with that one's: libvirt does not look by itself where a VM has the host's processor as it is."""
    identical = 1
    if domain_type != "kvm" or cpu_mode != "host-passthrough" or comparison == identical:
        return None
    return "its processor is not the same as this node's, which the VM uses as it is"
