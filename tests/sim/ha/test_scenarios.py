"""Scenarios: what happens to a cluster, and the log that is expected. `TRIVET_GOLDEN=write` writes the logs anew."""

import os
from pathlib import Path

import pytest

from hosted_engine.ha.simulation.command import read_scenario
from hosted_engine.ha.simulation.scenario import run

HERE = Path(__file__).parent
SCENARIOS = sorted(path.parent for folder in ("scenarios", "found") for path in (HERE / folder).glob("*/cluster.toml"))


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda folder: folder.name)
def test_a_scenario_goes_as_expected(folder: Path) -> None:
    found = run(read_scenario(folder))
    expected = folder / "log.expect"
    if os.environ.get("TRIVET_GOLDEN") == "write":
        expected.write_text(found.text)
    assert not found.violations
    if expected.exists() or folder.parent.name == "scenarios":
        assert found.text == expected.read_text()


def test_there_are_enough() -> None:
    assert len(SCENARIOS) >= 150
