"""Users and groups in the API: those of a domain whom the engine knows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.commands import AddEntity, UpdateEntity
from hosted_engine.engine.entity.declaration import ALL, Entity, Link, Options, Place, Values
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Field, Reference, Settable
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.permissions.grants import check_super_user_left
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.search.terms import Own, Value, path
from hosted_engine.engine.tags.entity import TAG
from hosted_engine.engine.users.directory import Entry, find_group, find_user
from hosted_engine.engine.users.domains import AUTHZ, Domain, domain_id
from hosted_engine.engine.users.model import EVERYONE_ID, Caller, Group, User

_DOMAIN = Reference("domain", settable=Settable.ON_ADD, to="domains")


class UserEntity(Entity[User]):
    def find(self, tx: Transaction, identity: str, caller: Caller) -> User | None:
        """`me` is whoever asks."""
        return super().find(tx, (caller.user_id or "") if identity == "me" else identity, caller)

    def make(self, tx: Transaction, given: Values) -> User:
        """As the domain knows it. What it is called there comes from `principal`, or else from `user_name`."""
        name, domain = given["name"], _domain_given(tx, given) or given["name"].rpartition("@")[2]
        principal = given.get("principal") or name.removesuffix(f"@{domain}")
        entry = given["entry"] if "entry" in given else find_user(tx, domain, principal)
        if entry is None:
            reason = f"the domain {domain} (user.domain) has no such user"
            value, field = (principal, "user.principal") if given.get("principal") else (name, "user.user_name")
            raise BadValue(value=value, field=field, reason=reason)
        user = user_of(entry, domain)
        if name != user.name:
            reason = f"it is {user.name} that has this principal (user.principal)"
            raise BadValue(value=name, field="user.user_name", reason=reason)
        return user

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, User]:
        """One that is known already stays, as in oVirt."""
        item = self.make(tx, given)
        for there in tx.users.list(name=item.name):
            if there.domain_entry_id != item.domain_entry_id:
                reason = "the engine knows somebody else by this name, whom the domain has no more"
                mend = "Remove that user first"
                raise WrongState(action="add", kind=self.kind, name=item.name, reason=reason, mend=mend)
            item = replace(item, id=there.id)
            return UpdateEntity.of(self, there, item), item
        return AddEntity.of(self, item, place=place), item

    def check_removable(self, tx: Transaction, item: User) -> None:
        check_super_user_left(tx, without_holder=item.id)

    def removed(self, tx: Transaction, item: User) -> None:
        for session in tx.sessions.list(user_id=item.id):
            tx.sessions.remove(session.id)

    def show(self, item: User, gathered: Any) -> Mapping[str, Any]:
        return {"principal": item.principal, **shown_domain(item.domain)}


class GroupEntity(Entity[Group]):
    def make(self, tx: Transaction, given: Values) -> Group:
        domain = _domain_given(tx, given)
        if not domain:
            raise BadValue(value="nothing", field="group.domain", reason="a group is one of a domain")
        entry = given["entry"] if "entry" in given else find_group(tx, domain, given["name"])
        if entry is None:
            reason = f"the domain {domain} (group.domain) has no such group"
            raise BadValue(value=given["name"], field="group.name", reason=reason)
        return Group(id=new_id(), name=entry.name, domain=domain, domain_entry_id=entry.id, namespace=entry.namespace)

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Group]:
        """One that is known already stays, as in oVirt."""
        item = self.make(tx, given)
        for there in tx.of(Group).list(domain=item.domain, domain_entry_id=item.domain_entry_id):
            item = replace(item, id=there.id)
            return UpdateEntity.of(self, there, item), item
        return AddEntity.of(self, item, place=place), item

    def check_removable(self, tx: Transaction, item: Group) -> None:
        if item.id == EVERYONE_ID:
            raise WrongState(
                action="remove", kind=self.kind, name=item.name, reason="every user is in it", mend="Leave it"
            )
        check_super_user_left(tx, without_holder=item.id)

    def show(self, item: Group, gathered: Any) -> Mapping[str, Any]:
        return shown_domain(item.domain) if item.domain else {}


def user_of(entry: Entry, domain: str) -> User:
    return User(
        id=new_id(),
        name=f"{entry.name}@{domain}",
        domain=domain,
        domain_entry_id=entry.id,
        namespace=entry.namespace,
        first_name=entry.first_name,
        last_name=entry.last_name,
        email=entry.email,
        department=entry.department,
    )


def shown_domain(name: str) -> Mapping[str, Any]:
    return {"domain": Link("domains", domain_id(name), name=name)}


def _domain_given(tx: Transaction, given: Values) -> str:
    """The name of the domain, empty where none was given."""
    identity = given.get("domain_id")
    return found(tx.of(Domain).get(identity), "domain", identity).name if identity else ""


def _directory(login: str) -> str:
    """By the name of the domain or by what one signs in with; a pattern is what it is."""
    return login if login.endswith(("*", AUTHZ)) else login + AUTHZ


def _login(login: str) -> str:
    """A principal alone, or with its domain behind the last @."""
    principal, at, directory = login.rpartition("@")
    return f"{principal}@{_directory(directory)}" if at else f"{login}@*"


USERS = UserEntity(
    User,
    "users",
    kind="user",
    type="User",
    path="users",
    places=(Place(("Users", "User"), methods=ALL - {"update"}),),
    unique=(("name",),),
    events=Events(
        EventKind("USER_ADD", "User {name} was added to the system by {user}."),
        remove=EventKind("USER_REMOVE_ADUSER", "User {name} was removed from the system by {user}."),
    ),
    inputs={"domain_id": _DOMAIN, "principal": Field("principal", settable=Settable.ON_ADD, length=255)},
    searches={
        "directory": Value(Own("domain"), rewrite=_directory),
        "login": Value(Own("name"), rewrite=_login),
        "tag": TAG,
        "user_and_domain": Value(Own("name"), rewrite=_login),
        "usrname": Value(Own("name"), rewrite=_login),
    },
    related={"events": path("events.user_id")},
)

GROUPS = GroupEntity(
    Group,
    "groups",
    kind="group",
    type="Group",
    path="groups",
    places=(Place(("Groups", "Group"), methods=ALL - {"update"}),),
    unique=(("domain", "namespace", "name"),),
    events=Events(
        EventKind("USER_ADD", "Group {name} was added to the system by {user}."),
        remove=EventKind("USER_REMOVE_AD_GROUP", "Group {name} was removed from the system by {user}."),
    ),
    inputs={"domain_id": _DOMAIN},
)
