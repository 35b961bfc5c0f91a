"""Events in the API: the newest first. Clients may add some of their own, and remove any."""

import re

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import ALL, Entity, Options, Place, Values
from hosted_engine.engine.entity.record import Column
from hosted_engine.engine.events.external import AddEvent, RemoveEvent, find_reported, kind_of
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.resolve import PAGE_SIZE
from hosted_engine.engine.search.terms import Always, Of, path
from hosted_engine.engine.users.model import Caller
from hosted_engine.limits import EVENTS as MOST

_NUMBER = re.compile("[0-9]{1,18}", re.ASCII)


class EventEntity(Entity[Event]):
    def required(self) -> tuple[Column, ...]:
        """The engine itself leaves these two out."""
        return (*super().required(), self.columns["origin"], self.columns["custom_id"])

    def make(self, tx: Transaction, given: Values) -> Event:
        """The store gives it its number."""
        kind = kind_of(given["severity"])
        return Event(**{"name": kind.name, "code": kind.code, "at": 0.0, **self._fields(given)})

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Event]:
        item = self.make(tx, given)
        return AddEvent.of(item), item

    def find_added(self, tx: Transaction, item: Event) -> Event | None:
        return find_reported(tx, item)

    def remove(self, tx: Transaction, item: Event, options: Options, *, place: int = 0) -> Command:
        return RemoveEvent(id=item.id)

    def find(self, tx: Transaction, identity: str, caller: Caller) -> Event | None:
        return tx.of(Event).get(int(identity)) if _NUMBER.fullmatch(identity) else None


EVENTS = EventEntity(
    Event,
    "events",
    kind="event",
    type="Event",
    path="events",
    places=(Place(("Events", "Event"), methods=ALL - {"update"}),),
    order="-id",
    indexes=(("code",), ("correlation_id",), ("origin", "custom_id")),
    searches={
        "deleted": Always(False),
        "event_cluster": Of(path("cluster_id"), "name"),
        "event_datacenter": Of(path("data_center_id"), "name"),
        "event_host": Of(path("node_id"), "name"),
        "event_storage": Of(path("storage_domain_id"), "name"),
        "event_template": Of(path("template_id"), "name"),
        "event_vm": Of(path("vm_id"), "name"),
        "usrname": Of(path("user_id"), "usrname"),
    },
    related={
        "clusters": path("cluster_id"),
        "hosts": path("node_id"),
        "storage": path("storage_domain_id"),
        "templates": path("template_id"),
        "users": path("user_id"),
        "vms": path("vm_id"),
    },
    default_limit=PAGE_SIZE,
    most=MOST,
)
