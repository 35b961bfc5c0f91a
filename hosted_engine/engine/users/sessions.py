"""How many sessions there are and how long, and what ends them."""

from collections import Counter

from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotThere
from hosted_engine.engine.users.model import Session
from hosted_engine.limits import SESSIONS, SESSIONS_IN_ALL

IDLE_S = 2 * 3600.0  # a token that nobody used for so long is over
AGE_S = 24 * 3600.0  # so is one of this age, however much it is used
SET_BACK_S = 600.0  # so far the clock may be set back and leave people signed in


def is_current(session: Session, now: float) -> bool:
    """One of the future was made while the clock was wrong, and would be good for as long as it was ahead."""
    return session.last_used_at - SET_BACK_S <= now < min(session.expires_at, session.created_at + AGE_S)


def expiry_of(created_at: float, used_at: float) -> float:
    return min(used_at + IDLE_S, created_at + AGE_S)


def make_room(tx: Transaction, user_id: str) -> None:
    """Remove the sessions that would be too many with a new one of that user: their own, or where there are too many in
    all, of the user who has most; those go that were used least lately. A client that signs in for each request and
    never signs out cannot fill the store, nor end the sessions of others."""
    _shorten(tx, user_id, SESSIONS - 1)
    if tx.sessions.count() >= SESSIONS_IN_ALL:
        counted = Counter(session.user_id for session in tx.sessions.list())
        most, number = counted.most_common(1)[0]
        _shorten(tx, most, number - (counted.total() - SESSIONS_IN_ALL + 1))


def _shorten(tx: Transaction, user_id: str, most: int) -> None:
    if tx.sessions.count(user_id=user_id) <= most:
        return
    newest_first = sorted(tx.sessions.list(user_id=user_id), key=lambda session: -session.last_used_at)
    for session in newest_first[max(most, 0) :]:
        tx.sessions.remove(session.id)


def find_session(tx: Transaction, shown: str) -> Session:
    """By what is shown of its id. Raises NotThere, BadValue."""
    found = [session for session in tx.sessions.list() if shown and session.id.startswith(shown)]
    if not found:
        raise NotThere(kind="session", id=shown)
    if len(found) > 1:
        raise BadValue(value=shown, field="a session", reason="several begin with it")
    return found[0]


def terminate(tx: Transaction, session: Session, context: Context) -> None:
    tx.sessions.remove(session.id)
    emit(tx, context, EventType.USER_VDC_SESSION_TERMINATED, login=session.login, session=session.shown_id)
