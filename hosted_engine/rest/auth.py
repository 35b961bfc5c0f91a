"""Who is asking: tokens are checked quickly and always. A token is a random word that only its owner has: the store
keeps its hash."""

import asyncio
import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.loop import Loop, Writer
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.users.directories import Directories
from hosted_engine.engine.users.model import Caller, Session
from hosted_engine.engine.users.sessions import expiry_of, is_current, make_room
from hosted_engine.engine.users.sign_on import SignedOn
from hosted_engine.rest.credentials import AccessDenied, Credentials, whence

_NOTE_EVERY_S = 60.0  # how exactly the store knows when a token was used last
COOKIE = "JSESSIONID"


class Authenticator:
    """`clock` is the time of day in seconds; what is written is written in `loop`, the engine's."""

    def __init__(
        self, store: Store, clock: Callable[[], float], loop: Loop, directories: Directories | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._writer = Writer(store, loop)
        self._credentials = Credentials(store, self._writer, clock, directories)
        self._notes: dict[str, asyncio.Task[None]] = {}  # on their way, by session

    async def sign_in(self, login: str, password: str, scope: str, *, source: str = "") -> tuple[str, Session]:
        """A new token and its session; `source` is the address that asks. Raises AccessDenied."""
        who = await self._credentials.check(login, password, source)
        token = secrets.token_urlsafe(48)
        now = self._clock()
        session = Session(
            id=_digest(token),
            user_id=who.user.id,
            scope=scope,
            created_at=now,
            last_used_at=now,
            expires_at=expiry_of(now, now),
            group_ids=who.group_ids,
            address=source,
            login=who.user.login,
        )

        def begin(tx: Transaction) -> None:
            make_room(tx, who.user.id)
            tx.sessions.add(session)
            self._note(tx, _caller_in(session, source), EventType.USER_VDC_LOGIN)

        await self._writer.write(begin)
        return token, session

    async def change_password(self, login: str, password: str, new: str, *, source: str = "") -> None:
        """Raises AccessDenied, and BadValue where the new one may not be."""
        await self._credentials.change_password(login, password, new, source)

    async def sign_out(self, token: str, *, source: str = "") -> None:
        def end(tx: Transaction) -> None:
            session = tx.sessions.get(_digest(token))
            if session is None:
                return
            tx.sessions.remove(session.id)
            self._note(tx, _caller_in(session, source or session.address), EventType.USER_VDC_LOGOUT)

        await self._writer.write(end)

    async def recognise(self, token: str, *, source: str = "") -> Caller | None:
        """Whose token it is, None if it is nobody's or over. Using it keeps it alive."""
        identity, now = _digest(token), self._clock()
        session = await self._store.read(lambda tx: tx.sessions.get(identity))
        if session is None:
            return None
        if not is_current(session, now):
            await self.sign_out(token)
            return None
        if now - session.last_used_at >= _NOTE_EVERY_S and identity not in self._notes:
            self._note_use(identity, now)
        return _caller_in(session, source)

    def _note_use(self, identity: str, now: float) -> None:
        """Nobody waits for that."""

        def note(tx: Transaction) -> None:
            if (session := tx.sessions.get(identity)) is not None:  # else it was ended meanwhile
                expires_at = expiry_of(session.created_at, now)
                tx.sessions.update(replace(session, last_used_at=now, expires_at=expires_at))

        self._notes[identity] = asyncio.create_task(self._writer.write(note))
        self._notes[identity].add_done_callback(lambda _: self._notes.pop(identity))

    async def of_request(self, headers: Mapping[str, str], *, source: str = "") -> Caller | None:
        """Who sends these headers (names in lower case): by token, by session cookie, by user and password."""
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return await self.recognise(credentials.strip(), source=source)
            case "basic":
                pair = basic_credentials(credentials)
                try:
                    return _caller(await self._credentials.check(*pair, source), source) if pair else None
                except AccessDenied:
                    return None
        cookie = session_cookie(headers.get("cookie", ""))
        return await self.recognise(cookie, source=source) if cookie else None

    def _note(self, tx: Transaction, caller: Caller, type_: EventType) -> None:
        context = Context(caller, job_id="", correlation_id="", now=self._clock())
        emit(tx, context, type_, address=whence(caller.address), session=caller.session_id)


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


def _caller(who: SignedOn, source: str) -> Caller:
    return Caller(user_id=who.user.id, user_name=who.user.login, group_ids=who.group_ids, address=source)


def _caller_in(session: Session, source: str) -> Caller:
    return Caller(
        user_id=session.user_id,
        user_name=session.login,
        group_ids=session.group_ids,
        address=source,
        session_id=session.shown_id,
    )
