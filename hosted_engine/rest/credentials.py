"""Whose a login and a password are. They are checked slowly and rarely: a password that was right a moment ago is
recognised by a keyed digest in memory, so that Basic authentication on every request costs no scrypt on each."""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.users.accounts import Account, groups_of
from hosted_engine.engine.users.directory import entry_of
from hosted_engine.engine.users.domains import domain_id, split_login
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.users.sign_on import SignedOn, sign_on
from hosted_engine.limits import PASSWORD, USER_NAME
from hosted_engine.passwords import hash_password, matches

_FREE_ATTEMPTS, _LONGEST_PAUSE_S, _REMEMBERED = 5, 30.0, 1000


class AccessDenied(Exception):
    """Says nothing about why: not to the caller."""


@dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0


class Throttle:
    """After some wrong passwords in a row for a user, each further one makes a longer pause, up to half a minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[str, _Failures] = {}

    def allows(self, user: str) -> bool:
        failures = self._failures.get(user)
        return failures is None or self._clock() >= failures.until

    def failed(self, user: str) -> None:
        failures = self._failures.setdefault(user, _Failures())
        failures.count += 1
        if failures.count >= _FREE_ATTEMPTS:
            pause = 2.0 ** min(failures.count - _FREE_ATTEMPTS, 10)
            failures.until = self._clock() + min(pause, _LONGEST_PAUSE_S)
        if len(self._failures) > _REMEMBERED:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, user: str) -> None:
        self._failures.pop(user, None)


class Credentials:
    """`nobody` is matched for unknown accounts, so that they take as long."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._throttle = Throttle(clock)
        self._right: dict[str, tuple[bytes, Account]] = {}
        self._key = secrets.token_bytes(32)
        self._nobody = ""
        # One scrypt at a time takes memory and a whole processor; names that nobody has wait for each other, not users.
        self._slow = {True: asyncio.Semaphore(1), False: asyncio.Semaphore(1)}

    async def check(self, login: str, password: str) -> SignedOn:
        """Raises AccessDenied."""
        if len(login) > USER_NAME or len(password) > PASSWORD or "\0" in login:
            raise AccessDenied
        account = await self._account(login)
        mark = hmac.digest(self._key, f"{login}\0{password}".encode(errors="replace"), "sha256")
        right = self._right.get(login)
        if account is None or right is None or account != right[1] or not hmac.compare_digest(right[0], mark):
            account = await self._check_slowly(login, password, account)
            self._right[login] = mark, account
        return self._let_in(login, account)

    async def _check_slowly(self, login: str, password: str, account: Account | None) -> Account:
        if not self._throttle.allows(login):
            raise AccessDenied
        async with self._slow[account is not None]:
            if not self._throttle.allows(login):
                raise AccessDenied
            stored = account.password_hash if account else await self._nobodys_hash()
            right = await asyncio.to_thread(matches, password, stored)
        if not right or account is None:
            self._throttle.failed(login)
            if account is not None:  # else anybody could fill the log with names
                self._note_failure(login, ": the password is wrong")
            raise AccessDenied
        self._throttle.succeeded(login)
        return account

    def _let_in(self, login: str, account: Account) -> SignedOn:
        _, domain = split_login(login)
        with self._store.transaction() as tx:
            who = sign_on(tx, domain, entry_of(account), groups_of(tx, account.id))
        if who is None:
            self._note_failure(login, ": no role of theirs allows it")
            raise AccessDenied
        return who

    def _note_failure(self, login: str, reason: str) -> None:
        context = Context(Caller(user_id=None, user_name=login), job_id="", correlation_id="", now=self._clock())
        with self._store.transaction() as tx:
            emit(tx, context, EventType.USER_VDC_LOGIN_FAILED, reason=reason)

    async def _nobodys_hash(self) -> str:
        if not self._nobody:
            self._nobody = await asyncio.to_thread(hash_password, secrets.token_hex(16))
        return self._nobody

    async def _account(self, login: str) -> Account | None:
        principal, domain = split_login(login)

        def look(tx: Transaction) -> Account | None:
            return next(iter(tx.of(Account).list(name=principal, domain_id=domain_id(domain))), None)

        return await self._store.read(look)
