"""Makes whoever tries passwords wait longer and longer, so that a stranger can keep nobody out. Decisions are pure.

Wrong passwords are counted for each login from each address. After five there each further one makes a pause there, up
to five minutes. After fifty for one login, from wherever, all addresses wait from which it did not sign in during the
last thirty days, up to a minute. Who is signed in stays so, and a right password ends its own counter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hosted_engine.engine.ports import Transaction

FREE, LONGEST_PAUSE_S = 5, 300.0  # from one address
FREE_FROM_ALL, LONGEST_PAUSE_FROM_ALL_S = 50, 60.0
FORGET_S = 86_400.0  # wrong passwords count for so long
KNOWN_S = 30 * 86_400.0  # an address is known for so long after a sign-on
NOTE_EVERY_S = 3600.0  # how exactly it is known when that was
MOST_ADDRESSES = 1000  # of one login


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnAddress:
    """What happened to a login from one address (of IPv6 a whole /64)."""

    id: str
    login: str
    address: str
    failures: int = 0
    failed_at: float = 0.0
    succeeded_at: float | None = None


def pause_s(there: Iterable[SignOnAddress], address: str, now: float) -> float:
    """How long this address has to wait before it may try a password of the login that `there` tells of."""
    rows = [row for row in there if is_counted(row, now)]
    own = next((row for row in there if row.address == address), None)
    waits = [_left(row.failures - FREE, row.failed_at, LONGEST_PAUSE_S, now) for row in rows if row.address == address]
    if not (own and is_known(own, now)) and rows:
        tries, last = sum(row.failures for row in rows), max(row.failed_at for row in rows)
        waits.append(_left(tries - FREE_FROM_ALL, last, LONGEST_PAUSE_FROM_ALL_S, now))
    return max(waits, default=0.0)


def is_known(row: SignOnAddress, now: float) -> bool:
    return row.succeeded_at is not None and abs(now - row.succeeded_at) < KNOWN_S


def is_counted(row: SignOnAddress, now: float) -> bool:
    """What was written by a clock that was ahead does not count: it would for as long as that was."""
    return bool(row.failures) and 0 <= now - row.failed_at < FORGET_S


def _left(beyond: int, since: float, longest_s: float, now: float) -> float:
    """Of a pause that is twice as long with each failure beyond those that are free."""
    pause = min(2.0 ** min(beyond, 20), longest_s) if beyond >= 0 else 0.0
    return max(since + pause - now, 0.0)


def addresses_of(tx: Transaction, login: str) -> Sequence[SignOnAddress]:
    return tx.of(SignOnAddress).list(login=login)


def note_failure(tx: Transaction, login: str, address: str, now: float) -> None:
    there = addresses_of(tx, login)
    row = next((row for row in there if row.address == address), None)
    if row is None:
        _make_room(tx, there)
        tx.of(SignOnAddress).add(
            SignOnAddress(id=f"{login}|{address}", login=login, address=address, failures=1, failed_at=now)
        )
    else:
        before = row.failures if is_counted(row, now) else 0
        tx.of(SignOnAddress).update(replace(row, failures=before + 1, failed_at=now))


def note_success(tx: Transaction, login: str, address: str, now: float) -> None:
    row = tx.of(SignOnAddress).get(f"{login}|{address}")
    if row is None:
        _make_room(tx, addresses_of(tx, login))
        tx.of(SignOnAddress).add(SignOnAddress(id=f"{login}|{address}", login=login, address=address, succeeded_at=now))
    elif _needs_note(row, now):
        tx.of(SignOnAddress).update(replace(row, failures=0, succeeded_at=now))


def needs_note_of_success(tx: Transaction, login: str, address: str, now: float) -> bool:
    row = tx.of(SignOnAddress).get(f"{login}|{address}")
    return row is None or _needs_note(row, now)


def _needs_note(row: SignOnAddress, now: float) -> bool:
    return bool(row.failures) or row.succeeded_at is None or abs(now - row.succeeded_at) >= NOTE_EVERY_S


def unlock(tx: Transaction, login: str) -> None:
    """Nobody waits any more; from where it signed in before stays known."""
    for row in addresses_of(tx, login):
        if row.succeeded_at is None:
            tx.of(SignOnAddress).remove(row.id)
        elif row.failures:
            tx.of(SignOnAddress).update(replace(row, failures=0))


def forget_login(tx: Transaction, login: str) -> None:
    """Of an account that is no more: another one of its name begins anew."""
    for row in addresses_of(tx, login):
        tx.of(SignOnAddress).remove(row.id)


def forget(tx: Transaction, now: float) -> None:
    for row in tx.of(SignOnAddress).list():
        if not is_counted(row, now) and not is_known(row, now):
            tx.of(SignOnAddress).remove(row.id)


def _make_room(tx: Transaction, there: Sequence[SignOnAddress]) -> None:
    """Addresses of failures alone go first, those that failed longest ago."""
    if len(there) < MOST_ADDRESSES:
        return
    oldest = min(there, key=lambda row: (row.succeeded_at or 0.0, row.failed_at))
    tx.of(SignOnAddress).remove(oldest.id)
