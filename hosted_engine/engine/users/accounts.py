"""The internal domain: accounts with passwords, and groups of them. A command line makes them
(`python -m hosted_engine.accounts`), the API only shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable
from hosted_engine.engine.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`password_hash` is as hosted_engine.passwords makes it; without one nobody signs in. `old_password_hashes` are
    those before it, the newest first. Times are seconds since the epoch; at None it never expires. `service` is an
    account of a program: its password is a long random secret that expires only where that was said."""

    id: str
    name: Annotated[str, Field("principal", settable=Settable.NEVER, search="usrname")]
    domain_id: Annotated[str, Reference(to="domains")]
    password_hash: str = ""
    password_changed_at: float = 0.0
    password_expires_at: float | None = None
    old_password_hashes: tuple[str, ...] = ()
    enabled: bool = True
    service: bool = False
    expires_at: float | None = None
    first_name: Annotated[str, Field("name", settable=Settable.NEVER, search="name")] = ""
    last_name: Annotated[str, Field("last_name", settable=Settable.NEVER, search="lastname")] = ""
    email: Annotated[str, Field("email", settable=Settable.NEVER, search="email")] = ""
    department: Annotated[str, Field("department", settable=Settable.NEVER, search="department")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountGroup:
    id: str
    name: Annotated[str, Field("name", settable=Settable.NEVER, search="name")]
    domain_id: Annotated[str, Reference(to="domains")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMembership:
    """`member_id` is an account's or another group's."""

    id: str
    group_id: Annotated[str, Reference(to="account_groups", on_remove=OnRemove.CASCADE)]
    member_id: Annotated[
        str, Reference(to=("accounts", "account_groups"), on_remove=OnRemove.CASCADE, strict=False, index=True)
    ]


def groups_of(tx: Transaction, member_id: str) -> tuple[str, ...]:
    """The ids of all groups that it is in, at whatever depth."""
    found: dict[str, None] = {}
    members: Iterable[str] = (member_id,)
    while members:
        above = {one.group_id for one in tx.of(AccountMembership).list(member_id=tuple(members))}
        members = above - found.keys()
        found |= dict.fromkeys(sorted(members))
    return tuple(found)
