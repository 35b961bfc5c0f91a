"""How long who tries passwords has to wait, and that nobody else does."""

from collections.abc import Iterator

import pytest

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users import lockout
from hosted_engine.engine.users.lockout import SignOnAddress, pause_s
from tests.fakes.engine import World

NOW = 1e9


def row(address: str, failures: int, *, ago: float = 0.0, known: bool = False) -> SignOnAddress:
    succeeded_at = NOW - 3600 if known else None
    return SignOnAddress(
        id=address, login="a@b", address=address, failures=failures, failed_at=NOW - ago, succeeded_at=succeeded_at
    )


@pytest.mark.parametrize(
    ("failures", "ago", "expected"),
    [(0, 0, 0), (4, 0, 0), (5, 0, 1), (6, 0, 2), (6, 1.5, 0.5), (6, 2, 0), (10, 0, 32), (14, 0, 300), (10**6, 0, 300)],
)
def test_the_pause_of_one_address_grows_up_to_five_minutes(failures: int, ago: float, expected: float) -> None:
    assert pause_s([row("a", failures, ago=ago)], "a", NOW) == expected


def test_another_address_does_not_wait_for_that() -> None:
    assert pause_s([row("a", 49)], "b", NOW) == 0


@pytest.mark.parametrize(("known", "expected"), [(False, 60.0), (True, 0.0)])
def test_all_together_keep_out_who_was_never_here(known: bool, expected: float) -> None:
    rows = [row(f"x{number}", 2) for number in range(40)]
    assert pause_s([*rows, row("home", 0, known=known)], "home", NOW) == expected


@pytest.mark.parametrize("ago", [-1.0, -1e8, lockout.FORGET_S])
def test_what_is_long_past_or_of_a_wrong_clock_does_not_count(ago: float) -> None:
    assert pause_s([row("a", 1000, ago=ago)], "a", NOW) == 0


@pytest.fixture
def tx() -> Iterator[Transaction]:
    with World().store.transaction() as tx:
        yield tx


def test_a_right_password_ends_the_counter_of_its_own_address(tx: Transaction) -> None:
    for address in ("a", "a", "b"):
        lockout.note_failure(tx, "x@internal", address, NOW)
    lockout.note_success(tx, "x@internal", "a", NOW)
    failures = {row.address: row.failures for row in lockout.addresses_of(tx, "x@internal")}
    assert failures == {"a": 0, "b": 1}


def test_yesterdays_failures_are_not_added_to(tx: Transaction) -> None:
    lockout.note_failure(tx, "x@internal", "a", NOW)
    lockout.note_failure(tx, "x@internal", "a", NOW + lockout.FORGET_S)
    assert [row.failures for row in lockout.addresses_of(tx, "x@internal")] == [1]


def test_so_many_addresses_at_most_and_those_of_its_user_stay(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockout, "MOST_ADDRESSES", 3)
    lockout.note_success(tx, "x@internal", "home", NOW - 86_400)
    for number in range(10):
        lockout.note_failure(tx, "x@internal", f"n{number}", NOW + number)
    assert {row.address for row in lockout.addresses_of(tx, "x@internal")} == {"home", "n8", "n9"}


def test_unlocking_keeps_where_its_user_was(tx: Transaction) -> None:
    lockout.note_success(tx, "x@internal", "home", NOW)
    for address in ("home", "away"):
        lockout.note_failure(tx, "x@internal", address, NOW)
    lockout.unlock(tx, "x@internal")
    assert [(row.address, row.failures) for row in lockout.addresses_of(tx, "x@internal")] == [("home", 0)]


def test_what_counts_for_nothing_is_forgotten(tx: Transaction) -> None:
    lockout.note_success(tx, "x@internal", "home", NOW)
    lockout.note_failure(tx, "x@internal", "away", NOW)
    lockout.forget(tx, NOW + lockout.FORGET_S)
    assert [row.address for row in lockout.addresses_of(tx, "x@internal")] == ["home"]
    lockout.forget(tx, NOW + lockout.KNOWN_S)
    assert not lockout.addresses_of(tx, "x@internal")
