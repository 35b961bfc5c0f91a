"""Events in the API: the newest first."""

import re

from hosted_engine.engine.entity.declaration import READ, Entity, Place
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.resolve import PAGE_SIZE
from hosted_engine.engine.search.words import Always, Of, Shown, path
from hosted_engine.engine.users.model import Caller
from hosted_engine.limits import EVENTS as MOST

_NUMBER = re.compile("[0-9]{1,18}", re.ASCII)


class EventEntity(Entity[Event]):
    def find(self, tx: Transaction, identity: str, caller: Caller) -> Event | None:
        return tx.of(Event).get(int(identity)) if _NUMBER.fullmatch(identity) else None


EVENTS = EventEntity(
    Event,
    "events",
    kind="event",
    type="Event",
    path="events",
    places=(Place(("Events", "Event"), methods=READ),),
    order="-id",
    indexes=(("code",), ("correlation_id",)),
    shown={"custom_id": -1, "flood_rate": 30, "origin": "oVirt"},
    searches={
        "custom_event_id": Shown("custom_id"),
        "deleted": Always(False),
        "event_cluster": Of(path("cluster_id"), "name"),
        "event_datacenter": Of(path("data_center_id"), "name"),
        "event_host": Of(path("node_id"), "name"),
        "event_storage": Of(path("storage_domain_id"), "name"),
        "event_template": Of(path("template_id"), "name"),
        "event_vm": Of(path("vm_id"), "name"),
        "origin": Shown("origin"),
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
    usual=PAGE_SIZE,
    most=MOST,
)
