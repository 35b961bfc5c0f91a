"""Who may use the engine, and the sessions in which they do."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable
from hosted_engine.engine.users.domains import login_of

EVERYONE_ID = "eee00000-0000-0000-0000-123456789eee"  # oVirt's: the group that every user is in


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody of a domain whom the engine knows. `name` is the principal with the domain's name
    (`admin@internal-authz`), `domain_entry_id` what the domain calls it."""

    id: str
    name: Annotated[str, Field("user_name", settable=Settable.ON_ADD, length=255)]
    domain: str
    domain_entry_id: Annotated[str, Field("domain_entry_id", settable=Settable.NEVER)] = ""
    namespace: Annotated[str, Field("namespace", settable=Settable.NEVER)] = "*"
    first_name: Annotated[str, Field("name", settable=Settable.NEVER, search="name")] = ""
    last_name: Annotated[str, Field("last_name", settable=Settable.NEVER, search="lastname")] = ""
    email: Annotated[str, Field("email", settable=Settable.NEVER, search="email")] = ""
    department: Annotated[str, Field("department", settable=Settable.NEVER, search="department")] = ""

    @property
    def principal(self) -> str:
        return self.name.removesuffix("@" + self.domain)

    @property
    def login(self) -> str:
        """What one types to sign in, and what events say: `admin@internal`."""
        return login_of(self.principal, self.domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of a domain that permissions may be given to."""

    id: str
    name: Annotated[str, Field("name", settable=Settable.ON_ADD, search="name", length=255)]
    domain: str
    domain_entry_id: Annotated[str, Field("domain_entry_id", settable=Settable.NEVER)] = ""
    namespace: Annotated[str, Field("namespace", settable=Settable.NEVER)] = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`id` is the SHA-256 of the token in hex: who reads the database cannot use what it holds. `group_ids` are the
    groups that its user was in when it began, `address` where it was begun from, `login` what was typed."""

    id: str
    user_id: Annotated[str, Reference(to="users", on_remove=OnRemove.CASCADE)]
    scope: str
    created_at: float
    last_used_at: float
    expires_at: float
    group_ids: tuple[str, ...] = ()
    address: str = ""
    login: str = ""

    @property
    def shown_id(self) -> str:
        """Enough of it to tell it from others."""
        return self.id[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a command runs. An empty `correlation_id` lets the engine choose one. `address` is where the
    request came from, `session_id` what is shown of its session's id; both are empty where there is none."""

    user_id: str | None
    user_name: str
    correlation_id: str = ""
    group_ids: tuple[str, ...] = ()
    address: str = ""
    session_id: str = ""


SYSTEM = Caller(user_id=None, user_name="SYSTEM")
