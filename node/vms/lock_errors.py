"""libvirt passes sanlock's numbers on as if they were the kernel's: what they mean when a lease is not taken; pure."""

import re

from node.vms.domain_facts import DomainFacts

_NOT_TAKEN = re.compile(r"Failed to acquire lock: (.+)")

# By the kernel's words for the number that sanlock answers an "acquire" with (sanlock's src/cmd.c, cmd_acquire_thread).
_MEANING = {
    "No space left on device": "this node is not in the lockspace {lockspace}",
    "Transport endpoint is not connected": "the volume of the lease reaches too few of its bricks",
    "Input/output error": "the storage below the lease failed to read or write",
    "No such file or directory": "the file of the lease is not there",
}


def lock_error(reason: str, facts: DomainFacts) -> str:
    """`reason` as libvirt gives it, in words that are true where it is about a lease."""
    found = _NOT_TAKEN.search(reason)
    if found is None or found[1] not in _MEANING or not facts.leases:
        return reason
    lease = facts.leases[0]
    meaning = _MEANING[found[1]].format(lockspace=lease.lockspace)
    return f"its lease {lease.resource} was not taken: {meaning}"
