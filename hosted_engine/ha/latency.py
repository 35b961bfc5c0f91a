"""How long a monitor's answers took in the last minutes, and when those of the engine volume are too late. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from hosted_engine.ha.monitor import Sample
from hosted_engine.ha.profiles import Profile

WINDOW_S = 300.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Of the answers that came within the last `window_s`, the one that is still waited for included. `failed` of them
    were none."""

    answers: int
    failed: int
    p50_s: float
    max_s: float
    window_s: float = WINDOW_S


def latency(history: Iterable[Sample[Any]], latest: Sample[Any], now: float) -> Latency | None:
    """None where nothing was asked of late. `latest`: as the monitor gives it, also for a question that hangs."""
    recent = [one for one in history if now - one.at <= WINDOW_S]
    if latest.took_s > 0 and latest not in recent:
        recent.append(latest)
    if not recent:
        return None
    took = [one.took_s for one in recent]
    failed = sum(1 for one in recent if one.error)
    return Latency(len(recent), failed, round(median(took), 3), round(max(took), 3))


def format_slow(found: Latency | None, profile: Profile) -> str:
    """Nothing while the engine volume answers within what sanlock bears of it."""
    if found is None or found.max_s < profile.longest_ping_timeout_s:
        return ""
    late = found.max_s >= profile.renewal_fail_s / 2
    end = f"the engine's lease is lost after {profile.renewal_fail_s:.0f} s without a renewal"
    if not late:
        end = f"more than {profile.longest_ping_timeout_s:.0f} s is more than a lost brick accounts for; {end}"
    return (
        f"Volume engine is slow: an answer took {found.max_s:.1f} s within the last {found.window_s / 60:.0f} minutes, "
        f"half of them {found.p50_s:.2f} s or less; {end}"
    )
