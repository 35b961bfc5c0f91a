"""Asks one server of a directory, and waits for it: for a thread of its own."""

import contextlib
import math
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from ldap3 import NONE, SUBTREE, SYNC, Connection, Server
from ldap3.core.exceptions import LDAPExceptionError

from hosted_engine.directories.filters import either, equal
from hosted_engine.directories.schemas import SCHEMAS, Raw
from hosted_engine.directories.tls import StrictTls
from hosted_engine.engine.users.directories import DirectorySettings, Verdict
from hosted_engine.engine.users.directory import Entry
from hosted_engine.engine.users.domain_changes import split_server
from hosted_engine.engine.users.ldap_model import LdapTls

T = TypeVar("T")

MOST_GROUPS = 1000  # that one user is in
_TOGETHER = 50  # members whose groups are asked for in one search
_DONE, _SIZE_LIMIT, _INVALID_CREDENTIALS = 0, 4, 49
_PORTS = {LdapTls.LDAPS: 636, LdapTls.STARTTLS: 389}
# What Active Directory adds to its 49 when the password was right.
_HINDRANCES = {
    "data 532": "the password has expired in the directory",
    "data 533": "the account is disabled in the directory",
    "data 701": "the account has expired in the directory",
    "data 773": "the password has to be changed in the directory first",
}


class ServerFailed(Exception):
    """Another server may answer."""


class LdapClient:
    """`server` is host or host:port. Every step takes `timeout_s` at most. Raises ServerFailed."""

    def __init__(self, settings: DirectorySettings, server: str, timeout_s: float) -> None:
        self._settings = settings
        self._schema = SCHEMAS[settings.directory.schema]
        self._timeout_s = timeout_s
        self._connection: Connection | None = None
        self._aborted = False
        host, port = split_server(server)
        tls = settings.directory.tls
        self._server = Server(
            host,
            port=port or _PORTS[tls],
            use_ssl=tls is LdapTls.LDAPS,
            tls=StrictTls(settings.directory.authority_pem, timeout_s),
            connect_timeout=timeout_s,
            get_info=NONE,
        )

    def abort(self) -> None:
        """From another thread: whatever waits there ends."""
        self._aborted = True
        if self._connection is not None and self._connection.socket is not None:
            with contextlib.suppress(OSError):
                self._connection.socket.shutdown(socket.SHUT_RDWR)

    def users(self, filter_: str, limit: int) -> Sequence[Entry]:
        schema = self._schema
        with self._searcher() as connection:
            found = self._search(connection, f"(&{schema.user}{filter_})", schema.attributes, limit)
        base = self._settings.directory.base_dn
        return [entry for dn, raw in found if (entry := schema.user_of(dn, raw, base)) is not None]

    def groups(self, filter_: str, limit: int) -> Sequence[Entry]:
        with self._searcher() as connection:
            return self._groups(connection, filter_, limit)

    def groups_of(self, user: Entry) -> Sequence[Entry]:
        """Those that it is in, and those that these are in, and so on."""
        found: dict[str, Entry] = {}
        schema = self._schema
        asked = [*(equal(name, user.dn) for name in schema.members), *(equal(name, user.name) for name in schema.names)]
        with self._searcher() as connection:
            while asked and len(found) < MOST_GROUPS:
                some, asked = asked[:_TOGETHER], asked[_TOGETHER:]
                for group in self._groups(connection, either(tuple(some)), MOST_GROUPS):
                    if group.id not in found:
                        found[group.id] = group
                        asked += [equal(name, group.dn) for name in schema.members]
        return tuple(found.values())

    def check_password(self, user: Entry, password: str) -> Verdict:
        if not password:
            return Verdict(False)  # LDAP takes a name without a password for nobody, and says yes
        with self._open(user.dn, password) as connection:
            connection.bind()
            if connection.result["result"] == _DONE:
                return Verdict(True)
            if connection.result["result"] == _INVALID_CREDENTIALS:
                return _verdict(str(connection.result.get("message", "")))
            raise ServerFailed(f"the sign-on was answered with {_answer_of(connection)}")

    @contextmanager
    def _searcher(self) -> Iterator[Connection]:
        directory = self._settings.directory
        with self._open(directory.bind_dn, self._settings.bind_password) as connection:
            if not connection.bind():
                raise ServerFailed(f"{directory.bind_dn} was not let in to search: {_answer_of(connection)}")
            yield connection

    @contextmanager
    def _open(self, user: str, password: str) -> Iterator[Connection]:
        """Over TLS, and nothing is said before."""
        connection = self._connection = Connection(
            self._server,
            user=user,
            password=password,
            client_strategy=SYNC,
            receive_timeout=math.ceil(self._timeout_s),  # ldap3 takes whole seconds
            auto_referrals=False,
            read_only=True,
        )
        try:
            connection.open()
            if self._settings.directory.tls is LdapTls.STARTTLS and not connection.start_tls():
                raise ServerFailed(f"it does not take StartTLS: {_answer_of(connection)}")
            if self._aborted:
                raise ServerFailed("it took too long")
            yield connection
        except (LDAPExceptionError, OSError) as err:
            raise ServerFailed(str(err) or type(err).__name__) from err
        finally:
            with contextlib.suppress(LDAPExceptionError, OSError):
                connection.unbind()

    def _groups(self, connection: Connection, filter_: str, limit: int) -> Sequence[Entry]:
        schema = self._schema
        found = self._search(connection, f"(&{schema.group}{filter_})", schema.group_attributes, limit)
        base = self._settings.directory.base_dn
        return [entry for dn, raw in found if (entry := schema.group_of(dn, raw, base)) is not None]

    def _search(
        self, connection: Connection, filter_: str, attributes: Sequence[str], limit: int
    ) -> Sequence[tuple[str, Raw]]:
        connection.search(
            self._settings.directory.base_dn,
            filter_,
            SUBTREE,
            attributes=list(attributes),
            size_limit=limit,
            time_limit=max(round(self._timeout_s), 1),
        )
        if connection.result["result"] not in (_DONE, _SIZE_LIMIT):
            raise ServerFailed(f"a search below {self._settings.directory.base_dn} ended with {_answer_of(connection)}")
        entries: Sequence[Any] = connection.response or ()
        return [(one["dn"], one["raw_attributes"]) for one in entries if one["type"] == "searchResEntry"]


def _verdict(message: str) -> Verdict:
    for mark, hindrance in _HINDRANCES.items():
        if mark in message:
            return Verdict(True, hindrance)
    return Verdict(False)


def _answer_of(connection: Connection) -> str:
    result = connection.result
    return f"{result.get('description')} ({result.get('message') or result.get('result')})"
