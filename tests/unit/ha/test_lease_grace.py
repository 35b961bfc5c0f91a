"""While the timers of a site are changed nobody takes a lease before the slowest watchdog has fired."""

import math
from dataclasses import replace

import msgspec

from hosted_engine.ha.lease_grace import LeaseGrace, ObservedLease
from hosted_engine.ha.profiles import CHANGE_GRACE_S, DEFAULT, FAST, PROFILES
from hosted_engine.ha.site_files import HaEngine, HaSite
from hosted_engine.ha.states import LeaseState
from tests.fakes.clock import FakeClock

HELD, EXPIRED, FREE = LeaseState.HELD, LeaseState.EXPIRED, LeaseState.FREE


async def test_a_lease_is_over_so_much_later_than_sanlock_says() -> None:
    clock = FakeClock()
    observed: ObservedLease = (HELD, 1)
    read = LeaseGrace(lambda: observed, 20, clock.monotonic)

    async def after(seconds: float, now_observed: ObservedLease) -> ObservedLease:
        nonlocal observed
        await clock.sleep(seconds)
        observed = now_observed
        return read()

    assert await after(0, (HELD, 1)) == (HELD, 1)
    assert await after(1, (EXPIRED, 1)) == (HELD, 1)
    assert await after(19, (EXPIRED, 1)) == (HELD, 1)
    assert await after(1, (EXPIRED, 1)) == (EXPIRED, 1)
    assert await after(1, (EXPIRED, 2)) == (HELD, 2)  # another owner died
    assert await after(5, (HELD, 2)) == (HELD, 2)
    assert await after(50, (EXPIRED, 2)) == (HELD, 2)  # it lived meanwhile
    assert await after(1, (FREE, None)) == (FREE, None)


def test_the_grace_covers_every_pair_of_profiles() -> None:
    fires = [profile.watchdog_fire_timeout_s for profile in PROFILES.values()]
    assert all(one + CHANGE_GRACE_S >= other for one in fires for other in fires)


def test_while_timers_change_nothing_is_tried_on_this_hosts_own_count() -> None:
    site = HaSite(
        name="lab",
        nodes=(),
        engine=HaEngine(name="engine", address="192.0.2.10"),
        authority="",
        lockspace="trivet",
        lease="engine",
        io_timeout_s=2,
        profile="fast",
    )
    assert site.timers == FAST
    changing = msgspec.structs.replace(site, lease_grace_s=20).timers
    assert changing == replace(FAST, watchdog_fire_timeout_s=math.inf)
    older = msgspec.structs.replace(site, profile="default", io_timeout_s=5)
    assert older.timers == replace(DEFAULT, io_timeout_s=5)
