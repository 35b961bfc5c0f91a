"""Whose a login and a password are. They are checked slowly and rarely: a password that was right a moment ago is
recognised by a keyed digest in memory, so that Basic authentication on every request costs no argon2id on each."""

import asyncio
import hmac
import secrets
from collections.abc import Callable

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.loop import Writer
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.users import lockout
from hosted_engine.engine.users.accounts import Account, groups_of
from hosted_engine.engine.users.directory import entry_of
from hosted_engine.engine.users.domains import split_login
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.users.password_policy import Hindrance
from hosted_engine.engine.users.sign_on import SignedOn, make_known, sign_on
from hosted_engine.limits import PASSWORD, USER_NAME
from hosted_engine.rest.internal_domain import InternalDomain, Standing
from hosted_engine.rest.throttle import Throttle
from node.serving.connections import source_of


class AccessDenied(Exception):
    """`reason` is empty for who has not shown the right password: to them nothing is said about why."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Credentials:
    def __init__(self, store: Store, writer: Writer, clock: Callable[[], float]) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._internal = InternalDomain(store, writer, clock)
        self._throttle = Throttle(clock)
        self._right: dict[str, tuple[bytes, Account]] = {}
        self._key = secrets.token_bytes(32)
        # One at a time takes memory and a whole processor; names that nobody has wait for each other, not users.
        self._slow = {True: asyncio.Semaphore(1), False: asyncio.Semaphore(1)}

    async def check(self, login: str, password: str, source: str) -> SignedOn:
        """`source` is the address that asks. Raises AccessDenied."""
        standing = await self._standing(login, password)
        if not await self._may_try(login, source_of(source), known=standing is not None):
            raise AccessDenied  # before anything is compared: a pause holds for right passwords as well
        mark = hmac.digest(self._key, f"{login}\0{password}".encode(errors="replace"), "sha256")
        right = self._right.get(login)
        if not standing or not right or standing.account != right[1] or not hmac.compare_digest(right[0], mark):
            account = await self._check_slowly(login, password, source, standing)
            self._right[login] = mark, account
        if standing and standing.hindrance:
            await self._turn_away(login, source, standing.hindrance)
        return await self._let_in(login, self._right[login][1], source)

    async def change_password(self, login: str, password: str, new: str, source: str) -> None:
        """Of who shows the one of now, also where that has expired. Raises AccessDenied, BadValue."""
        standing = await self._standing(login, password)
        account = await self._check_slowly(login, password, source, standing)
        if standing and standing.hindrance not in (None, Hindrance.PASSWORD_EXPIRED):
            await self._turn_away(login, source, standing.hindrance)
        caller = Caller(user_id=None, user_name=login, address=source)
        try:
            if account.service:
                reason = "the secret of a service account is renewed in the engine's VM"
                raise BadValue(value="this", field="the password", reason=reason)
            await self._internal.change_password(account, new, caller)
        except BadValue as err:
            await self._note(EventType.USER_PASSWORD_CHANGE_FAILED, login, source, err.text.why)
            raise

    async def _standing(self, login: str, password: str) -> Standing | None:
        if len(login) > USER_NAME or len(password) > PASSWORD or "\0" in login:
            raise AccessDenied
        return await self._internal.find(*split_login(login))

    async def _check_slowly(self, login: str, password: str, source: str, standing: Standing | None) -> Account:
        """Everything in one place and in turn: else many at once would all find that they may try."""
        address = source_of(source)
        async with self._slow[standing is not None]:
            if not await self._may_try(login, address, known=standing is not None):
                raise AccessDenied
            account = await self._internal.verify(standing.account if standing else None, password)
            if account is None:
                self._throttle.failed(address)
                if standing is not None:  # else anybody could fill store and log with names
                    await self._note_wrong(login, source)
                raise AccessDenied
        return account

    async def _may_try(self, login: str, address: str, *, known: bool) -> bool:
        rows = await self._store.read(lambda tx: lockout.addresses_of(tx, login)) if known else ()
        now = self._clock()
        if lockout.pause_s(rows, address, now):
            return False
        at_home = any(row.address == address and lockout.is_known(row, now) for row in rows)
        return at_home or self._throttle.allows(address)

    async def _let_in(self, login: str, account: Account, source: str) -> SignedOn:
        """Who is as the engine knows them is only looked at; else what the domain says now is written down."""
        _, domain = split_login(login)
        entry, address, now = entry_of(account), source_of(source), self._clock()

        def look(tx: Transaction) -> tuple[SignedOn | None, bool]:
            who = sign_on(tx, domain, entry, groups_of(tx, account.id))
            is_known = who is not None and tx.users.get(who.user.id) == who.user
            return who, is_known and not lockout.needs_note_of_success(tx, login, address, now)

        who, is_known = await self._store.read(look)
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

    async def _turn_away(self, login: str, source: str, why: Hindrance) -> None:
        expired = why is Hindrance.PASSWORD_EXPIRED
        type_ = EventType.USER_ACCOUNT_PASSWORD_EXPIRED if expired else EventType.USER_ACCOUNT_DISABLED_OR_LOCKED
        await self._note(type_, login, source, why.value)
        raise AccessDenied(why.value)

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
