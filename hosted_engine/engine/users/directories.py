"""What the engine asks of directories (LDAP): the port, and how one is configured."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.question import Question
from hosted_engine.engine.users.directory import Entry
from hosted_engine.engine.users.domains import domain_id
from hosted_engine.engine.users.ldap_model import LdapDirectory
from node.api.problems import Refused


class DirectoryUnavailable(Refused):
    """Nobody can say now who is in there, or whose a password is."""

    what = "Cannot ask the directory of the domain {domain}"
    why = "{reason}"
    mend = "Try again; an administrator of the engine can look with `trivet-domains test {domain}`"
    status = 503


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """`domain` is its name as users know it, without `-authz`."""

    domain: str
    directory: LdapDirectory
    bind_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`hindrance` says why who has shown the right password is not let in all the same."""

    right: bool
    hindrance: str = ""


class Directories(Protocol):
    """All raise DirectoryUnavailable, within a bounded time. Groups are those at whatever depth."""

    async def find_user(self, settings: DirectorySettings, name: str) -> Entry | None: ...
    async def find_group(self, settings: DirectorySettings, name: str) -> Entry | None: ...
    async def users(self, settings: DirectorySettings, question: Question) -> Sequence[Entry]: ...
    async def groups(self, settings: DirectorySettings, question: Question) -> Sequence[Entry]: ...
    async def users_by_id(self, settings: DirectorySettings, ids: Collection[str]) -> Mapping[str, Entry]: ...
    async def groups_by_id(self, settings: DirectorySettings, ids: Collection[str]) -> Mapping[str, Entry]: ...
    async def groups_of(self, settings: DirectorySettings, user: Entry) -> Sequence[Entry]: ...
    async def check_password(self, settings: DirectorySettings, user: Entry, password: str) -> Verdict: ...


def settings_of(tx: Transaction, domain: str) -> DirectorySettings | None:
    """Of the domain of that name (`corp-authz`), None where it is none of a directory."""
    directory = tx.of(LdapDirectory).get(domain_id(domain))
    if directory is None:
        return None
    return DirectorySettings(domain.removesuffix("-authz"), directory, tx.secrets.reveal(directory.bind_password))
