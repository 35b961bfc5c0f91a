"""Whoever makes something may work with it: the roles that oVirt gives to creators."""

from collections.abc import Iterable, Mapping

from hosted_engine.engine.permissions.access import Access
from hosted_engine.engine.permissions.grants import grant
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.permissions.objects import Target, exists
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.roles.predefined import DISK_OPERATOR_ID, TEMPLATE_OWNER_ID, USER_VM_MANAGER_ID
from hosted_engine.engine.users.model import Caller

ROLES: Mapping[str, str] = {
    "disks": DISK_OPERATOR_ID,
    "templates": TEMPLATE_OWNER_ID,
    "vms": USER_VM_MANAGER_ID,
}


def give_to_creator(tx: Transaction, caller: Caller, created: Iterable[tuple[str, str]]) -> None:
    """Nothing to one who may give permissions on it anyway, by a role on what is above it."""
    if caller.user_id is None:
        return
    for table, identity in created:
        if table in ROLES and not Access(tx, caller).may("manipulate_permissions", Target(table, identity)):
            grant(tx, caller.user_id, ROLES[table], table, identity)


def forget(tx: Transaction, objects: Iterable[tuple[str, str]]) -> None:
    """Remove the permissions on those that are not there any more."""
    for table, identity in objects:
        if not exists(tx, Target(table, identity)):
            for permission in tx.of(Permission).list(object_id=identity):
                tx.of(Permission).remove(permission.id)
