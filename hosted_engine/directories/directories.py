"""Directories as the engine asks them: in threads, each question within a bounded time, of the next server where one
does not answer."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from hosted_engine.directories.client import LdapClient, ServerFailed
from hosted_engine.directories.filters import either, equal, filter_of
from hosted_engine.directories.schemas import SCHEMAS, Schema
from hosted_engine.engine.search.question import Question
from hosted_engine.engine.users.directories import DirectorySettings, DirectoryUnavailable, Verdict
from hosted_engine.engine.users.directory import Entry

T = TypeVar("T")
log = logging.getLogger(__name__)

MOST_ENTRIES = 100  # in one answer, where nothing else is asked for
AT_ONCE = 4  # questions to one directory: threads that hang are its own
AVOID_S = 60.0  # a server that failed is asked after the others for so long


class LdapDirectories:
    """Implements hosted_engine.engine.users.directories.Directories. A question takes three times a directory's
    `timeout_s` at most, whatever its servers do."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._failed: dict[str, float] = {}  # when, by server

    async def find_user(self, settings: DirectorySettings, name: str) -> Entry | None:
        """Of exactly this name, but for capital letters; directories take more for the same."""
        schema = SCHEMAS[settings.directory.schema]
        return _named(await self._ask(settings, lambda client: client.users(equal(schema.name, name), 2)), name)

    async def find_group(self, settings: DirectorySettings, name: str) -> Entry | None:
        return _named(await self._ask(settings, lambda client: client.groups(equal("cn", name), 2)), name)

    async def users(self, settings: DirectorySettings, question: Question) -> Sequence[Entry]:
        schema = SCHEMAS[settings.directory.schema]
        filter_ = filter_of(question, f"({schema.name}=*)", schema.fields)
        return await self._listed(settings, question, lambda client, limit: client.users(filter_, limit))

    async def groups(self, settings: DirectorySettings, question: Question) -> Sequence[Entry]:
        schema = SCHEMAS[settings.directory.schema]
        filter_ = filter_of(question, "(cn=*)", schema.group_fields)
        return await self._listed(settings, question, lambda client, limit: client.groups(filter_, limit))

    async def users_by_id(self, settings: DirectorySettings, ids: Collection[str]) -> Mapping[str, Entry]:
        return await self._by_id(settings, ids, LdapClient.users)

    async def groups_by_id(self, settings: DirectorySettings, ids: Collection[str]) -> Mapping[str, Entry]:
        return await self._by_id(settings, ids, LdapClient.groups)

    async def groups_of(self, settings: DirectorySettings, user: Entry) -> Sequence[Entry]:
        return await self._ask(settings, lambda client: client.groups_of(user))

    async def check_password(self, settings: DirectorySettings, user: Entry, password: str) -> Verdict:
        return await self._ask(settings, lambda client: client.check_password(user, password))

    async def _listed(
        self, settings: DirectorySettings, question: Question, ask: Callable[[LdapClient, int], Sequence[Entry]]
    ) -> Sequence[Entry]:
        """By name; directories have no order of their own, so that the first of many are any."""
        limit = MOST_ENTRIES if question.limit is None else question.limit
        if not limit:
            return ()
        found = await self._ask(settings, lambda client: ask(client, question.offset + limit))
        ordered = sorted(found, key=lambda entry: entry.name.casefold())
        return ordered[question.offset : question.offset + limit]

    async def _by_id(
        self,
        settings: DirectorySettings,
        ids: Collection[str],
        ask: Callable[[LdapClient, str, int], Sequence[Entry]],
    ) -> Mapping[str, Entry]:
        schema, some = SCHEMAS[settings.directory.schema], sorted(ids)
        found: dict[str, Entry] = {}
        for start in range(0, len(some), MOST_ENTRIES):
            filter_ = _identified(schema, some[start : start + MOST_ENTRIES])
            entries = await self._ask(settings, partial(_by_filter, ask, filter_))
            found |= {entry.id: entry for entry in entries}
        return found

    async def _ask(self, settings: DirectorySettings, ask: Callable[[LdapClient], T]) -> T:
        """Raises DirectoryUnavailable."""
        clients: list[LdapClient] = []
        work = self._executor(settings).submit(partial(self._ask_in_turn, settings, ask, clients))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(work), 3 * settings.directory.timeout_s)
        except TimeoutError:
            for client in clients:
                client.abort()
            raise DirectoryUnavailable(domain=settings.domain, reason="none of its servers answers in time") from None

    def _ask_in_turn(self, settings: DirectorySettings, ask: Callable[[LdapClient], T], clients: list[LdapClient]) -> T:
        """In a thread. `clients` gets what is at work, to be aborted from outside."""
        timeout_s, reasons = settings.directory.timeout_s, list[str]()
        until = self._clock() + 2 * timeout_s
        for server in self._in_order(settings.directory.servers):
            left = until - self._clock()
            if left <= 0:
                break
            try:
                client = LdapClient(settings, server, min(timeout_s, left))
                clients.append(client)
                answer = ask(client)
            except (ServerFailed, ssl.SSLError) as err:
                self._failed[server] = self._clock()
                reasons.append(f"{server}: {err}")
            else:
                self._failed.pop(server, None)
                return answer
        log.warning("the directory of %s does not answer: %s", settings.domain, "; ".join(reasons))
        raise DirectoryUnavailable(domain=settings.domain, reason="none of its servers answers")

    def _in_order(self, servers: Sequence[str]) -> Sequence[str]:
        now = self._clock()
        return sorted(servers, key=lambda server: now - self._failed.get(server, -AVOID_S * 2) < AVOID_S)

    def _executor(self, settings: DirectorySettings) -> ThreadPoolExecutor:
        identity = settings.directory.id
        if identity not in self._threads:
            self._threads[identity] = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"ldap-{settings.domain}")
        return self._threads[identity]


def _by_filter(
    ask: Callable[[LdapClient, str, int], Sequence[Entry]], filter_: str, client: LdapClient
) -> Sequence[Entry]:
    return ask(client, filter_, MOST_ENTRIES)


def _identified(schema: Schema, ids: Sequence[str]) -> str:
    return either(tuple(map(schema.identified, ids)))


def _named(entries: Sequence[Entry], name: str) -> Entry | None:
    """The one of this name, where it is one alone."""
    found = [entry for entry in entries if entry.name.casefold() == name.casefold()]
    return found[0] if len(found) == 1 and len(entries) == 1 else None
