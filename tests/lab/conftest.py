"""Gives tests the running lab that TRIVET_LAB names (`test` when it names none)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import ha_run
from tests.lab.under_test import LabUnderTest, find
from tests.lab.witness import witness


@pytest.fixture(scope="session")
def lab() -> LabUnderTest:
    return find(os.environ.get("TRIVET_LAB", "test"))


@pytest.fixture
def whole(lab: LabUnderTest) -> Iterator[LabUnderTest]:
    """A lab that has settled, and is brought back to that: tests after this one count on all nodes.

    All the while a client of the API writes, and at the end nothing that it was promised is lost.
    """
    ha_run.wait_whole(lab)
    with witness(lab):
        yield lab
    off = [machine.node.name for machine in lab.appliance.machines if machine.supervisor() is None]
    ha_run.power_on(lab, *off)
    ha_run.wait_whole(lab)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a lab, and time for hangs to be told from a busy machine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(900))
