"""A monitor's answer counts for a while, and a question that hangs stalls nobody."""

import threading

from hosted_engine.ha.monitor import Monitor
from tests.fakes.clock import FakeClock


def test_an_answer_counts_until_it_is_too_old() -> None:
    clock = FakeClock()
    monitor = Monitor("load", lambda: 7, period_s=10, limit_s=5, monotonic=clock.monotonic)
    assert (monitor.latest().value, monitor.latest().error) == (None, "not asked yet")
    monitor.observe()
    clock.advance(15)
    assert monitor.latest().value == 7
    clock.advance(1)
    assert (monitor.latest().value, monitor.latest().error) == (None, "the last answer is 16 s old")


def test_an_error_is_an_answer_that_says_why() -> None:
    def ask() -> int:
        raise OSError("Transport endpoint is not connected")

    monitor = Monitor("board", ask, period_s=10, limit_s=5, monotonic=FakeClock().monotonic)
    monitor.observe()
    assert (monitor.latest().value, monitor.latest().error) == (None, "Transport endpoint is not connected")


def test_a_question_that_hangs_is_known_to_hang_and_takes_one_thread() -> None:
    clock, go_on, begun = FakeClock(), threading.Event(), threading.Semaphore(0)

    def ask() -> int:
        begun.release()
        go_on.wait()
        return 1

    monitor = Monitor("board", ask, period_s=0.01, limit_s=5, monotonic=clock.monotonic)
    monitor.start()
    begun.acquire()
    clock.advance(4)
    assert monitor.latest().error == "not asked yet"
    clock.advance(2)
    assert monitor.latest().error == "no answer for 6 s"
    assert not begun.acquire(timeout=0.05)
    go_on.set()
    begun.acquire()  # it is asked again
    assert monitor.history()[0].value == 1
    monitor.stop()


def test_who_is_woken_asks_at_once() -> None:
    asked = threading.Semaphore(0)
    monitor = Monitor("vm", asked.release, period_s=3600, limit_s=5, monotonic=FakeClock().monotonic)
    monitor.start()
    asked.acquire()
    monitor.wake()
    assert asked.acquire(timeout=30)
    monitor.stop()


def test_a_refresh_waits_for_a_question_that_begins_after_it() -> None:
    clock, answers = FakeClock(), iter(range(100))
    monitor = Monitor("x", lambda: next(answers), period_s=1000, limit_s=10, monotonic=clock.monotonic)
    monitor.start()
    monitor.refresh(60)
    before = monitor.latest().value
    clock.advance(1)
    monitor.refresh(60)
    after = monitor.latest().value
    monitor.stop()
    assert before is not None
    assert after is not None
    assert after > before


def test_a_refresh_of_what_hangs_ends_in_time() -> None:
    never = threading.Event()
    monitor = Monitor("x", never.wait, period_s=1000, limit_s=10, monotonic=FakeClock().monotonic)
    monitor.start()
    monitor.refresh(0.05)
    assert monitor.latest().value is None
    monitor.stop()
    never.set()
