"""An installation that loses its power at every step, on the same machine, is gone on with to the same end."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.metal import answers
from tests.metal.machine import BOOT_S, MOUNTED, Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(10800)]

STEPS = ("partition", "write", "verify", "brick-1", "configure", "identity", "images", "boot")
STEPS = ("partition", "write", "verify", "brick-1", "configure", "identity", "images", "boot")
STEP_S = 1200
RUN = "trivet install run /tmp/answers.toml --yes --json"


def begin(machine: Machine, iso: Path) -> None:
    machine.start(iso)
    machine.wait_up()
    machine.put("/tmp/answers.toml", answers.TEXT)
    machine.ask("touch /tmp/said")
    machine.ask(f"({RUN} >/tmp/said 2>&1; echo ended $? >>/tmp/said) &")


def reports(machine: Machine) -> Sequence[dict[str, object]]:
    lines = machine.ask("cat /tmp/said").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def wait_for(machine: Machine, key: str, mark: str) -> None:
    """Until the step is begun or done; one that an earlier run did is `done` at once."""
    until = time.monotonic() + STEP_S
    while not any(report.get("key") == key and report.get("mark") in (mark, "done") for report in reports(machine)):
        said = machine.ask("cat /tmp/said")
        assert "ended" not in said, said
        assert time.monotonic() < until, said
        time.sleep(0.5)


def test_power_is_cut_at_every_step(machine: Machine, iso: Path) -> None:
    begin(machine, iso)
    wait_for(machine, "medium", "started")
    for step in STEPS:
        wait_for(machine, step, "started")
        machine.cut_power()
        begin(machine, iso)
    wait_for(machine, "finish", "done")
    done = [str(report["key"]) for report in reports(machine) if report.get("detail") == "done before"]
    assert done[:2] == ["partition", "write"], "it began anew"
    machine.ask("systemctl poweroff --no-block")
    machine.wait_off()
    machine.start()
    machine.wait_up()
    assert machine.ask("hostname") == "node1"
    assert machine.ask(MOUNTED, BOOT_S) == "xfs"
