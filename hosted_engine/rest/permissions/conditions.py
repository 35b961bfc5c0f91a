"""Whether a check is to be made for a request; hosted_engine.engine.permissions.operations says what a condition is."""

from typing import Any

from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.entity.registry import entities
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.permissions.objects import IN_BODIES
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.roles.model import Role
from hosted_engine.rest.call import Call
from hosted_engine.rest.entities.codec import fields_to_wire
from hosted_engine.rest.entities.compare import is_empty, matches
from hosted_engine.rest.permissions import targets


def is_met(tx: Transaction, call: Call, condition: str) -> bool:
    if condition.startswith("!"):
        return not is_met(tx, call, condition[1:])
    if not condition:
        return True
    if condition == "self":
        return bool(call.ids.get("user")) and targets.in_path(call)[0].id == call.caller.user_id
    if condition == "administrative_role":
        return _is_administrative(tx, call)
    if condition.startswith(";"):
        name, _, value = condition[1:].partition("=")
        return call.parameters.boolean(name) is (value == "true")
    if condition.startswith("/"):
        return condition[1:] in call.ids
    return any(_is_changed(tx, call, place) for place in condition.split("|"))


def _is_administrative(tx: Transaction, call: Call) -> bool:
    """The role that is given, or that of the permission that is taken; one that cannot be found counts as such."""
    if call.method.name == "add":
        target = targets.reference(tx, "roles", call.body.get("role"))
    else:
        permission = tx.of(Permission).get(targets.last_id(call))
        target = targets.reference(tx, "roles", {"id": permission.role_id}) if permission else None
    role = tx.of(Role).get(target.id) if target else None
    return role is None or role.administrative


def _is_changed(tx: Transaction, call: Call, place: str) -> bool:
    value = targets.at(call.body, place)
    if is_empty(value):
        return False
    if call.method.name != "update":
        return True
    entity = _entity_of(call)
    item = tx.of(entity.model).get(targets.last_id(call)) if entity else None
    if entity is None or item is None:
        return True
    shown = targets.at(fields_to_wire(entity, item), place)
    if place in IN_BODIES and isinstance(shown, dict):
        meant = targets.reference(tx, IN_BODIES[place], value)
        return meant is None or meant.id != shown["id"]
    return not matches(value, shown)


def _entity_of(call: Call) -> Entity[Any] | None:
    """The one whose objects the service serves in their own collection."""
    return next((one for one in entities() for place in one.places if place.services[1] == call.service.name), None)
