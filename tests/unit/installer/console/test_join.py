"""Joining a site at the console: nobody is asked before its words were compared, and what becomes of it is shown."""

import msgspec
import pytest

from hosted_engine.authority import make_authority
from installer.answers import Role
from node.registration.join_files import JoinRequest, JoinState, JoinStatus
from node.system.files import write_durable
from tests.unit.installer.console.machine import Machine, shows
from tests.unit.installer.console.operator import Operator
from tests.unit.installer.console.test_intended import installed

ENGINE, FINGERPRINT = "engine.example.test", "ab" * 32
CODE = "ABCD-EFGH-JKLM-NPQR-STUV"


@pytest.fixture
def same_key(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A node whose words are always the same, for pages that are kept as text."""
    monkeypatch.setattr("installer.console.own.certificate_fingerprint", lambda _: "12" * 32)
    return machine


def note(machine: Machine, state: JoinState, detail: str = "") -> None:
    wanted = machine.join_files.wanted()
    assert wanted is not None
    machine.join_files.note(JoinStatus(attempt=wanted.attempt, state=state, detail=detail))


async def compare(operator: Operator, *code: str) -> None:
    await operator.goes("enter", "j")
    await operator.expect("Join a site", "its name or its address")
    await operator.goes(ENGINE, "enter")
    await operator.expect("Is this the engine?")
    await operator.goes(" ", "tab", *code, "enter")


async def test_the_pages(same_key: Machine) -> None:
    async with same_key.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "j")
        await shows(pilot, "join-engine", "its name or its address")
        await operator.goes(ENGINE, "enter")
        await shows(pilot, "join-compare", "Is this the engine?")
        assert same_key.join_files.wanted() is None
        await operator.goes("enter")
        await operator.expect("compare the words first")
        await operator.goes(" ", "tab", CODE, "enter")
        await operator.expect("has not asked yet")
        note(same_key, JoinState.PENDING)
        await shows(pilot, "join-waits", "an administrator compares")
        note(same_key, JoinState.REFUSED, "The engine is too old")
        await operator.expect("is refused so far", "The engine is too old")
        (same_key.settings.own_folder / "ca.pem").write_text(make_authority("branch-7").certificate)
        await shows(pilot, "join-member", "is a member of site branch-7")
        await operator.goes("enter")
        await operator.expect("What can be done")


async def test_what_was_compared_and_typed_is_what_the_agent_finds(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await compare(operator, CODE.lower())
        await operator.expect("has not asked yet")
        wanted = machine.join_files.wanted()
        assert wanted is not None
        assert (wanted.engine, wanted.port, wanted.fingerprint) == (ENGINE, 443, FINGERPRINT)
        assert wanted.join_code == CODE.lower()
        await operator.goes("escape")  # it goes on asking
        await operator.expect("What can be done")
        assert machine.join_files.wanted() == wanted
        await operator.goes("j")  # and shows how that goes
        await operator.expect("has not asked yet", "ask no more")
        await operator.goes("c")
        await operator.expect(f"This node asks {ENGINE} no more.")
    assert machine.join_files.wanted() is None


@pytest.mark.parametrize("code", ["hunter2", "QQQQ-EFGH-JKLM-NPQR"])
async def test_what_is_no_code_is_said_while_it_can_be_mended(code: str, machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await compare(operator, code)
        assert code not in await operator.expect("has to be 5 groups of 4")
    assert machine.join_files.wanted() is None


async def test_an_engine_that_does_not_answer_can_be_typed_again(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "j", "elsewhere.example.test", "enter")
        await operator.expect("did not answer", "no route to host")
        await operator.goes("escape")
        await operator.expect("[elsewhere.example.test")


@pytest.mark.parametrize(("state", "shown"), [(JoinState.REJECTED, "turned away"), (JoinState.EXPIRED, "in time")])
async def test_what_the_engine_decided_is_the_end(state: JoinState, shown: str, machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await compare(operator)
        await operator.expect("has not asked yet")
        note(machine, state)
        await operator.expect(shown, "Enter: back")
        await operator.goes("c", "enter")  # there is nothing to cancel any more
        await operator.expect("What can be done")


async def test_a_member_of_a_site_and_a_node_without_a_key_are_refused(machine: Machine) -> None:
    (machine.settings.own_folder / "ca.pem").write_text(make_authority("branch-7").certificate)
    async with machine.on() as pilot:
        await Operator(pilot).goes("enter", "j")
        await Operator(pilot).expect("it is a member of site branch-7 already")
    (machine.settings.own_folder / "ca.pem").unlink()
    (machine.settings.own_folder / "cert.pem").unlink()
    async with machine.on() as pilot:
        await Operator(pilot).goes("enter", "j")
        await Operator(pilot).expect("its agent has not run")


async def test_the_engine_that_the_installation_was_told_is_there(machine: Machine) -> None:
    installed(machine.folder / "root/state", Role.JOIN)
    async with machine.on() as pilot:
        await Operator(pilot).goes("enter")
        await Operator(pilot).expect(f"[{ENGINE}")


async def test_a_request_that_the_agent_could_not_begin_is_taken_over(machine: Machine) -> None:
    """Its words were others; somebody has compared by now."""
    request = JoinRequest(engine=ENGINE, fingerprint="lusab-babad-gutih-tugad", join_code=CODE)
    write_durable(machine.folder / "join-request.json", msgspec.json.encode(request))
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "j")
        await operator.expect(f"[{ENGINE}")
        await operator.goes("enter")
        await operator.expect("Is this the engine?")
        await operator.goes(" ", "tab", "enter")
        await operator.expect("has not asked yet")
    wanted = machine.join_files.wanted()
    assert wanted is not None
    assert (wanted.fingerprint, wanted.join_code) == (FINGERPRINT, "")
    assert machine.join_files.request() is None
