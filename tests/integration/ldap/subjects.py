"""The same directory, once in memory and once in a real slapd, to be held against each other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hosted_engine.directories.directories import LdapDirectories
from hosted_engine.engine.secrets import Secret
from hosted_engine.engine.users.directories import Directories, DirectorySettings
from hosted_engine.engine.users.domains import domain_id
from hosted_engine.engine.users.ldap_model import LdapDirectory, LdapSchema, LdapTls
from tests.fakes.directory import FakeDirectories
from tests.integration.ldap.server import BASE, BIND_DN, BIND_PASSWORD, Slapd


@dataclass(frozen=True, slots=True)
class Subject:
    """`add_group(name, *names of users and groups)`."""

    directories: Directories
    settings: DirectorySettings
    add_user: Callable[..., Any]
    add_group: Callable[..., Any]


def settings_for(server: Slapd, **changes: Any) -> DirectorySettings:
    password = changes.pop("bind_password", BIND_PASSWORD)
    said: dict[str, Any] = {
        "id": domain_id("corp-authz"),
        "schema": LdapSchema.OPENLDAP,
        "servers": (f"{server.address}:{server.ldaps_port}",),
        "tls": LdapTls.LDAPS,
        "authority_pem": server.authority_pem,
        "base_dn": BASE,
        "bind_dn": BIND_DN,
        "bind_password": Secret("sealed"),
        "timeout_s": 2.0,
    }
    return DirectorySettings("corp", LdapDirectory(**{**said, **changes}), password)


def real(server: Slapd) -> Subject:
    dns: dict[str, str] = {}

    def add_user(name: str, password: str, **more: str) -> None:
        dns[name] = server.add_user(name, password, **more)

    def add_group(name: str, *members: str) -> None:
        dns[name] = server.add_group(name, *(dns[member] for member in members))

    return Subject(LdapDirectories(), settings_for(server), add_user, add_group)


def fake(server: Slapd) -> Subject:
    there, entries = FakeDirectories(), dict[str, Any]()

    def add_user(name: str, password: str, **more: str) -> None:
        entries[name] = there.add_user(name, password, **{"last_name": name, **more})

    def add_group(name: str, *members: str) -> None:
        entries[name] = there.add_group(name, *(entries[member] for member in members))

    return Subject(there, settings_for(server), add_user, add_group)
