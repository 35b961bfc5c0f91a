"""Domains: where users and groups come from. The internal one is the engine's own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, Settable

AUTHZ = "-authz"  # oVirt's: `internal` is what one signs in with, `internal-authz` where users come from
INTERNAL = "internal" + AUTHZ


class DomainKind(StrEnum):
    INTERNAL = "internal"
    LDAP = "ldap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """`id` follows from the name, as in oVirt, so that users of a domain that is gone can still be shown."""

    id: str
    name: Annotated[str, Field("name", settable=Settable.NEVER)]
    kind: DomainKind


def domain_id(name: str) -> str:
    return name.encode().hex().upper()


def login_of(principal: str, domain: str) -> str:
    return f"{principal}@{domain.removesuffix(AUTHZ)}"


def split_login(login: str) -> tuple[str, str]:
    """The principal and the name of the domain; both are empty where there is no @."""
    principal, at, profile = login.rpartition("@")
    return (principal, profile + AUTHZ) if at else ("", "")
