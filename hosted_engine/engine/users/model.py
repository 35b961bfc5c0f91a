"""Who may use the engine, and the sessions in which they do."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`name` is the login with its domain, `admin@internal`; `password_hash` is as hosted_engine.passwords makes it."""

    id: str
    name: Annotated[str, Field("user_name", settable=Settable.NEVER)]
    domain: str
    password_hash: str = ""
    first_name: Annotated[str, Field("name", settable=Settable.NEVER, search="name")] = ""
    last_name: Annotated[str, Field("last_name", settable=Settable.NEVER, search="lastname")] = ""
    email: Annotated[str, Field("email", settable=Settable.NEVER, search="email")] = ""
    administrator: bool = False

    @property
    def principal(self) -> str:
        return self.name.removesuffix("@" + self.domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`id` is the SHA-256 of the token in hex: who reads the database cannot use what it holds."""

    id: str
    user_id: Annotated[str, Reference(to="users", on_remove=OnRemove.CASCADE)]
    scope: str
    created_at: float
    last_used_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a command runs. An empty `correlation_id` lets the engine choose one."""

    user_id: str | None
    user_name: str
    correlation_id: str = ""


SYSTEM = Caller(user_id=None, user_name="SYSTEM")
