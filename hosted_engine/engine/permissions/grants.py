"""Gives permissions where no request asks for one: to whoever makes something, and at a site's beginning."""

from collections.abc import Iterable

from hosted_engine.engine.ids import new_id
from hosted_engine.engine.permissions.model import SYSTEM, SYSTEM_ID, Permission
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.roles.predefined import SUPER_USER_ID


def grant(tx: Transaction, holder_id: str, role_id: str, table: str = SYSTEM, object_id: str = SYSTEM_ID) -> None:
    """Nothing where it is so already."""
    if not tx.of(Permission).count(holder_id=holder_id, role_id=role_id, object_id=object_id):
        tx.of(Permission).add(
            Permission(id=new_id(), role_id=role_id, holder_id=holder_id, object_table=table, object_id=object_id)
        )


def copy_permissions(tx: Transaction, source: tuple[str, str], target: tuple[str, str]) -> None:
    """Whoever has a role on `source`, table and id, gets it on `target`."""
    table, identity = source
    for one in tx.of(Permission).list(object_table=table, object_id=identity):
        grant(tx, one.holder_id, one.role_id, *target)


def check_super_user_left(tx: Transaction, *, without: str = "", without_holder: str = "") -> None:
    """Raises WrongState when nobody could do everything any more without that permission, or that user or group."""
    there: Iterable[Permission] = tx.of(Permission).list(role_id=SUPER_USER_ID, object_id=SYSTEM_ID)
    left = [one for one in there if one.id != without and one.holder_id != without_holder]
    if there and not left:
        raise WrongState(
            action="remove",
            kind="role",
            name="SuperUser",
            reason="nobody else has it on the system",
            mend="Give it to somebody else first",
        )
