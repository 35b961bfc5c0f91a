"""Events that clients add, such as monitoring and backup software, and the removal of an event."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.events.model import OWN_ORIGIN, Event, Severity
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NameTaken, found

_KINDS: Mapping[Severity, EventKind] = {
    Severity.NORMAL: EventKind("EXTERNAL_EVENT_NORMAL", "{description}"),
    Severity.WARNING: EventKind("EXTERNAL_EVENT_WARNING", "{description}"),
    Severity.ERROR: EventKind("EXTERNAL_EVENT_ERROR", "{description}"),
    Severity.ALERT: EventKind("EXTERNAL_ALERT", "{description}"),
}


def kind_of(severity: Severity) -> EventKind:
    return _KINDS[severity]


def find_reported(tx: Transaction, event: Event) -> Event | None:
    """The event that its origin has reported under that number."""
    return next(iter(tx.events.list(origin=event.origin, custom_id=event.custom_id)), None)


def what(event: Event) -> tuple[object, ...]:
    """What it says and what it is about, not when and by whom it was reported."""
    about = (event.vm_id, event.node_id, event.storage_domain_id, event.template_id, event.cluster_id)
    return (event.severity, event.description, event.custom_data, event.data_center_id, *about)


class AddEvent(Command, frozen=True, kw_only=True):
    """`event` is the whole object as JSON has it, without a number; the time is that of the addition. Who reports the
    same twice has reported it once, as in oVirt."""

    event: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(event=msgspec.to_builtins(event))

    def check(self, tx: Transaction) -> None:
        event = self._event()
        if event.origin.casefold() == OWN_ORIGIN.casefold():
            raise BadValue(value=event.origin, field="event.origin", reason="that is the engine itself")
        there = find_reported(tx, event)
        if there is not None and what(there) != what(event):
            raise NameTaken(kind="event", name=f"{event.custom_id} of {event.origin}")

    def describe(self, tx: Transaction) -> str:
        return "Adding External Event"

    def locks(self) -> tuple[Lock, ...]:
        event = self._event()
        return (Lock("event", f"{event.origin}/{event.custom_id}"),)

    def finish(self, tx: Transaction, context: Context) -> None:
        event = self._event()
        if find_reported(tx, event) is not None:
            return
        tx.events.add(
            replace(
                event,
                at=context.now,
                correlation_id=event.correlation_id or context.correlation_id,
                job_id=context.job_id or None,
                user_id=event.user_id or context.caller.user_id,
                address=context.caller.address,
                session_id=context.caller.session_id,
            )
        )

    def _event(self) -> Event:
        return msgspec.convert(self.event, Event)


class RemoveEvent(Command, frozen=True, kw_only=True):
    id: int

    def check(self, tx: Transaction) -> None:
        found(tx.events.get(self.id), "event", str(self.id))

    def describe(self, tx: Transaction) -> str:
        return f"Removing Event {self.id}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("event", str(self.id)),)

    def finish(self, tx: Transaction, context: Context) -> None:
        tx.of(Event).remove(self.id)
