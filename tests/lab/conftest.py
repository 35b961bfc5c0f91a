"""Gives tests the running lab that TRIVET_LAB names (`test` when it names none)."""

import os
from pathlib import Path

import pytest

from tests.lab.under_test import LabUnderTest, find


@pytest.fixture(scope="session")
def lab() -> LabUnderTest:
    return find(os.environ.get("TRIVET_LAB", "test"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a lab, and time for hangs to be told from a busy machine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(900))
