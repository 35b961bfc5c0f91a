"""On the node's own screen anybody may look; what changes something asks for root's password, once in a session."""

import pytest

from installer.console.root_account import has_password
from installer.console.session import IDLE_S, Session
from tests.unit.installer.console.machine import PASSWORD, Machine, shows
from tests.unit.installer.console.operator import Operator
from tests.unit.netconf.screens.console import Clock


@pytest.fixture
def clock(machine: Machine) -> Clock:
    clock = Clock()
    machine.session, machine.may_leave = Session(open_for_good=False, clock=clock), False
    return clock


async def test_looking_is_allowed_and_changing_asks_once(machine: Machine, clock: Clock) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter")
        await shows(pilot, "menu-locked", "Shell *")
        await operator.goes("l")
        await operator.expect("messages since the boot")
        await operator.goes("escape", "n")
        await operator.expect("Root's password opens it for this session")
        await operator.goes("not it", "enter")
        await operator.expect("That is not root's password")
        await operator.goes(PASSWORD)
        assert PASSWORD not in await operator.expect("*" * len(PASSWORD))
        await operator.goes("enter")
        await operator.expect("What can be done", "Unlocked until nobody has pressed a key")
        assert [argv[-2:] for argv in machine.outside] == [("net", "edit")]
        await operator.goes("s")
        await operator.expect("What can be done")
        assert machine.outside[-1] == ("/bin/bash", "--login")
    assert all(PASSWORD not in " ".join(argv) for argv, _ in machine.run.ran)


async def test_q_locks_it_again(machine: Machine, clock: Clock) -> None:
    machine.session.unlock()
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.expect("Q: lock")
        await operator.goes("q", "enter")
        await operator.expect("Shell *")


def test_a_session_that_nobody_uses_locks_itself() -> None:
    clock = Clock()
    session = Session(open_for_good=False, clock=clock)
    session.unlock()
    clock.now_s += IDLE_S - 1
    session.touch()
    clock.now_s += IDLE_S - 1
    assert session.is_open
    clock.now_s += 2
    session.touch()
    assert not session.is_open


async def test_a_node_whose_root_has_no_password_says_so(machine: Machine, clock: Clock) -> None:
    machine.shadow.write_text("root:!*:19000::::::\n")
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "s")
        await operator.expect("Nothing can be changed at this console", "root has no password on this node")
    assert machine.outside == []


async def test_whoever_is_not_root_is_told_so(machine: Machine, clock: Clock) -> None:
    machine.shadow.unlink()
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "s")
        await operator.expect("it was not begun by root (No such file or directory)", "sudo trivet console")


@pytest.mark.parametrize(
    ("shadow", "has"),
    [
        ("root:$y$j9T$salt$hash:1::::::\n", True),
        ("toor:$y$x:1::::::\nroot:*:1::::::\n", False),
        ("root::1::::::\n", False),
        ("root:!$y$j9T$salt$hash:1::::::\n", False),
        ("", False),
    ],
)
def test_a_locked_or_empty_password_is_none(shadow: str, has: bool) -> None:
    assert has_password(shadow) is has
