"""How many sessions there are at most, how old they become, and what ends them."""

from collections import Counter
from collections.abc import Iterator

import pytest

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotThere
from hosted_engine.engine.users import sessions
from hosted_engine.engine.users.model import Session, User
from hosted_engine.engine.users.sessions import AGE_S, IDLE_S, expiry_of, find_session, is_current, make_room
from tests.fakes.engine import World


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with World().store.transaction() as tx:
        for name in ("a", "b", "c"):
            tx.users.add(User(id=name, name=f"{name}@internal-authz", domain="internal-authz"))
        yield tx


def session(user: str, number: int) -> Session:
    return Session(
        id=f"{user}{number:04}" + "0" * 20, user_id=user, scope="", created_at=0, last_used_at=number, expires_at=1e9
    )


def fill(tx: Transaction, **numbers: int) -> None:
    tx.sessions.add_all([session(user, number) for user, most in numbers.items() for number in range(most)])


def counted(tx: Transaction) -> dict[str, int]:
    return dict(Counter(one.user_id for one in tx.sessions.list()))


def test_a_user_s_own_least_used_make_room(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SESSIONS", 3)
    fill(tx, a=5, b=1)
    make_room(tx, "a")
    assert sorted(one.id[:5] for one in tx.sessions.list()) == ["a0003", "a0004", "b0000"]


@pytest.mark.parametrize(("there", "left"), [((6, 3), (6, 3)), ((6, 4), (5, 4)), ((2, 8), (2, 7)), ((6, 6), (3, 6))])
def test_of_too_many_in_all_those_go_of_who_has_most(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch, there: tuple[int, int], left: tuple[int, int]
) -> None:
    monkeypatch.setattr(sessions, "SESSIONS_IN_ALL", 10)
    fill(tx, a=there[0], b=there[1])
    make_room(tx, "c")
    assert counted(tx) == {"a": left[0], "b": left[1]}


def test_no_session_is_older_than_a_day_however_it_is_used() -> None:
    assert expiry_of(0.0, AGE_S - 60) == AGE_S
    assert expiry_of(0.0, 60.0) == 60.0 + IDLE_S
    used = Session(id="s", user_id="a", scope="", created_at=0, last_used_at=AGE_S, expires_at=2 * AGE_S)
    assert not is_current(used, AGE_S + 1)


def test_a_session_is_named_by_the_begin_of_its_id(tx: Transaction) -> None:
    fill(tx, a=2)
    assert find_session(tx, "a0001").last_used_at == 1
    with pytest.raises(BadValue, match="several begin with it"):
        find_session(tx, "a")
    for nothing in ("x", ""):
        with pytest.raises(NotThere):
            find_session(tx, nothing)
