"""Progress as lines: what is said when, and how long it took."""

import json

from installer.progress_lines import ProgressLines, format_seconds
from installer.run import Progress
from node.steps import Mark
from tests.fakes.clock import FakeClock


def printed(*moments: tuple[float, Progress], as_json: bool = False) -> list[str]:
    clock, lines = FakeClock(), list[str]()
    progress_lines = ProgressLines(lines.append, clock, as_json=as_json)
    for seconds, progress in moments:
        clock.advance(seconds)
        progress_lines.report(progress)
    return lines


def write(mark: Mark, detail: str = "", done: int = 0, total: int = 0) -> Progress:
    return Progress(3, 10, "write", "Write the system image", mark, detail, done, total)


def test_a_step_is_said_when_it_begins_and_ends_and_in_between_every_few_seconds() -> None:
    assert printed(
        (0, write(Mark.STARTED)),
        (1, write(Mark.STARTED, done=10, total=100)),
        (5, write(Mark.STARTED, done=50, total=100)),
        (1, write(Mark.STARTED, done=60, total=100)),
        (14, write(Mark.DONE)),
    ) == [
        "[3/10] Write the system image",
        "[3/10] Write the system image … 50 % after 6.0 s",
        "[3/10] Write the system image: done in 21 s",
    ]


def test_failures_and_what_was_done_before_say_so() -> None:
    assert printed((0, write(Mark.FAILED, "the disk is broken")), (0, write(Mark.DONE, "done before"))) == [
        "[3/10] Write the system image: failed (the disk is broken)",
        "[3/10] Write the system image: done before",
    ]


def test_json_has_the_fields() -> None:
    (line,) = printed((2, write(Mark.STARTED)), as_json=True)
    found = json.loads(line)
    assert {key: found[key] for key in ("elapsed_s", "number", "total", "key", "mark")} == {
        "elapsed_s": 2.0,
        "number": 3,
        "total": 10,
        "key": "write",
        "mark": "started",
    }


def test_seconds_are_for_people() -> None:
    assert [format_seconds(seconds) for seconds in (0.04, 9.99, 10.4, 60, 200)] == [
        *("0.0 s", "10.0 s", "10 s", "1 min 0 s", "3 min 20 s")
    ]
