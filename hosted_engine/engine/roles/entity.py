"""Roles and permits in the API."""

from collections.abc import Mapping

import msgspec

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import ALL, Entity, Options, Place, Values, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Reference
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.roles.commands import (
    AddRole,
    UpdateRole,
    check_mutable,
    check_permits,
    note_viewing,
    permits_of,
)
from hosted_engine.engine.roles.model import Permit, Role, RolePermit


class RoleEntity(Entity[Role]):
    def check(self, tx: Transaction, item: Role, before: Role | None) -> None:
        if before is not None:
            check_mutable(before, "change")

    def check_removable(self, tx: Transaction, item: Role) -> None:
        check_mutable(item, "remove")

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Role]:
        item = self.make(tx, given)
        general = AddRole.of(self, item, place=place)
        return msgspec.structs.replace(general, permits=tuple(given.get("permits", ()))), item

    def update(self, tx: Transaction, before: Role, given: Values, options: Options) -> tuple[Command, Role]:
        item = self.change(tx, before, given)
        return msgspec.structs.replace(UpdateRole.of(self, before, item), permits=given.get("permits")), item


PERMITS = Entity(Permit, "permits", kind="permit", type="Permit", places=())

ROLES = RoleEntity(
    Role,
    "roles",
    kind="role",
    type="Role",
    path="roles",
    places=(Place(("Roles", "Role")),),
    unique=(("name",),),
    events=Events(
        EventKind("USER_ADD_ROLE_WITH_ACTION_GROUP", "Role {name} was added by {user}."),
        EventKind("USER_UPDATE_ROLE", "Role {name} was changed by {user}."),
        EventKind("USER_REMOVE_ROLE", "Role {name} was removed by {user}."),
    ),
    inputs={"permits": Reference("permits", to="permits")},
)


class RolePermitEntity(Entity[RolePermit]):
    def check(self, tx: Transaction, item: RolePermit, before: RolePermit | None) -> None:
        role = self._role(tx, item)
        check_mutable(role, "change")
        check_permits(tx, role, (*permits_of(tx, role.id), item.permit_id))

    def check_removable(self, tx: Transaction, item: RolePermit) -> None:
        check_mutable(self._role(tx, item), "change")

    def added(self, tx: Transaction, item: RolePermit) -> None:
        note_viewing(tx, item.role_id)

    def removed(self, tx: Transaction, item: RolePermit) -> None:
        note_viewing(tx, item.role_id, without=item.permit_id)

    def event_values(self, tx: Transaction, item: RolePermit) -> Mapping[str, str]:
        permit = found(tx.of(Permit).get(item.permit_id), "permit", item.permit_id)
        return {"permit": permit.name, "role": self._role(tx, item).name}

    def _role(self, tx: Transaction, item: RolePermit) -> Role:
        return found(tx.of(Role).get(item.role_id), "role", item.role_id)


ROLE_PERMITS = RolePermitEntity(
    RolePermit,
    "role_permits",
    kind="permit",
    type="Permit",
    places=(
        Place(
            ("Permits", "Permit"),
            within={"role": Within("roles", "role_id")},
            shows="permit_id",
            key="permit_id",
            methods=ALL - {"update"},
        ),
    ),
    order="id",
    unique=(("role_id", "permit_id"),),
    events=Events(
        EventKind("USER_ATTACHED_ACTION_GROUP_TO_ROLE", "Role {role} was given the permit {permit} by {user}."),
        remove=EventKind(
            "USER_DETACHED_ACTION_GROUP_FROM_ROLE", "The permit {permit} was taken from role {role} by {user}."
        ),
    ),
)
