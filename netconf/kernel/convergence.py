"""Brings the network from its state to another one, operation after operation, and reads it again until it is there."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol, TypeVar

from netconf.kernel.changes import Changes, Record, State
from netconf.kernel.diff import diff
from netconf.kernel.executor import KernelRefused
from netconf.kernel.operations import Operation
from netconf.kernel.state import KernelState
from netconf.uptime import uptime_s

_ROUNDS = 8
_TRIES = 2
_PAUSE_S = 0.05
_T = TypeVar("_T")


class Kernel(Protocol):
    """`netconf.kernel.executor.NetlinkExecutor`, or one in memory."""

    def read_state(self) -> KernelState: ...

    def do(self, operation: Operation) -> None:
        """Raises KernelRefused."""
        ...


class Overtaken(Exception):
    """The change went back meanwhile."""


def converge(
    kernel: Kernel, desired: Callable[[KernelState], KernelState], my_turn: Callable[[], AbstractContextManager[bool]]
) -> tuple[str, ...]:
    """Returns what could not be done, in words; nothing when it is there. What fails does not keep the rest from being
    done, and is tried again as long as that changes anything. Raises Overtaken when it is not `my_turn` any more."""
    wrong: tuple[str, ...] = ()
    earlier: list[tuple[Operation, ...]] = []
    while len(earlier) < _ROUNDS:
        now = kernel.read_state()
        todo = diff(now, desired(now))
        if not todo:
            return ()
        if earlier[-_TRIES:] == [todo] * _TRIES:
            return wrong
        if earlier:
            time.sleep(_PAUSE_S)
        wrong = tuple(error for operation in todo if (error := _done(kernel, operation, my_turn)))
        wrong = wrong or tuple(f"could not {operation}: it does not last" for operation in todo)
        earlier.append(todo)
    return wrong


def _done(kernel: Kernel, operation: Operation, my_turn: Callable[[], AbstractContextManager[bool]]) -> str:
    with my_turn() as mine:
        if not mine:
            raise Overtaken()
        try:
            kernel.do(operation)
        except KernelRefused as err:
            return str(err)
    return ""


def roll_back(kernel: Kernel, changes: Changes, change: str) -> tuple[str, ...]:
    """Bring back what was there before a change that is BACK, and say that it is GONE; what is left to do in words.

    Safe to repeat, and from several processes: they take turns.
    """
    record = changes.record(change)
    with changes.turn(change, State.ROLLING_BACK) as mine:
        if not mine:
            return ()
        left = roll_back_record(kernel, record, lambda _: record.desired)
        if not left:
            changes.mark_rolled_back(change)
        return left


def roll_back_record(kernel: Kernel, record: Record, ours: Callable[[KernelState], KernelState]) -> tuple[str, ...]:
    """What was there before that change, and what of now is not `ours`; what is left to do in words."""
    before = record.before.aged(uptime_s() - record.taken_s)
    return converge(kernel, lambda now: between(before, ours(now), now), _always)


class _Always(AbstractContextManager[bool]):
    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        return None


_always = _Always


def with_others(desired: KernelState, before: KernelState, now: KernelState) -> KernelState:
    """`desired` and the links that have come since `before`, with what is on them: others make them, and those of
    containers come as pairs of veth."""
    names = {link.name for link in now.links} - {link.name for link in (*desired.links, *before.links)}
    return replace(
        desired,
        links=(*desired.links, *(link for link in now.links if link.name in names)),
        addresses=(*desired.addresses, *(address for address in now.addresses if address.link in names)),
        routes=(*desired.routes, *(path for path in now.routes if path.links and path.links <= names)),
    )


def between(before: KernelState, desired: KernelState, now: KernelState) -> KernelState:
    """What was there before a change to `desired`, and what others have made since: that is not ours to take away."""
    names = {link.name for link in (*before.links, *desired.links)}
    others = [link for link in now.links if link.name not in names]
    return replace(
        before,
        links=(*before.links, *others),
        addresses=(*before.addresses, *_theirs(now.addresses, before.addresses, desired.addresses)),
        routes=(*before.routes, *_theirs(now.routes, before.routes, desired.routes)),
        rules=(*before.rules, *_theirs(now.rules, before.rules, desired.rules)),
        resolver=before.resolver if now.resolver == desired.resolver else now.resolver,
    )


def _theirs(now: tuple[_T, ...], before: tuple[_T, ...], desired: tuple[_T, ...]) -> list[_T]:
    return [item for item in now if item not in before and item not in desired]
