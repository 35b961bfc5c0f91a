"""Every time of a site follows from its profile, and none is accepted that sanlock would not bear."""

import pytest

from hosted_engine.deploy.rules.timers import mistakes, why_not_lease_io_timeout_s, why_not_profile
from hosted_engine.ha.profiles import DEFAULT, PROFILES, Profile


def test_io_timeouts_within_their_limits() -> None:
    assert [why_not_lease_io_timeout_s(number) for number in (2, 5, 10, 60)] == [None] * 4
    assert all(why_not_lease_io_timeout_s(number) for number in (-1, 0, 1, 61, 10**30))


def test_profiles_by_name() -> None:
    assert why_not_profile("default") is None
    assert why_not_profile("fast") is None
    assert why_not_profile("Fast") == "has to be default or fast"


def test_a_profile_and_an_io_timeout_are_one_too_many() -> None:
    assert mistakes({"profile": "fast"}) == mistakes({"lease_io_timeout_s": 5}) == []
    assert mistakes({"profile": "fast", "lease_io_timeout_s": 2})[0][0] == "lease_io_timeout_s"


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_what_a_profile_asks_of_gluster_sanlock_bears(profile: Profile) -> None:
    assert profile.ping_timeout_s <= profile.longest_ping_timeout_s
    assert profile.io_timeout_s >= profile.shortest_io_timeout_s


def test_the_least_io_timeout_is_the_one_that_bears_the_stall() -> None:
    least = DEFAULT.shortest_io_timeout_s
    assert 2 * least + 2 >= DEFAULT.ping_timeout_s > 2 * (least - 1) + 2
