"""Users in the API."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.entity.declaration import READ, Entity, Place
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.words import Own, Value, path
from hosted_engine.engine.tags.entity import TAG
from hosted_engine.engine.users.model import Caller, User


class UserEntity(Entity[User]):
    def find(self, tx: Transaction, identity: str, caller: Caller) -> User | None:
        """`me` is whoever asks."""
        return super().find(tx, (caller.user_id or "") if identity == "me" else identity, caller)

    def show(self, item: User, gathered: Any) -> Mapping[str, Any]:
        """oVirt names a user's directory `internal-authz`, where its profile is `internal`."""
        principal, domain = item.principal, f"{item.domain}-authz"
        return {"principal": principal, "user_name": f"{principal}@{domain}", "domain.name": domain, "namespace": "*"}


def _directory(said: str) -> str:
    """oVirt's name for it ends so; as a pattern it may end with a star."""
    bare = said.removesuffix("*")
    return bare.removesuffix("-authz") + said[len(bare) :]


def _login(said: str) -> str:
    """A login alone, or with its directory behind the last @."""
    login, at, directory = said.rpartition("@")
    return f"{login}@{_directory(directory)}" if at else f"{said}@*"


USERS = UserEntity(
    User,
    "users",
    kind="user",
    type="User",
    path="users",
    places=(Place(("Users", "User"), methods=READ),),
    unique=(("name",),),
    searches={
        "directory": Value(Own("domain"), rewrite=_directory),
        "login": Value(Own("name"), rewrite=_login),
        "tag": TAG,
        "user_and_domain": Value(Own("name"), rewrite=_login),
        "usrname": Value(Own("name"), rewrite=_login),
    },
    related={"events": path("events.user_id")},
)
