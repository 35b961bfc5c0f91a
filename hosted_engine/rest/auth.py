"""Who is asking: passwords are checked slowly and rarely, tokens quickly and always.

A token is a random word that only its owner has: the store keeps its hash. A password that was right a moment ago is
recognised by a keyed digest in memory, so that Basic authentication on every request costs no scrypt on each.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.loop import Loop
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.users.model import Caller, Session, User
from hosted_engine.limits import PASSWORD, SESSIONS, USER_NAME
from hosted_engine.passwords import hash_password, matches

IDLE_S = 2 * 3600.0  # a token that nobody used for so long is over
SET_BACK_S = 600.0  # so far the clock may be set back and leave people signed in
_NOTE_EVERY_S = 60.0  # how exactly the store knows when a token was used last
_FREE_ATTEMPTS, _LONGEST_PAUSE_S, _REMEMBERED = 5, 30.0, 1000
COOKIE = "JSESSIONID"


T = TypeVar("T")


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


class Authenticator:
    """`clock` is the time of day in seconds; what is written is written in `loop`, the engine's."""

    def __init__(self, store: Store, clock: Callable[[], float], loop: Loop) -> None:
        self._store = store
        self._loop = loop
        self._notes: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._throttle = Throttle(clock)
        self._known: dict[str, tuple[bytes, User]] = {}
        self._key = secrets.token_bytes(32)
        self._sessions: dict[str, tuple[Session, Caller]] = {}
        self._nobody = ""
        # One scrypt at a time takes memory and a whole processor; names that nobody has wait for each other, not users.
        self._slow = {True: asyncio.Semaphore(1), False: asyncio.Semaphore(1)}

    async def sign_in(self, user: str, password: str, scope: str) -> tuple[str, Session]:
        """A new token and its session. Raises AccessDenied."""
        account = await self._check(user, password)
        token = secrets.token_urlsafe(48)
        now = self._clock()
        session = Session(
            id=_digest(token),
            user_id=account.id,
            scope=scope,
            created_at=now,
            last_used_at=now,
            expires_at=now + IDLE_S,
        )
        gone = await self._write(lambda tx: self._begin(tx, account, session))
        self._forget_what_is_over(gone)
        self._sessions[session.id] = session, _caller(account)
        return token, session

    async def sign_out(self, token: str) -> None:
        identity = _digest(token)
        self._sessions.pop(identity, None)
        await self._write(lambda tx: self._end(tx, identity))

    async def recognise(self, token: str) -> Caller | None:
        """Whose token it is, None if it is nobody's or over. Using it keeps it alive."""
        identity = _digest(token)
        found = self._sessions.get(identity) or await self._recall(identity)
        if found is None:
            return None
        session, caller = found
        now = self._clock()
        if not is_current(session, now):
            await self.sign_out(token)
            return None
        if now - session.last_used_at >= _NOTE_EVERY_S:
            session = replace(session, last_used_at=now, expires_at=now + IDLE_S)
            self._note(session)
        self._sessions[identity] = session, caller
        return caller

    async def of_request(self, headers: Mapping[str, str]) -> Caller | None:
        """Who sends these headers (names in lower case): by token, by session cookie, by user and password."""
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return await self.recognise(credentials.strip())
            case "basic":
                pair = basic_credentials(credentials)
                try:
                    return _caller(await self._check(*pair)) if pair else None
                except AccessDenied:
                    return None
        cookie = session_cookie(headers.get("cookie", ""))
        return await self.recognise(cookie) if cookie else None

    async def _check(self, name: str, password: str) -> User:
        if len(name) > USER_NAME or len(password) > PASSWORD or "\0" in name:
            raise AccessDenied
        mark = hmac.digest(self._key, f"{name}\0{password}".encode(errors="replace"), "sha256")
        known = self._known.get(name)
        account = await self._account(name)
        if known and account == known[1] and hmac.compare_digest(known[0], mark):
            return known[1]
        if not self._throttle.allows(name):
            raise AccessDenied
        async with self._slow[account is not None]:
            if not self._throttle.allows(name):
                raise AccessDenied
            stored = account.password_hash if account else await self._nobodys_hash()
            right = await asyncio.to_thread(matches, password, stored)
        if not right or account is None:
            self._throttle.failed(name)
            await self._tell_failure(account)
            raise AccessDenied
        self._throttle.succeeded(name)
        self._known[name] = mark, account
        return account

    async def _tell_failure(self, account: User | None) -> None:
        """Only of users that there are, so that nobody fills the log with names."""
        if account is not None:
            failed, context = EventType.USER_VDC_LOGIN_FAILED, self._context(account)
            await self._write(lambda tx: emit(tx, context, failed, reason=": the password is wrong"))

    def _begin(self, tx: Transaction, account: User, session: Session) -> Collection[str]:
        """Answers the ids of the sessions that had to make room."""
        gone = make_room(tx, account.id)
        tx.sessions.add(session)
        emit(tx, self._context(account), EventType.USER_VDC_LOGIN)
        return gone

    def _end(self, tx: Transaction, identity: str) -> None:
        session = tx.sessions.get(identity)
        account = tx.users.get(session.user_id) if session else None
        if session is not None:
            tx.sessions.remove(identity)
        if account is not None:
            emit(tx, self._context(account), EventType.USER_VDC_LOGOUT)

    def _note(self, session: Session) -> None:
        """That it is in use; nobody waits for that."""
        note = asyncio.create_task(self._write(lambda tx: tx.sessions.update(session)))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _write(self, change: Callable[[Transaction], T]) -> T:
        async def there() -> T:
            with self._store.transaction() as tx:
                return change(tx)

        return await self._loop.run(there())

    def _context(self, account: User) -> Context:
        return Context(_caller(account), job_id="", correlation_id="", now=self._clock())

    async def _nobodys_hash(self) -> str:
        if not self._nobody:
            self._nobody = await asyncio.to_thread(hash_password, secrets.token_hex(16))
        return self._nobody

    async def _account(self, name: str) -> User | None:
        return await self._store.read(lambda tx: next(iter(tx.users.list(name=name)), None))

    async def _recall(self, identity: str) -> tuple[Session, Caller] | None:
        def look(tx: Transaction) -> tuple[Session, Caller] | None:
            session = tx.sessions.get(identity)
            account = tx.users.get(session.user_id) if session else None
            return (session, _caller(account)) if session and account else None

        return await self._store.read(look)

    def _forget_what_is_over(self, gone: Collection[str]) -> None:
        """Out of memory, `gone` too; hosted_engine.engine.tasks.history does so in the store."""
        now, known = self._clock(), self._sessions.items()
        self._sessions = {id: found for id, found in known if is_current(found[0], now) and id not in gone}


def is_current(session: Session, now: float) -> bool:
    """One of the future was made while the clock was wrong, and would be good for as long as it was ahead."""
    return session.last_used_at - SET_BACK_S <= now < session.expires_at


def make_room(tx: Transaction, user_id: str) -> Collection[str]:
    """Remove the sessions of that user, those that were used least lately, that would be one too many with a new one.
    A client that signs in for each request and never signs out cannot fill the store. Answers their ids."""
    if tx.sessions.count(user_id=user_id) < SESSIONS:
        return ()
    oldest_first = sorted(tx.sessions.list(user_id=user_id), key=lambda session: session.last_used_at)
    gone = [session.id for session in oldest_first[: len(oldest_first) - SESSIONS + 1]]
    for identity in gone:
        tx.sessions.remove(identity)
    return gone


def basic_credentials(encoded: str) -> tuple[str, str] | None:
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


def session_cookie(header: str) -> str | None:
    """The token in it. Taken out by hand: the library's reader takes quadratic time for some, and a token needs none of
    what it knows."""
    pairs = (part.partition("=") for part in header.split(";"))
    return next((value.strip().strip('"') for name, _, value in pairs if name.strip() == COOKIE and value), None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _caller(account: User) -> Caller:
    return Caller(user_id=account.id, user_name=account.name)
