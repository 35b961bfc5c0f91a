"""Random schedules keep every promise: one engine, soon, in peace. `TRIVET_SCHEDULES=10000` tries them all."""

import os
from pathlib import Path

import pytest

from tests.sim.ha.schedules import save, schedule, shrink, try_schedule

FOUND = Path(__file__).parent / "found"
EVERY = int(os.environ.get("TRIVET_SCHEDULES", "500"))
AT_ONCE = 50


@pytest.mark.parametrize("first", range(0, EVERY, AT_ONCE))
def test_no_schedule_breaks_a_promise(first: int) -> None:
    """One that does is shrunk and kept in `found/`, where it is tried for ever after."""
    for number in range(first, min(first + AT_ONCE, EVERY)):
        found = schedule(number)
        for violation in try_schedule(found).violations:
            smallest = shrink(found, violation.kind)
            save(smallest, violation, FOUND / f"{violation.kind}-{number}")
            pytest.fail(f"schedule {number}: {violation}; kept as found/{violation.kind}-{number}")


def test_a_schedule_is_the_same_each_time() -> None:
    assert schedule(7) == schedule(7)
    assert try_schedule(schedule(7)).text == try_schedule(schedule(7)).text
