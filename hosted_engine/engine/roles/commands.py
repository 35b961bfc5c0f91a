"""Adds and changes roles together with their permits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from hosted_engine.engine.command import Context
from hosted_engine.engine.entity.commands import AddEntity, UpdateEntity
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotThere, WrongState
from hosted_engine.engine.roles.model import Permit, Role, RolePermit, role_permit_id


class AddRole(AddEntity, frozen=True, kw_only=True):
    permits: tuple[str, ...] = ()

    def check(self, tx: Transaction) -> None:
        super().check(tx)
        check_permits(tx, self._item(), self.permits)

    def finish(self, tx: Transaction, context: Context) -> None:
        super().finish(tx, context)
        set_permits(tx, self.id, self.permits)


class UpdateRole(UpdateEntity, frozen=True, kw_only=True):
    """None leaves the permits as they are."""

    permits: tuple[str, ...] | None = None

    def check(self, tx: Transaction) -> None:
        super().check(tx)
        permits = permits_of(tx, self.id) if self.permits is None else self.permits
        check_permits(tx, self._changed(tx), permits)

    def finish(self, tx: Transaction, context: Context) -> None:
        super().finish(tx, context)
        if self.permits is not None:
            set_permits(tx, self.id, self.permits)


def permits_of(tx: Transaction, role_id: str) -> tuple[str, ...]:
    return tuple(one.permit_id for one in tx.of(RolePermit).list(role_id=role_id))


def check_permits(tx: Transaction, role: Role, wanted: Collection[str]) -> None:
    """Raises NotThere for a permit that there is none of, BadValue where the role is not for it."""
    there: Mapping[str, Permit] = tx.of(Permit).find(wanted)
    for identity in wanted:
        if identity not in there:
            raise NotThere(kind="permit", id=identity)
    administrative = sorted(permit.name for permit in there.values() if permit.administrative)
    if administrative and not role.administrative:
        reason = "only a role that is administrative may have it"
        raise BadValue(value=", ".join(administrative), field="role.permits", reason=reason)


def check_mutable(role: Role, action: str) -> None:
    if not role.mutable:
        raise WrongState(
            action=action,
            kind="role",
            name=role.name,
            reason="it is one of the predefined roles",
            mend="Make a role of your own",
        )


def set_permits(tx: Transaction, role_id: str, wanted: Sequence[str]) -> None:
    there = set(permits_of(tx, role_id))
    for identity in there - set(wanted):
        tx.of(RolePermit).remove(role_permit_id(role_id, identity))
    for identity in dict.fromkeys(wanted):
        if identity not in there:
            tx.of(RolePermit).add(RolePermit(id=role_permit_id(role_id, identity), role_id=role_id, permit_id=identity))
    note_viewing(tx, role_id)


def note_viewing(tx: Transaction, role_id: str, *, without: str = "") -> None:
    """Whether it shows what is below an object follows from its permits, that one aside."""
    role = tx.of(Role).get(role_id)
    if role is not None and role.mutable:
        permits = tx.of(Permit).find([id for id in permits_of(tx, role_id) if id != without]).values()
        tx.of(Role).update(replace(role, allows_viewing_children=any(p.allows_viewing_children for p in permits)))
