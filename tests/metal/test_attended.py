"""Somebody at a serial console installs a node by hand, page by page, and meets the node's own console afterwards."""

from pathlib import Path

import pytest

from tests.metal import answers
from tests.metal.machine import Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

PAGE_S = 900
PASSWORD = "correct horse battery"
ENTER, DOWN, TAB = "\r", "\x1b[B", "\t"
NO_REBOOT = ("-no-reboot",)  # what starts afterwards starts without the medium


def test_an_operator_installs_a_node(machine: Machine, iso: Path) -> None:
    machine.start(iso, more=NO_REBOOT)
    with machine.operator() as screen:
        screen.until("Installation of Trivet on this machine", "Enter: begin", within_s=PAGE_S)
        screen.type(ENTER)
        screen.until("1 of 5: Disks", answers.SYSTEM, answers.OTHER, within_s=PAGE_S)
        screen.type("s")
        screen.until("> [system] vda", within_s=PAGE_S)
        screen.type(DOWN, "b")
        screen.until("[brick ] vdb", within_s=PAGE_S)
        screen.type(ENTER)
        screen.until("2 of 5: Network", "52:54:00:aa:00:01", within_s=PAGE_S)
        screen.type(ENTER)
        screen.until("Network, tested", "Enter: go on", within_s=PAGE_S)
        screen.type(ENTER)
        screen.until("3 of 5: Identity", within_s=PAGE_S)
        screen.type(*"attended", TAB, *PASSWORD, TAB, *PASSWORD, ENTER)
        screen.until("4 of 5: Role", within_s=PAGE_S)
        screen.type(ENTER)
        review = screen.until("5 of 5: Review", answers.SYSTEM, within_s=PAGE_S)
        assert answers.OTHER not in review
        screen.type(ENTER)
        screen.until("Installing", within_s=PAGE_S)
        screen.until("All is done and was read back", within_s=2 * PAGE_S)
        screen.type(ENTER)
        last = screen.until("Trivet is installed", "Claim code", within_s=PAGE_S)
        screen.type(ENTER)
        screen.until("restart", within_s=PAGE_S)
    machine.wait_off(PAGE_S)  # with nobody at the line: a system that nobody reads waits for him

    code = next(line.split()[-1] for line in last.splitlines() if "Claim code" in line)
    machine.start()
    with machine.operator() as screen:
        console = screen.until("attended", "claim code", within_s=2 * PAGE_S)
    assert code in console
