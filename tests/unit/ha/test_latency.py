"""How long a volume took to answer, and when that is said."""

import pytest

from hosted_engine.ha.latency import WINDOW_S, Latency, format_slow, latency
from hosted_engine.ha.monitor import Monitor, Sample
from hosted_engine.ha.profiles import DEFAULT, FAST, Profile
from tests.fakes.clock import FakeClock


def sample(at: float, took_s: float, error: str = "") -> Sample[int]:
    return Sample(at, took_s, None if error else 1, error)


def test_the_last_minutes_count_and_what_failed_is_counted() -> None:
    history = (sample(0, 30), sample(1000, 0.1), sample(1010, 0.3), sample(1020, 0.2, "away"))
    found = latency(history, history[-1], 1000 + WINDOW_S)
    assert found == Latency(answers=3, failed=1, p50_s=0.2, max_s=0.3)
    assert latency(history, sample(9999, 0, "the last answer is too old"), 9999) is None


def test_a_question_that_hangs_counts_as_long_as_it_is_waited_for() -> None:
    hanging = sample(1005, 12.0, "no answer for 12 s")
    assert latency((sample(1000, 0.1),), hanging, 1005) == Latency(answers=2, failed=1, p50_s=6.05, max_s=12.0)


@pytest.mark.parametrize(
    ("profile", "max_s", "expected"),
    [
        (DEFAULT, 9.9, ""),
        (DEFAULT, 10.0, "an answer took 10.0 s within the last 5 minutes, half of them 0.02 s or less; more than 10 s"),
        (DEFAULT, 16.0, "an answer took 16.0 s within the last 5 minutes, half of them 0.02 s or less; the engine's"),
        (FAST, 6.0, "is lost after 16 s without a renewal"),
    ],
)
def test_what_is_said_follows_the_profile(profile: Profile, max_s: float, expected: str) -> None:
    message = format_slow(Latency(answers=300, failed=0, p50_s=0.02, max_s=max_s), profile)
    assert expected in message
    assert bool(message) is bool(expected)
    assert format_slow(None, profile) == ""


def test_a_real_monitors_history() -> None:
    clock = FakeClock()

    def ask() -> int:
        clock.advance(0.5)
        return 1

    monitor = Monitor("board", ask, period_s=1, limit_s=5, monotonic=clock.monotonic)
    for _ in range(3):
        monitor.observe()
    assert latency(monitor.history(), monitor.latest(), clock.monotonic()) == Latency(3, 0, 0.5, 0.5)
