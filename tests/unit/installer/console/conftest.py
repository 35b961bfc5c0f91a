"""Gives tests a node with a console."""

from pathlib import Path

import pytest

from tests.unit.installer.console.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
