"""Domains whose users and groups a directory keeps that is asked by LDAP: Active Directory, OpenLDAP, FreeIPA."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import OnRemove, Reference
from hosted_engine.engine.secrets import Secret


class LdapSchema(StrEnum):
    """What its attributes are called."""

    ACTIVE_DIRECTORY = "ad"
    OPENLDAP = "openldap"
    IPA = "ipa"


class LdapTls(StrEnum):
    """Without one of them nothing is sent."""

    LDAPS = "ldaps"
    STARTTLS = "starttls"


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapDirectory:
    """`id` is the domain's. `servers` are host or host:port, asked in this order, the one that answered last first;
    `authority_pem` has the certificates by which they are believed. `bind_dn` is who searches."""

    id: Annotated[str, Reference(to="domains", on_remove=OnRemove.CASCADE)]
    schema: LdapSchema
    servers: tuple[str, ...]
    tls: LdapTls
    authority_pem: str
    base_dn: str
    bind_dn: str
    bind_password: Secret
    timeout_s: float = 5.0
