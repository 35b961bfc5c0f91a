"""A directory in memory; tests/integration/ldap holds it to a real one."""

import fnmatch
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hosted_engine.directories.directories import MOST_ENTRIES
from hosted_engine.engine.ports import Store
from hosted_engine.engine.search.question import AnyOf, Like, OneOf, Present, Question, Test
from hosted_engine.engine.search.terms import Own
from hosted_engine.engine.users.directories import DirectorySettings, DirectoryUnavailable, Verdict
from hosted_engine.engine.users.directory import Entry
from hosted_engine.engine.users.domains import Domain, DomainKind, domain_id
from hosted_engine.engine.users.ldap_model import LdapDirectory, LdapSchema, LdapTls


@dataclass
class FakeDirectories:
    """The same people in every domain. `members` are ids of users and groups by the id of a group; `asked` counts what
    was asked for."""

    people: dict[str, Entry] = field(default_factory=dict)
    teams: dict[str, Entry] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hindrances: dict[str, str] = field(default_factory=dict)
    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def add_user(self, name: str, password: str, **more: Any) -> Entry:
        entry = Entry(id=f"id-of-{name}", name=name, dn=f"uid={name}", **more)
        self.people[entry.id], self.passwords[entry.id] = entry, password
        return entry

    def add_group(self, name: str, *members: Entry) -> Entry:
        entry = Entry(id=f"id-of-{name}", name=name, dn=f"cn={name}")
        self.teams[entry.id], self.members[entry.id] = entry, tuple(member.id for member in members)
        return entry

    async def find_user(self, settings: DirectorySettings, name: str) -> Entry | None:
        self._ask(settings, "find_user")
        return _of(settings, _named(self.people, name))

    async def find_group(self, settings: DirectorySettings, name: str) -> Entry | None:
        self._ask(settings, "find_group")
        return _of(settings, _named(self.teams, name))

    async def users(self, settings: DirectorySettings, question: Question) -> Sequence[Entry]:
        self._ask(settings, "users")
        return [_in(settings, one) for one in _chosen(self.people, question)]

    async def groups(self, settings: DirectorySettings, question: Question) -> Sequence[Entry]:
        self._ask(settings, "groups")
        return [_in(settings, one) for one in _chosen(self.teams, question)]

    async def users_by_id(self, settings: DirectorySettings, ids: Collection[str]) -> Mapping[str, Entry]:
        self._ask(settings, "users_by_id")
        return {id: _in(settings, self.people[id]) for id in ids if id in self.people}

    async def groups_by_id(self, settings: DirectorySettings, ids: Collection[str]) -> Mapping[str, Entry]:
        self._ask(settings, "groups_by_id")
        return {id: _in(settings, self.teams[id]) for id in ids if id in self.teams}

    async def groups_of(self, settings: DirectorySettings, user: Entry) -> Sequence[Entry]:
        self._ask(settings, "groups_of")
        found: dict[str, Entry] = {}
        members = [user.id]
        while members:
            member = members.pop()
            above = [id for id, inside in self.members.items() if member in inside and id not in found]
            found |= {id: _in(settings, self.teams[id]) for id in above}
            members += above
        return tuple(found.values())

    async def check_password(self, settings: DirectorySettings, user: Entry, password: str) -> Verdict:
        self._ask(settings, "check_password")
        right = bool(password) and self.passwords.get(user.id) == password
        return Verdict(right, self.hindrances.get(user.id, "") if right else "")

    def _ask(self, settings: DirectorySettings, what: str) -> None:
        self.asked.append(what)
        if self.is_down:
            raise DirectoryUnavailable(domain=settings.domain, reason="none of its servers answers")


def add_directory_domain(store: Store, name: str, base_dn: str = "dc=corp") -> None:
    """Its servers are asked by nobody: whoever has this fake asks that."""
    with store.transaction() as tx:
        directory = LdapDirectory(
            id=domain_id(name),
            schema=LdapSchema.OPENLDAP,
            servers=("ldap.example",),
            tls=LdapTls.LDAPS,
            authority_pem="",
            base_dn=base_dn,
            bind_dn=f"cn=engine,{base_dn}",
            bind_password=tx.secrets.seal("bind-secret"),
        )
        tx.of(Domain).add(Domain(id=directory.id, name=name, kind=DomainKind.LDAP))
        tx.of(LdapDirectory).add(directory)


def _in(settings: DirectorySettings, entry: Entry) -> Entry:
    return replace(entry, namespace=settings.directory.base_dn)


def _of(settings: DirectorySettings, entry: Entry | None) -> Entry | None:
    return entry and _in(settings, entry)


def _named(there: Mapping[str, Entry], name: str) -> Entry | None:
    return next((entry for entry in there.values() if entry.name.casefold() == name.casefold()), None)


def _chosen(there: Mapping[str, Entry], question: Question) -> Sequence[Entry]:
    found = [one for one in there.values() if not question.alternatives or _matches(one, question)]
    found.sort(key=lambda entry: entry.name.casefold())
    limit = MOST_ENTRIES if question.limit is None else question.limit
    return found[question.offset : question.offset + limit]


def _matches(entry: Entry, question: Question) -> bool:
    return any(all(_any_of(entry, condition) for condition in all_of) for all_of in question.alternatives)


def _any_of(entry: Entry, condition: AnyOf) -> bool:
    return any(_test(entry, test) for test in condition.tests) is not condition.negated


def _test(entry: Entry, test: Test) -> bool:
    assert isinstance(test.value, Own)
    value = getattr(entry, test.value.field).casefold()
    match test.comparison:
        case Like(pattern=pattern):
            escaped = "".join(f"[{char}]" if char in "?[" else char for char in pattern.casefold())
            return bool(value) and fnmatch.fnmatchcase(value, escaped)
        case Present():
            return bool(value)
        case OneOf(values=values):
            return value in [str(one).casefold() for one in values]
    raise AssertionError(test)
