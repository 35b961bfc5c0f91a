"""Whose a login and a password are. They are checked slowly and rarely: a password that was right a moment ago is
recognised by a keyed digest in memory, so that Basic authentication on every request costs no argon2id on each."""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.loop import Writer
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.users import lockout
from hosted_engine.engine.users.accounts import groups_of
from hosted_engine.engine.users.directories import Directories, settings_of
from hosted_engine.engine.users.domains import split_login
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.users.sign_on import NameOfAnother, SignedOn, make_known, sign_on
from hosted_engine.limits import PASSWORD, USER_NAME
from hosted_engine.rest.candidates import Candidate, Outcome, Person
from hosted_engine.rest.internal_domain import InternalCandidate, InternalDomain
from hosted_engine.rest.ldap_domain import LdapCandidate
from hosted_engine.rest.throttle import Throttle
from node.serving.connections import source_of


class AccessDenied(Exception):
    """`reason` is empty for who has not shown the right password: to them nothing is said about why."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Right:
    mark: bytes
    person: Person
    stamp: object


class Credentials:
    """All raise DirectoryUnavailable where a directory has to be asked that does not answer."""

    def __init__(
        self, store: Store, writer: Writer, clock: Callable[[], float], directories: Directories | None
    ) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._directories = directories
        self._internal = InternalDomain(store, writer, clock)
        self._throttle = Throttle(clock)
        self._right: dict[str, _Right] = {}
        self._key = secrets.token_bytes(32)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def check(self, login: str, password: str, source: str) -> SignedOn:
        """`source` is the address that asks. Raises AccessDenied."""
        candidate = await self._candidate(login, password)
        if not await self._may_try(candidate.login, source_of(source)):
            raise AccessDenied  # before anything is compared: a pause holds for right passwords as well
        mark = hmac.digest(self._key, f"{login}\0{password}".encode(errors="replace"), "sha256")
        right = self._right.get(candidate.login)
        is_right = right is not None and hmac.compare_digest(right.mark, mark)
        if right is None or not is_right or candidate.stamp is None or right.stamp != candidate.stamp:
            person, outcome = await self._check_slowly(candidate, password, source)
            if outcome.hindrance:
                await self._turn_away(candidate.login, source, outcome)
            right = self._right[candidate.login] = _Right(mark, person, outcome.stamp)
        return await self._let_in(candidate.login, login, right.person, source)

    async def change_password(self, login: str, password: str, new: str, source: str) -> None:
        """Of who shows the one of now, also where that has expired. Raises AccessDenied, BadValue."""
        candidate = await self._candidate(login, password)
        _, outcome = await self._check_slowly(candidate, password, source)
        if outcome.hindrance and not outcome.expired:
            await self._turn_away(candidate.login, source, outcome)
        try:
            if not isinstance(candidate, InternalCandidate) or candidate.account is None:
                raise _not_here("passwords of this domain are changed in its directory")
            if candidate.account.service:
                raise _not_here("the secret of a service account is renewed in the engine's VM")
            caller = Caller(user_id=None, user_name=login, address=source)
            there = await self._store.read(lambda tx: self._internal.find(tx, login, *split_login(login)))
            await self._internal.change_password(there.account or candidate.account, new, caller)
        except BadValue as err:
            await self._note(EventType.USER_PASSWORD_CHANGE_FAILED, candidate.login, source, err.text.why)
            raise

    async def _candidate(self, login: str, password: str) -> Candidate:
        if len(login) > USER_NAME or len(password) > PASSWORD or "\0" in login:
            raise AccessDenied
        principal, domain = split_login(login)

        def find(tx: Transaction) -> Candidate:
            if self._directories is not None and (settings := settings_of(tx, domain)):
                return LdapCandidate(self._directories, settings, principal, self._clock())
            return self._internal.find(tx, login, principal, domain)

        return await self._store.read(find)

    async def _check_slowly(self, candidate: Candidate, password: str, source: str) -> tuple[Person, Outcome]:
        """One after the other: else many at once would all find that they may try."""
        address = source_of(source)
        async with self._turns.setdefault(candidate.turn, asyncio.Lock()):
            if not await self._may_try(candidate.login, address):
                raise AccessDenied
            outcome = await candidate.verify(password)
            if outcome.person is None:
                self._throttle.failed(address)
                if outcome.exists:  # else anybody could fill store and log with names
                    await self._note_wrong(candidate.login, source)
                raise AccessDenied
        return outcome.person, outcome

    async def _may_try(self, login: str, address: str) -> bool:
        rows = await self._store.read(lambda tx: lockout.addresses_of(tx, login))
        now = self._clock()
        if lockout.pause_s(rows, address, now):
            return False
        at_home = any(row.address == address and lockout.is_known(row, now) for row in rows)
        return at_home or self._throttle.allows(address)

    async def _let_in(self, login: str, typed: str, person: Person, source: str) -> SignedOn:
        """Who is as the engine knows them is only looked at; else what the domain says now is written down."""
        _, domain = split_login(typed)
        address, now = source_of(source), self._clock()

        def observe(tx: Transaction) -> tuple[SignedOn | None, bool]:
            groups = groups_of(tx, person.entry.id) if person.groups is None else person.groups
            who = sign_on(tx, domain, person.entry, groups)
            is_known = who is not None and tx.users.get(who.user.id) == who.user
            return who, is_known and not lockout.needs_note_of_success(tx, login, address, now)

        try:
            who, is_known = await self._store.read(observe)
        except NameOfAnother as err:
            await self._note(EventType.USER_VDC_LOGIN_FAILED, login, source, err.text.why)
            raise AccessDenied(err.text.why) from None
        if who is None:
            await self._note(EventType.USER_VDC_LOGIN_FAILED, login, source, "no role of theirs allows it")
            raise AccessDenied("no role of this user allows to log in")
        if not is_known:
            user = who.user

            def write(tx: Transaction) -> None:
                make_known(tx, user)
                lockout.note_success(tx, login, address, now)

            await self._writer.write(write)
        return who

    async def _turn_away(self, login: str, source: str, outcome: Outcome) -> None:
        expired = EventType.USER_ACCOUNT_PASSWORD_EXPIRED
        type_ = expired if outcome.expired else EventType.USER_ACCOUNT_DISABLED_OR_LOCKED
        await self._note(type_, login, source, outcome.hindrance)
        raise AccessDenied(outcome.hindrance)

    async def _note_wrong(self, login: str, source: str) -> None:
        context = self._context(login, source)

        def note(tx: Transaction) -> None:
            lockout.note_failure(tx, login, source_of(source), context.now)
            reason = "the password is wrong"
            emit(tx, context, EventType.USER_VDC_LOGIN_FAILED, address=whence(source), reason=reason)

        await self._writer.write(note)

    async def _note(self, type_: EventType, login: str, source: str, reason: str) -> None:
        context = self._context(login, source)
        await self._writer.write(lambda tx: emit(tx, context, type_, address=whence(source), reason=reason))

    def _context(self, login: str, source: str) -> Context:
        caller = Caller(user_id=None, user_name=login, address=source)
        return Context(caller, job_id="", correlation_id="", now=self._clock())


def whence(address: str) -> str:
    return address or "an unknown address"


def _not_here(reason: str) -> BadValue:
    return BadValue(value="this", field="the password", reason=reason)
