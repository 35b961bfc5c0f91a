"""The objects of a request on which permits are asked for: those that its path leads to, or that its body names."""

from collections.abc import Iterator
from typing import Any

from hosted_engine.engine.disks.model import Disk, DiskAttachment
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.networks.profiles import profile_for
from hosted_engine.engine.permissions.access import Access
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.permissions.objects import (
    HOLDERS,
    IN_BODIES,
    IN_PATHS,
    TABLES,
    THE_SYSTEM,
    Target,
    named,
)
from hosted_engine.engine.permissions.operations import Check
from hosted_engine.engine.ports import Transaction
from hosted_engine.rest.call import Call
from hosted_engine.rest.media.wire import Wire

_DEFAULTS = {("Vms", "templates"): BLANK_TEMPLATE_ID}


def of(access: Access, call: Call, check: Check) -> tuple[Target, ...]:
    """All of them have to be permitted. What is not found stands for the whole system: only who may do it everywhere
    goes on, to be told by the handler what is wrong."""
    tx = access.tx
    match check.object:
        case "System":
            return (THE_SYSTEM,)
        case "Any":
            return _any(tx, call)
        case "Permission":
            permission = tx.of(Permission).get(last_id(call))
            return (Target(permission.object_table, permission.object_id) if permission else THE_SYSTEM,)
        case "TemplateStorage":
            return _storage_of_template(tx, call)
    return _of_table(access, call, TABLES[check.object], check.place)


def in_path(call: Call) -> tuple[Target, ...]:
    """From the outermost to the innermost."""
    return tuple(Target(IN_PATHS[name], _meant(call, id)) for name, id in call.ids.items() if name in IN_PATHS)


def around(call: Call) -> Target | None:
    """The innermost object that the path's own lies in."""
    own = call.path.rpartition("/")[2]
    outside = [one for one in in_path(call) if one.id != _meant(call, own)]
    return outside[-1] if outside else None


def last_id(call: Call) -> str:
    return _meant(call, ([*call.ids.values()] or [""])[-1])


def is_oneself(call: Call) -> bool:
    return call.service.name == "User" and last_id(call) == call.caller.user_id


def reference(tx: Transaction, table: str, value: Any) -> Target | None:
    """What a reference in a body means, as the handlers take it: by its id, or else by its name."""
    if not isinstance(value, dict):
        return None
    if value.get("id"):
        return Target(table, value["id"])
    return named(tx, table, value["name"]) if value.get("name") else None


def at(body: Wire, place: str) -> Any:
    """What stands there; of a list on the way all of it, in a list."""
    if place == ".":
        return body
    value: Any = body
    for name in place.split("."):
        if isinstance(value, list):
            value = [inner for one in value if isinstance(one, dict) and (inner := one.get(name)) is not None]
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return _flat(value) if isinstance(value, list) else value


def _flat(values: list[Any]) -> list[Any]:
    return [inner for one in values for inner in (_flat(one) if isinstance(one, list) else [one])]


def _meant(call: Call, identity: str) -> str:
    return (call.caller.user_id or "") if identity == "me" else identity


def _of_table(access: Access, call: Call, table: str, place: str) -> tuple[Target, ...]:
    if place:
        return _at_places(access.tx, call, table, place) or (THE_SYSTEM,)
    path = in_path(call)
    if not path:
        return _of_new(access, call, table)
    if direct := [one for one in path if one.table == table]:
        return (direct[-1],)
    for one in reversed(path):
        if found := tuple(target for target in access.line(one) if target.table == table):
            return found
    return (THE_SYSTEM,)


def _of_new(access: Access, call: Call, table: str) -> tuple[Target, ...]:
    """Of something that will come into being: what its body names, or what is above that."""
    places = "|".join(place for place, kind in IN_BODIES.items() if kind == table)
    if found := _at_places(access.tx, call, table, places):
        return found
    if (default := _DEFAULTS.get((call.service.name, table))) is not None:
        return (Target(table, default),)
    for one in _all_in_body(access.tx, call):
        if above := tuple(target for target in access.line(one) if target.table == table):
            return above
    return (THE_SYSTEM,)


def _at_places(tx: Transaction, call: Call, table: str, places: str) -> tuple[Target, ...]:
    """All that stands there. What is named and cannot be found stands for the whole system."""
    found: list[Target] = []
    for place in filter(None, places.split("|")):
        value = at(call.body, place)
        for one in value if isinstance(value, list) else [value] if value else []:
            found.append(_one(tx, table, place, one) or THE_SYSTEM)
    return tuple(found)


def _one(tx: Transaction, table: str, place: str, value: Any) -> Target | None:
    if isinstance(value, str):  # an id by itself
        return Target(table, value)
    if table == "vnic_profiles" and place.endswith("network"):
        network = reference(tx, "networks", value)
        profile = profile_for(tx, network.id) if network else None
        return Target(table, profile.id) if profile else None
    return reference(tx, table, value)


def _all_in_body(tx: Transaction, call: Call) -> Iterator[Target]:
    for place, table in IN_BODIES.items():
        value = at(call.body, place)
        found = reference(tx, table, value[0] if isinstance(value, list) and value else value)
        if found is not None:
            yield found


def _any(tx: Transaction, call: Call) -> tuple[Target, ...]:
    found = [one for one in in_path(call) if one.table not in HOLDERS]
    if found:
        return (found[-1],)
    found = [one for one in _all_in_body(tx, call) if one.table != "roles"]
    return tuple(found) or (THE_SYSTEM,)


def _storage_of_template(tx: Transaction, call: Call) -> tuple[Target, ...]:
    """Where the new VM's disks will lie."""
    template = reference(tx, "templates", at(call.body, "template"))
    if template is None:
        return ()
    disks = [one.disk_id for one in tx.of(DiskAttachment).list(owner_id=template.id)]
    domains = {disk.storage_domain_id for disk in tx.of(Disk).find(disks).values()}
    return tuple(Target("storage_domains", id) for id in sorted(domains))
