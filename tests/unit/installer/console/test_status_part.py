"""A part of the status that fails or hangs says so, and is asked once, not again and again."""

import threading
from datetime import datetime

from installer.console.status_part import StatusPart, Watch, describe
from node.system.process import CommandFailed


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def watch(status_part: StatusPart, clock: Clock | None = None) -> Watch:
    return Watch(status_part, clock or Clock(), lambda: datetime(2026, 11, 30, 11, 20, 15))


def test_before_the_first_answer_it_is_being_asked() -> None:
    assert watch(StatusPart("Node", lambda: ("node1",))).lines() == ("being asked ...",)


def test_an_answer_is_shown() -> None:
    one = watch(StatusPart("Node", lambda: ("node1",)))
    one.ask_once()
    assert one.lines() == ("node1",)


def test_an_error_is_an_answer_with_its_reason() -> None:
    def fail() -> tuple[str, ...]:
        raise CommandFailed(("gluster",), "gluster is not installed")

    one = watch(StatusPart("Volumes", fail))
    one.ask_once()
    assert one.lines() == ("! unknown: gluster is not installed",)


def test_what_hangs_is_said_beside_what_was_known() -> None:
    clock, answers, hangs = Clock(), [("good",)], threading.Event()
    asked = threading.Event()

    def ask() -> tuple[str, ...]:
        if answers:
            return answers.pop()
        asked.set()
        hangs.wait(30)
        return ("late",)

    one = watch(StatusPart("Volumes", ask, limit_s=10), clock)
    one.ask_once()
    thread = threading.Thread(target=one.ask_once)
    thread.start()
    asked.wait(30)
    clock.now_s += 9
    assert one.lines() == ("good",)
    clock.now_s += 38
    assert one.lines() == ("! unknown: no answer for 47 s; at 11:20:15 it was:", "good")
    hangs.set()
    thread.join()
    assert one.lines() == ("late",)


def test_errors_are_said_in_one_line() -> None:
    assert describe(PermissionError(13, "Permission denied")) == "this needs root (Permission denied)"
    assert describe(ValueError("two\nlines")) == "two lines"
    assert describe(KeyError()) == "KeyError"
