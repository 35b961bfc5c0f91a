"""Whose a login and a password are. They are checked slowly and rarely: a password that was right a moment ago is
recognised by a keyed digest in memory, so that Basic authentication on every request costs no scrypt on each."""

import asyncio
import hmac
import secrets
from collections.abc import Callable

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.loop import Writer
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.users.accounts import Account, groups_of
from hosted_engine.engine.users.directory import entry_of
from hosted_engine.engine.users.domains import domain_id, split_login
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.users.sign_on import SignedOn, make_known, sign_on
from hosted_engine.limits import PASSWORD, USER_NAME
from hosted_engine.passwords import hash_password, matches
from hosted_engine.rest.throttle import Throttle


class AccessDenied(Exception):
    """Says nothing about why: not to the caller."""


class Credentials:
    """`nobody` is matched for unknown accounts, so that they take as long."""

    def __init__(self, store: Store, writer: Writer, clock: Callable[[], float]) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._throttle = Throttle(clock)
        self._right: dict[str, tuple[bytes, Account]] = {}
        self._key = secrets.token_bytes(32)
        self._nobody = ""
        # One scrypt at a time takes memory and a whole processor; names that nobody has wait for each other, not users.
        self._slow = {True: asyncio.Semaphore(1), False: asyncio.Semaphore(1)}

    async def check(self, login: str, password: str, source: str) -> SignedOn:
        """`source` is the address that asks. Raises AccessDenied."""
        if len(login) > USER_NAME or len(password) > PASSWORD or "\0" in login:
            raise AccessDenied
        account = await self._account(login)
        mark = hmac.digest(self._key, f"{login}\0{password}".encode(errors="replace"), "sha256")
        right = self._right.get(login)
        if account is None or right is None or account != right[1] or not hmac.compare_digest(right[0], mark):
            account = await self._check_slowly(login, password, source, account)
            self._right[login] = mark, account
        return await self._let_in(login, account)

    async def _check_slowly(self, login: str, password: str, source: str, account: Account | None) -> Account:
        if not self._throttle.allows(source, login):
            raise AccessDenied
        async with self._slow[account is not None]:
            if not self._throttle.allows(source, login):
                raise AccessDenied
            stored = account.password_hash if account else await self._nobodys_hash()
            right = await asyncio.to_thread(matches, password, stored)
        if not right or account is None:
            self._throttle.failed(source, login)
            if account is not None:  # else anybody could fill the log with names
                await self._note_failure(login, ": the password is wrong")
            raise AccessDenied
        self._throttle.succeeded(source, login)
        return account

    async def _let_in(self, login: str, account: Account) -> SignedOn:
        """Who is as the engine knows them is only looked at; else what the domain says now is written down."""
        _, domain = split_login(login)
        entry = entry_of(account)

        def look(tx: Transaction) -> tuple[SignedOn | None, bool]:
            who = sign_on(tx, domain, entry, groups_of(tx, account.id))
            return who, who is not None and tx.users.get(who.user.id) == who.user

        who, is_known = await self._store.read(look)
        if who is None:
            await self._note_failure(login, ": no role of theirs allows it")
            raise AccessDenied
        if not is_known:
            user = who.user
            await self._writer.write(lambda tx: make_known(tx, user))
        return who

    async def _note_failure(self, login: str, reason: str) -> None:
        context = Context(Caller(user_id=None, user_name=login), job_id="", correlation_id="", now=self._clock())
        await self._writer.write(lambda tx: emit(tx, context, EventType.USER_VDC_LOGIN_FAILED, reason=reason))

    async def _nobodys_hash(self) -> str:
        if not self._nobody:
            self._nobody = await asyncio.to_thread(hash_password, secrets.token_hex(16))
        return self._nobody

    async def _account(self, login: str) -> Account | None:
        principal, domain = split_login(login)

        def look(tx: Transaction) -> Account | None:
            return next(iter(tx.of(Account).list(name=principal, domain_id=domain_id(domain))), None)

        return await self._store.read(look)
