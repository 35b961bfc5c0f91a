"""Where a VM runs: on the node that is fit for it and has the most free memory. Pure."""

from collections.abc import Iterable

from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.scheduler.model import Candidate, Choice, Requirements

MIB = 1 << 20


def choose(requirements: Requirements, candidates: Iterable[Candidate]) -> Choice:
    """Ties go to the first name, so that the same question has the same answer."""
    everyone = sorted(candidates, key=lambda c: (-(free_bytes(c) or 0), c.node.name))
    refusals = {c.node.id: why_not(c, requirements) for c in everyone}
    fit = [c for c in everyone if refusals[c.node.id] is None]
    best = fit[0].node if fit else None
    reasons = tuple(
        (c.node.name, refusals[c.node.id] or "has less free memory")
        for c in everyone
        if best is None or c.node.id != best.id
    )
    return Choice(best, reasons)


def why_not(candidate: Candidate, requirements: Requirements) -> str | None:
    """Why `candidate` cannot take the VM, as the rest of a sentence that begins with its name; None when it can."""
    node = candidate.node
    if node.cluster_id != requirements.cluster_id:
        return "is in another cluster"
    if requirements.node_ids and node.id not in requirements.node_ids:
        return "was not among the hosts asked for"
    if lacking := sorted(requirements.labels - candidate.labels):
        return f"does not have the affinity label{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}"
    if node.status is not NodeStatus.UP:
        return f"is {node.status.value}" + (f" ({node.detail})" if node.detail else "")
    free = free_bytes(candidate)
    if free is None:
        return "has not reported its memory yet"
    missing = sorted(name for id_, name in requirements.storage_domains.items() if not candidate.reading.mounted(id_))
    if missing:
        return f"does not have {', '.join(missing)} mounted"
    lacking = sorted(network.name for network in requirements.networks if candidate.reading.lacks(network.bridge))
    if lacking:
        return f"has no network {', '.join(lacking)}"
    whole = node.capabilities.memory_bytes if node.capabilities else None
    if whole is not None and whole < requirements.most_bytes:
        return f"has {whole // MIB} MiB of memory in all, the VM has {requirements.most_bytes // MIB} MiB"
    if free < requirements.memory_bytes:
        return f"has {max(free, 0) // MIB} MiB of free memory, {requirements.memory_bytes // MIB} MiB are needed"
    return None


def free_bytes(candidate: Candidate) -> int | None:
    statistics = candidate.reading.statistics
    return None if statistics is None else statistics.memory_free_bytes - candidate.starting_bytes
