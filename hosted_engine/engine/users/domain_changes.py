"""Adds, changes and removes domains of directories, for the command line."""

from collections.abc import Callable
from typing import TypeVar

from cryptography.x509 import load_pem_x509_certificates

from hosted_engine.engine.command import good_name
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NameTaken
from hosted_engine.engine.users.domains import AUTHZ, Domain, DomainKind, domain_id
from hosted_engine.engine.users.ldap_model import LdapDirectory

T = TypeVar("T")


def add_directory(tx: Transaction, name: str, directory: LdapDirectory) -> None:
    """Raises BadValue, NameTaken."""
    good_name(name, kind="domain")
    check_directory(directory)
    if tx.of(Domain).get(directory.id) is not None:
        raise NameTaken(name=name, kind="domain")
    tx.of(Domain).add(Domain(id=directory.id, name=name + AUTHZ, kind=DomainKind.LDAP))
    tx.of(LdapDirectory).add(directory)


def change_directory(tx: Transaction, directory: LdapDirectory) -> None:
    """Raises BadValue."""
    check_directory(directory)
    tx.of(LdapDirectory).update(directory)


def remove_directory(tx: Transaction, name: str) -> None:
    """Its users stay known, with what they may do: who brings the domain back has them again."""
    for user in tx.users.list(domain=name + AUTHZ):
        for session in tx.sessions.list(user_id=user.id):
            tx.sessions.remove(session.id)
    tx.of(LdapDirectory).remove(domain_id(name + AUTHZ))
    tx.of(Domain).remove(domain_id(name + AUTHZ))


def check_directory(directory: LdapDirectory) -> None:
    """Raises BadValue."""
    for server in directory.servers:
        _check(split_server, server, server, "a server", "it is not HOST or HOST:PORT")
    for name in ("base_dn", "bind_dn"):
        if "=" not in (value := getattr(directory, name)):
            raise BadValue(value=repr(value), field=f"the {name}", reason="it is no distinguished name")
    pem = directory.authority_pem.encode()
    _check(load_pem_x509_certificates, pem, "this", "the CA file", "there is no certificate in PEM in it")


def split_server(server: str) -> tuple[str, int | None]:
    """Host and port; an IPv6 address with a port stands in brackets. Raises ValueError."""
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        return host, int(rest.removeprefix(":")) if rest else None
    if server.count(":") > 1:
        return server, None
    host, _, port = server.partition(":")
    if not host:
        raise ValueError(server)
    return host, int(port) if port else None


def _check(read: Callable[[T], object], given: T, value: str, field: str, reason: str) -> None:
    try:
        read(given)
    except ValueError as err:
        raise BadValue(value=value, field=field, reason=reason) from err
