"""How much of its memory a VM gives to its node while that is short of it, and when it gets it back; pure.

The shares are those of oVirt's policy (MOM's balloon.rules), but that memory is given back a little later than it would
be taken again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ENOUGH, SHORT, CRITICAL = 0.25, 0.20, 0.05  # of the node's memory, free
SPARE = 0.20  # of a guest's memory, free, when its node is just short of it
STEP, LEAST = 0.05, 0.0025  # of a guest's memory, at a time


@dataclass(frozen=True, slots=True)
class Balloon:
    """`kib` is what the VM has at the moment of `memory_kib`; `unused_kib` what its guest could do without, None where
    that does not say."""

    vm_id: str
    memory_kib: int
    guaranteed_kib: int
    kib: int
    unused_kib: int | None


@dataclass(frozen=True, slots=True)
class SetBalloon:
    vm_id: str
    kib: int


def is_balanced(free: float) -> bool:
    """Whether nothing changes with so much of the node's memory free (0 to 1)."""
    return SHORT <= free <= ENOUGH


def plan(free: float, balloons: Iterable[Balloon]) -> tuple[SetBalloon, ...]:
    """For every VM at most one step, so that the next look finds what it came to."""
    if is_balanced(free):
        return ()
    wanted = ((one, _shrunk(one, free) if free < SHORT else _grown(one)) for one in balloons)
    return tuple(SetBalloon(one.vm_id, kib) for one, kib in wanted if _is_worth_it(one, kib))


def _shrunk(one: Balloon, free: float) -> int:
    """When it is critical guests have to swap."""
    if one.unused_kib is None:
        return one.kib
    spare = free - CRITICAL if free <= CRITICAL else SPARE * free / SHORT
    wanted = one.kib - one.unused_kib + spare * one.kib
    return min(one.kib, max(one.guaranteed_kib, round(wanted), round(one.kib * (1 - STEP))))


def _grown(one: Balloon) -> int:
    return max(one.kib, min(one.memory_kib, round(one.kib * (1 + STEP))))


def _is_worth_it(one: Balloon, kib: int) -> bool:
    """The last bit counts: else a VM would never have all of its memory again."""
    return kib != one.kib and (kib in (one.guaranteed_kib, one.memory_kib) or abs(kib - one.kib) > LEAST * one.kib)
