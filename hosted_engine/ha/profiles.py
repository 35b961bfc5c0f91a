"""Timer profiles, the one place that every time of a site follows from: sanlock's, Gluster's and the daemon's. Pure."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """All in seconds. The arithmetic of the properties is sanlock's (its `timeouts.h`)."""

    name: str
    io_timeout_s: float
    watchdog_fire_timeout_s: float
    ping_timeout_s: float  # Gluster's: every client stalls for so long when the host of a brick dies
    period_s: float  # a round of the daemon's loop, a heartbeat on the whiteboard
    lost_after_s: float  # a peer whose timestamp did not change for so long counts for nothing
    fence_after_s: float  # who does not answer for so long either loses its power, where that is possible
    start_backoff_s: float  # the second best host waits so long before it tries, the third twice as long
    health_period_s: float
    health_timeout_s: float
    bad_health_s: float  # the engine's health may be bad for so long
    stop_timeout_s: float  # a guest that was asked to stop may take so long
    boot_timeout_s: float  # a VM that was started has to be healthy by then
    move_after_s: float  # another host has to be better for so long before the engine moves
    claim_grace_s: float  # a peer that claims the engine is believed for so long against a lease that is free

    @property
    def renewal_s(self) -> float:
        return 2 * self.io_timeout_s

    @property
    def renewal_fail_s(self) -> float:
        """The host itself gives up so long after its last renewal, and kills what holds a lease."""
        return 8 * self.io_timeout_s

    @property
    def host_dead_s(self) -> float:
        """Others count the host as dead so long after they saw its last renewal.

        They look when they renew themselves, so that from power loss to then it is this, one renewal more or less.
        """
        return self.renewal_fail_s + self.watchdog_fire_timeout_s

    @property
    def longest_ping_timeout_s(self) -> float:
        """What sanlock bears of Gluster's `network.ping-timeout`."""
        return 2 * self.io_timeout_s + 2

    @property
    def shortest_io_timeout_s(self) -> int:
        """What sanlock needs to bear this `ping_timeout_s`."""
        return math.ceil((self.ping_timeout_s - 2) / 2)

    @property
    def description(self) -> str:
        usual = PROFILES[self.name].io_timeout_s == self.io_timeout_s
        return f"profile {self.name}" + ("" if usual else f" with an io_timeout of {self.io_timeout_s:.0f} s")

    @property
    def failed_start_window_s(self) -> float:
        return 600

    @property
    def move_hangs_s(self) -> float:
        """A live migration that libvirt or QEMU neither ends nor gives up is as good as none after this."""
        return 600

    @property
    def unexpectedly_down_s(self) -> float:
        """A host on which the VM died is left alone for so long, unless there is no other."""
        return 600


DEFAULT = Profile(
    name="default",
    io_timeout_s=4,
    watchdog_fire_timeout_s=30,
    ping_timeout_s=5,
    period_s=1,
    lost_after_s=10,
    fence_after_s=5,
    start_backoff_s=10,
    health_period_s=5,
    health_timeout_s=5,
    bad_health_s=30,
    stop_timeout_s=30,
    boot_timeout_s=300,
    move_after_s=60,
    claim_grace_s=60,
)
FAST = Profile(
    name="fast",
    io_timeout_s=2,
    watchdog_fire_timeout_s=10,
    ping_timeout_s=5,
    period_s=1,
    lost_after_s=5,
    fence_after_s=4,
    start_backoff_s=5,
    health_period_s=2,
    health_timeout_s=3,
    bad_health_s=20,
    stop_timeout_s=15,
    boot_timeout_s=300,
    move_after_s=30,
    claim_grace_s=30,
)
PROFILES = {profile.name: profile for profile in (DEFAULT, FAST)}

_FIRE_TIMEOUTS_S = [int(profile.watchdog_fire_timeout_s) for profile in PROFILES.values()]
CHANGE_GRACE_S = max(_FIRE_TIMEOUTS_S) - min(_FIRE_TIMEOUTS_S)
"""By so much a host may count another as dead too early while not all of them have the same profile."""
