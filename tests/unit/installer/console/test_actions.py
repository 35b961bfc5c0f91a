"""What the menu leads to: logs, maintenance, the password; each says what it does and what stands in its way."""

from hosted_engine.authority import make_authority
from node.ha_service import read_maintenance
from node.system.process import CommandFailed
from tests.unit.installer.console.machine import Machine, shows
from tests.unit.installer.console.operator import Operator


def join(machine: Machine) -> None:
    (machine.settings.own_folder / "ca.pem").write_text(make_authority("branch-7").certificate)


async def test_the_menu(machine: Machine) -> None:
    async with machine.on() as pilot:
        await Operator(pilot).goes("enter")
        await shows(pilot, "menu", "S  Shell")


async def test_logs_are_read_from_their_end(machine: Machine) -> None:
    machine.run.answers["journalctl"] = "".join(f"11:20:{n % 60:02} node1 trivet-node: line {n}\n" for n in range(400))
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "l", "n")
        await shows(pilot, "log", "line 399")
        await operator.goes("b")
        assert "line 399" not in await operator.expect("line 370")
        await operator.goes("enter")
        await operator.expect("line 399")
    (first, *_) = machine.run.commands("journalctl")
    assert first[-2:] == ("--unit", "trivet-node.service")


async def test_a_journal_that_cannot_be_read_is_told(machine: Machine) -> None:
    machine.run.answers["journalctl"] = CommandFailed(("journalctl",), "it took longer than 30 s")
    async with machine.on() as pilot:
        await Operator(pilot).goes("enter", "l", "k")
        await Operator(pilot).expect("This did not succeed", "it took longer than 30 s")


async def test_maintenance_begins_with_its_reason_and_ends(machine: Machine) -> None:
    join(machine)
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "m")
        await operator.expect("this host gives the engine away")
        await operator.goes("new fan", "enter")
        await operator.expect("What can be done")
        assert read_maintenance(machine.settings.ha_folder) == "new fan"
        await operator.goes("m")
        await operator.expect("This host is in maintenance: new fan.")
        await operator.goes("e")
        await operator.expect("What can be done")
    assert read_maintenance(machine.settings.ha_folder) is None


async def test_without_a_site_there_is_no_maintenance(machine: Machine) -> None:
    async with machine.on() as pilot:
        await Operator(pilot).goes("enter", "m")
        await Operator(pilot).expect("this node is in no site")


async def test_the_password_is_changed_through_standard_input_alone(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "p", "Short")
        await operator.expect("it is shorter than 8 characters")
        await operator.goes("er than this 7", "tab", "another 8", "enter")
        await operator.expect("this is not the same")
        await operator.goes(*["backspace"] * 9, "Shorter than this 7", "enter")
        await operator.expect("The password is changed.")
    assert machine.run.ran == [(("chpasswd",), "root:Shorter than this 7\n")]


async def test_a_password_that_is_not_taken_is_told(machine: Machine) -> None:
    machine.run.answers["chpasswd"] = CommandFailed(("chpasswd",), "the disk is full")
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "p", "long enough 1", "tab", "long enough 1", "enter")
        await operator.expect("The password was not changed", "the disk is full")
