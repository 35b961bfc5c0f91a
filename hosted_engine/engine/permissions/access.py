"""What one caller may do and see, by the permissions that they, their groups and everybody have. Decisions alone; the
store is asked as little as that takes: of one who may do it on the whole system nothing but the permissions."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.permissions.objects import THE_SYSTEM, Target, line_of
from hosted_engine.engine.permissions.operations import SUPER_USER
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.roles import predefined
from hosted_engine.engine.roles.model import Role, RolePermit
from hosted_engine.engine.users.model import EVERYONE_ID, Caller

_GRANTING = ("manipulate_permissions", "add_users_and_groups_from_directory")


@dataclass(frozen=True, slots=True)
class Grant:
    role: Role
    target: Target
    everyone: bool


class Access:
    """Lives as long as its transaction."""

    def __init__(self, tx: Transaction, caller: Caller) -> None:
        self.tx = tx
        self.caller = caller
        self._lines: dict[Target, tuple[Target, ...]] = {}

    @property
    def holders(self) -> tuple[str, ...]:
        return (self.caller.user_id or "", *self.caller.group_ids, EVERYONE_ID)

    def line(self, target: Target) -> tuple[Target, ...]:
        """The object and what is above it."""
        if target not in self._lines:
            self._lines[target] = line_of(self.tx, target)
        return self._lines[target]

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        permissions = self.tx.of(Permission).list(holder_id=self.holders)
        own = {one.role_id for one in permissions} - predefined.roles_by_id().keys()
        roles = predefined.roles_by_id() | dict(self.tx.of(Role).find(own) if own else {})
        return tuple(
            Grant(roles[one.role_id], Target(one.object_table, one.object_id), one.holder_id == EVERYONE_ID)
            for one in permissions
        )

    @cached_property
    def is_administrator(self) -> bool:
        """Who has a role of administrators on whatever object sees everything, as in oVirt."""
        return any(grant.role.administrative and not grant.everyone for grant in self.grants)

    def may(self, permit: str, target: Target) -> bool:
        """Whether a role on the object, or on one above it, has the permit."""
        if self._have(permit, (THE_SYSTEM,)):
            return True
        return target != THE_SYSTEM and self._have(permit, self.line(target))

    def knows(self, target: Target) -> bool:
        """Whether they may be told its name: by a role on it, or on what is above it if that shows what is below."""
        line = self.line(target)
        return any(
            grant.target == target or (grant.target in line and grant.role.allows_viewing_children)
            for grant in self.grants
        )

    def may_somewhere(self, permits: Iterable[str]) -> bool:
        everywhere = {grant.target for grant in self.grants}
        return any(self._have(permit, everywhere) for permit in permits)

    @property
    def may_grant(self) -> bool:
        return self.may_somewhere(_GRANTING)

    def _have(self, permit: str, line: Iterable[Target]) -> bool:
        ids = {target.id for target in line}
        roles = {grant.role.id for grant in self.grants if grant.target.id in ids}
        if permit == SUPER_USER:
            return predefined.SUPER_USER_ID in roles
        identity = predefined.permit_ids()[permit]
        if any(identity in predefined.permits_of_role(role) for role in roles):
            return True
        own = tuple(roles - predefined.roles_by_id().keys())
        return bool(own) and bool(self.tx.of(RolePermit).count(role_id=own, permit_id=identity))
