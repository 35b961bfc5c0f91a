"""What sanlock's word about a lease means for who may start the engine."""

import pytest

from hosted_engine.ha.lease import HostFlag, LockspaceHost, Owner, lease_state
from hosted_engine.ha.states import LeaseState


def test_a_lease_without_an_owner_is_free() -> None:
    assert lease_state([], [LockspaceHost(1, 1, HostFlag.LIVE)]) == (LeaseState.FREE, None)


@pytest.mark.parametrize(
    ("flag", "state"),
    [
        (HostFlag.LIVE, LeaseState.HELD),
        (HostFlag.FAIL, LeaseState.HELD),
        (HostFlag.UNKNOWN, LeaseState.HELD),
        (HostFlag.DEAD, LeaseState.EXPIRED),
        (HostFlag.FREE, LeaseState.EXPIRED),
    ],
)
def test_a_lease_is_held_until_its_owner_is_proven_gone(flag: HostFlag, state: LeaseState) -> None:
    assert lease_state([Owner(2, 5)], [LockspaceHost(1, 1, HostFlag.LIVE), LockspaceHost(2, 5, flag)]) == (state, 2)


def test_an_owner_that_has_joined_again_since_has_lost_it() -> None:
    assert lease_state([Owner(2, 5)], [LockspaceHost(2, 6, HostFlag.LIVE)]) == (LeaseState.EXPIRED, 2)


def test_an_owner_that_nobody_watches_may_live() -> None:
    assert lease_state([Owner(2, 5)], []) == (LeaseState.HELD, 2)


def test_a_life_that_is_known_to_be_over_has_lost_it_before_sanlock_looks_again() -> None:
    hosts = [LockspaceHost(2, 5, HostFlag.LIVE)]
    assert lease_state([Owner(2, 5)], hosts, {Owner(2, 5)}) == (LeaseState.EXPIRED, 2)
    assert lease_state([Owner(2, 6)], hosts, {Owner(2, 5)}) == (LeaseState.HELD, 2)
    assert lease_state([Owner(3, 5)], hosts, {Owner(2, 5)}) == (LeaseState.HELD, 3)
