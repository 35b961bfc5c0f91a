"""Somebody at a serial console installs a node by hand, with the pages as they come."""

import pytest

from pathlib import Path

from tests.metal import answers
from tests.metal.machine import Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

PAGE_S = 600
PASSWORD = "correct horse battery"
ENTER, DOWN, RIGHT = "\r", "\x1b[B", "\x1b[C"


def test_an_operator_installs_a_node(machine: Machine, iso: Path) -> None:
    machine.start(iso)
    with machine.operator() as screen:
        assert screen.until("Installation of Trivet on this machine", PAGE_S)
        assert screen.until("Nothing stands in the way", PAGE_S) or "ERROR" not in screen.text
        screen.type(ENTER)
        screen.until("1 of 5: Disks", PAGE_S)
        assert answers.OTHER in screen.text
