"""Whatever somebody has changed is an event: what their command has not said itself is said here, in the same
transaction. Who is not permitted something is one as well."""

from collections.abc import Callable

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users.model import Caller

REPORT_EVERY_S = 300.0  # the same refusal is one event for so long: who asks in a loop fills nothing
MOST_REMEMBERED = 1000


def note_done(tx: Transaction, context: Context, description: str) -> None:
    if _is_needed(tx, context):
        emit(tx, context, EventType.EXTERNAL_EVENT_NORMAL, reason=f"{description}: done by {context.caller.user_name}.")


def note_failed(tx: Transaction, context: Context, description: str, error: str) -> None:
    if _is_needed(tx, context):
        reason = f"{description}: failed for {context.caller.user_name}: {error}"
        emit(tx, context, EventType.EXTERNAL_EVENT_ERROR, reason=reason)


def _is_needed(tx: Transaction, context: Context) -> bool:
    """What the engine does by itself has its own events where anybody wants to know."""
    if context.caller.user_id is None:
        return False
    return not tx.events.ids(correlation_id=context.correlation_id, job_id=context.job_id)


class Refusals:
    """Which refusals are news. `clock` never jumps."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: dict[tuple[str, ...], float] = {}

    def is_new(self, caller: Caller, request: str) -> bool:
        key, now = (caller.user_name, caller.address, request), self._clock()
        last = self._last.get(key)
        if last is not None and now - last < REPORT_EVERY_S:
            return False
        self._last.pop(key, None)
        self._last[key] = now
        if len(self._last) > MOST_REMEMBERED:
            del self._last[next(iter(self._last))]
        return True


def note_refused(tx: Transaction, context: Context, request: str, why: str) -> None:
    """`request` is the method and the path, without what stands behind it."""
    reason = f"{request} was refused to {context.caller.user_name}: {why}."
    emit(tx, context, EventType.EXTERNAL_EVENT_WARNING, reason=reason)
