"""Permissions in the API: of the system, of an object, of a user or a group."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.commands import AddEntity, UpdateEntity
from hosted_engine.engine.entity.declaration import ALL, Entity, Link, Options, Place, Values, View, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Reference, Settable
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.permissions.grants import check_super_user_left
from hosted_engine.engine.permissions.model import SYSTEM, SYSTEM_ID, Permission
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, found
from hosted_engine.engine.roles.model import Role
from hosted_engine.engine.roles.predefined import SUPER_USER_ID
from hosted_engine.engine.users.model import Group, User

SHOWN = {  # what a permission shows its object as; for others the API has no place
    "clusters": "cluster",
    "data_centers": "data_center",
    "disks": "disk",
    "nodes": "host",
    "storage_domains": "storage_domain",
    "templates": "template",
    "vm_pools": "vm_pool",
    "vms": "vm",
}
_HOLDERS = ("user", "group")
_LIST = frozenset({"list"})


class PermissionEntity(Entity[Permission]):
    def make(self, tx: Transaction, given: Values) -> Permission:
        holder = given.get("holder_id") or given.get("user") or given.get("group")
        if not holder:
            raise BadValue(value="nothing", field="permission.user", reason="a user or a group has to be named")
        _refuse_others(given, _HOLDERS, holder, "it is another one that the permission is for")
        table, identity = _object(given)
        _refuse_others(given, SHOWN.values(), identity, "it is another object that the permission is on")
        return Permission(
            id=new_id(), role_id=given["role_id"], holder_id=holder, object_table=table, object_id=identity
        )

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Permission]:
        """One that is there already stays, as in oVirt."""
        item = self.make(tx, {**given, "object_table": _table_of(self.places[place])})
        same = {name: getattr(item, name) for name in ("role_id", "holder_id", "object_id")}
        for there in tx.of(Permission).list(**same):
            return UpdateEntity.of(self, there, there), there
        return AddEntity.of(self, item, place=place), item

    def remove(self, tx: Transaction, item: Permission, options: Options, *, place: int = 0) -> Command:
        """Whatever path led to it, its event is that of its object."""
        system = next(number for number, place in enumerate(self.places) if place.having)
        return super().remove(tx, item, options, place=system if item.object_table == SYSTEM else 0)

    def check_removable(self, tx: Transaction, item: Permission) -> None:
        if (item.role_id, item.object_id) == (SUPER_USER_ID, SYSTEM_ID):
            check_super_user_left(tx, without=item.id)

    def gather(self, view: View, items: Sequence[Permission]) -> Any:
        """Which of the holders are groups."""
        return set(view.tx.of(Group).find([item.holder_id for item in items]))

    def show(self, item: Permission, gathered: Any) -> Mapping[str, Any]:
        holder = "group" if item.holder_id in gathered else "user"
        shown: dict[str, Any] = {holder: Link(f"{holder}s", item.holder_id)}
        if item.object_table in SHOWN:
            shown[SHOWN[item.object_table]] = Link(item.object_table, item.object_id)
        return shown

    def event_values(self, tx: Transaction, item: Permission) -> Mapping[str, str]:
        role = found(tx.of(Role).get(item.role_id), "role", item.role_id)
        holder = tx.of(Group).get(item.holder_id) or tx.of(User).get(item.holder_id)
        words = {"role": role.name, "holder": holder.name if holder else item.holder_id, "object": "the system"}
        if item.object_table == SYSTEM:
            return words
        target = entity_of(item.object_table)
        there = tx.of(target.model).get(item.object_id)
        name = target.name_of(there) if there is not None else item.object_id
        about = {"vms": "vm_id", "templates": "template_id", "nodes": "node_id", "clusters": "cluster_id"}
        ids = {about[item.object_table]: item.object_id} if item.object_table in about else {}
        return words | ids | {"object": f"{target.kind} {name}"}

    def name_of(self, item: Permission) -> str:
        return item.id


def _object(given: Values) -> tuple[str, str]:
    """The table and the id of what the place or else the body names; without either it is the system."""
    if given.get("object_id"):
        return given["object_table"], given["object_id"]
    for table, name in SHOWN.items():
        if given.get(name):
            return table, given[name]
    return SYSTEM, SYSTEM_ID


def _refuse_others(given: Values, names: Iterable[str], meant: str, reason: str) -> None:
    for name in names:
        if given.get(name) not in (None, meant):
            raise BadValue(value=given[name], field=f"permission.{name}", reason=reason)


def _table_of(place: Place) -> str:
    return next((within.table for within in place.within.values() if within.field == "object_id"), SYSTEM)


def _of(name: str, table: str, field: str = "object_id") -> Place:
    return Place(("AssignedPermissions", "Permission"), within={name: Within(table, field)}, methods=ALL - {"update"})


def _events(name: str, what: str) -> Events:
    return Events(
        EventKind(f"USER_ADD_{name}", f"{{holder}} was given the role {{role}} on {what} by {{user}}."),
        remove=EventKind(f"USER_REMOVE_{name}", f"The role {{role}} on {what} was taken from {{holder}} by {{user}}."),
    )


PERMISSIONS = PermissionEntity(
    Permission,
    "permissions",
    kind="permission",
    type="Permission",
    path="permissions",
    places=(  # what is nested in a path goes first
        _of("profile", "vnic_profiles"),
        _of("disk", "disks"),
        _of("cluster", "clusters"),
        _of("vm", "vms"),
        _of("template", "templates"),
        _of("host", "nodes"),
        _of("network", "networks"),
        _of("storage_domain", "storage_domains"),
        _of("data_center", "data_centers"),
        _of("mac_pool", "mac_pools"),
        _of("pool", "vm_pools"),
        _of("user", "users", "holder_id"),
        _of("group", "groups", "holder_id"),
        Place(
            ("SystemPermissions", "Permission"),
            methods=ALL - {"update"},
            having={"object_id": SYSTEM_ID},
            events=_events("SYSTEM_PERMISSION", "the system"),
        ),
        Place(("AssignedRoles", "Role"), within={"user": Within("users", "holder_id")}, shows="role_id", methods=_LIST),
        Place(
            ("AssignedRoles", "Role"), within={"group": Within("groups", "holder_id")}, shows="role_id", methods=_LIST
        ),
    ),
    order="id",
    unique=(("holder_id", "role_id", "object_id"),),
    events=_events("PERMISSION", "{object}"),
    inputs={
        **{name: Reference(name, settable=Settable.ON_ADD, to=f"{name}s") for name in _HOLDERS},
        **{name: Reference(name, settable=Settable.ON_ADD, to=table) for table, name in SHOWN.items()},
    },
)
