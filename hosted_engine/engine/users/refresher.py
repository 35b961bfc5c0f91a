"""Looks now and then what directories say of the users whom the engine knows: who is gone or locked there is signed
out, who has another name or other groups has them here."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hosted_engine.engine.command import Context
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users.directories import DirectorySettings, DirectoryUnavailable, settings_of
from hosted_engine.engine.users.directory import Entry
from hosted_engine.engine.users.domains import AUTHZ, Domain, DomainKind
from hosted_engine.engine.users.entity import user_of
from hosted_engine.engine.users.model import SYSTEM, Group, User
from hosted_engine.engine.users.sessions import terminate

EVERY_S = 300.0
log = logging.getLogger(__name__)


class DirectoryRefresher:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def run(self) -> None:
        trouble = "what directories say could not be looked at"
        await self._engine.periodically(EVERY_S, self.refresh, trouble=trouble, later=True)

    async def refresh(self) -> None:
        """A directory that does not answer changes nothing."""
        for settings in await self._engine.store.read(_all_settings):
            try:
                await self._refresh(settings)
            except DirectoryUnavailable as err:
                log.warning("%s", err)

    async def _refresh(self, settings: DirectorySettings) -> None:
        domain, directories = settings.domain + AUTHZ, self._engine.directories
        users = await self._engine.store.read(lambda tx: tx.users.list(domain=domain))
        there = await directories.users_by_id(settings, [user.domain_entry_id for user in users])
        signed_in = await self._engine.store.read(lambda tx: _signed_in(tx, users))
        groups = {
            entry.id: [group.id for group in await directories.groups_of(settings, entry)]
            for user in signed_in
            if (entry := there.get(user.domain_entry_id)) is not None and entry.enabled
        }
        with self._engine.store.transaction() as tx:
            context = Context(SYSTEM, job_id="", correlation_id="", now=self._engine.clock())
            apply(tx, users, there, groups, context)


def apply(
    tx: Transaction,
    users: Sequence[User],
    there: Mapping[str, Entry],
    groups: Mapping[str, Sequence[str]],
    context: Context,
) -> None:
    """`there` holds what the directory knows of `users`, `groups` in which of its groups who is signed in is."""
    for user in users:
        if tx.users.get(user.id) != user:
            continue  # removed or changed meanwhile
        entry = there.get(user.domain_entry_id)
        if entry is None or not entry.enabled:
            for session in tx.sessions.list(user_id=user.id):
                terminate(tx, session, context)
            continue
        _rename(tx, user, entry)
        if entry.id in groups:
            _regroup(tx, user, groups[entry.id])


def _rename(tx: Transaction, user: User, entry: Entry) -> None:
    """Not where the name is somebody else's here, who is renamed or gone as well: the next time comes."""
    now = replace(user_of(entry, user.domain), id=user.id)
    if now != user and all(other.id == user.id for other in tx.users.list(name=now.name)):
        tx.users.update(now)


def _regroup(tx: Transaction, user: User, entries: Sequence[str]) -> None:
    known = tx.of(Group).list(domain=user.domain, domain_entry_id=tuple(entries)) if entries else ()
    ids = tuple(group.id for group in known)
    for session in tx.sessions.list(user_id=user.id):
        if set(session.group_ids) != set(ids):
            tx.sessions.update(replace(session, group_ids=ids))


def _signed_in(tx: Transaction, users: Sequence[User]) -> Sequence[User]:
    return [user for user in users if tx.sessions.count(user_id=user.id)]


def _all_settings(tx: Transaction) -> Sequence[DirectorySettings]:
    found = [settings_of(tx, domain.name) for domain in tx.of(Domain).list(kind=DomainKind.LDAP)]
    return [settings for settings in found if settings is not None]
