"""What sanlock's word about the engine VM's lease means for who may start it. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum

from hosted_engine.ha.states import LeaseState


class HostFlag(IntEnum):
    """How this host's sanlock sees another one in the lockspace; the numbers are sanlock's (SANLK_HOST_…)."""

    UNKNOWN = 1
    FREE = 2
    LIVE = 3
    FAIL = 4
    DEAD = 5


GONE = frozenset({HostFlag.FREE, HostFlag.DEAD})


@dataclass(frozen=True, slots=True)
class Owner:
    """`generation`: how often that host has joined the lockspace when it took the lease."""

    host_id: int
    generation: int


@dataclass(frozen=True, slots=True)
class LockspaceHost:
    host_id: int
    generation: int
    flag: int


def lease_state(
    owners: Iterable[Owner], hosts: Iterable[LockspaceHost], over: Collection[Owner] = ()
) -> tuple[LeaseState, int | None]:
    """State and holder. sanlock gives the lease of a host that is dead, has left, or has joined again since.

    `over`: lives of which this host knows that the storage says so, before its sanlock looks there again.
    """
    owner = next(iter(owners), None)
    if owner is None:
        return LeaseState.FREE, None
    if owner in over:
        return LeaseState.EXPIRED, owner.host_id
    host = next((one for one in hosts if one.host_id == owner.host_id), None)
    if host is None:
        return LeaseState.HELD, owner.host_id
    if host.generation > owner.generation or host.flag in GONE:
        return LeaseState.EXPIRED, owner.host_id
    return LeaseState.HELD, owner.host_id
