"""The whole way from the first page to the restart, by keys alone; and back, which loses nothing."""

from ipaddress import IPv4Address, IPv4Interface

import msgspec
import pytest
from textual.widgets import Input

from installer.answers import Answers, DiskAnswers, Ip, MachineAnswers, NetworkAnswers, Role, RoleAnswers
from installer.environment import Check, CheckState
from installer.preflight import Finding, Severity
from node.api.problems import Refused
from tests.fakes.installer import HASH, MACHINE, FakeEnvironment
from tests.unit.installer.screens.stage import PAGES, PASSWORD, arrive, go_to, golden, installer
from tests.unit.netconf.screens.console import press, text, until

MOST_ANSWERS = 12


@pytest.fixture
def fake() -> FakeEnvironment:
    return FakeEnvironment()


async def test_a_node_with_a_fixed_address_takes_no_more_than_twelve_answers(fake: FakeEnvironment) -> None:
    answers = 0

    async def answer(*keys: str) -> None:
        nonlocal answers
        answers += 1
        await press(pilot, *keys)

    async with installer(fake) as pilot:
        await golden(pilot, "welcome", "Enter: begin")
        await press(pilot, "enter")
        await golden(pilot, "disks", "[system] sda")
        await press(pilot, "down")
        await answer("b")
        await golden(pilot, "disks_dirty", "! Would be lost")
        await press(pilot, "enter")
        await golden(pilot, "network", "[x] eno1")
        await press(pilot, "down")
        await answer("space")  # the second NIC
        await press(pilot, "down", "down", "down", "down")
        await answer("right")
        await press(pilot, "down")
        await answer("192.0.2.11/24")
        await press(pilot, "down")
        await answer("192.0.2.1")
        await press(pilot, "down", "down")
        await answer("192.0.2.53")
        await golden(pilot, "network_static", "[192.0.2.53 ")
        await press(pilot, "enter")
        await golden(pilot, "network_tested", "The network works")
        await press(pilot, "enter")
        await golden(pilot, "identity", "Host name")
        await answer("node1")
        await press(pilot, "down")
        await answer(PASSWORD)
        await press(pilot, "down")
        await answer(PASSWORD)
        await golden(pilot, "identity_filled", "[********")
        await press(pilot, "enter")
        await golden(pilot, "role", "decide later")
        await answer("right")
        await golden(pilot, "role_first", "first node of a new site >")
        await press(pilot, "enter")
        await golden(pilot, "review_dirty", "To let go")
        await press(pilot, "tab")
        await answer("zc1a2b3c")
        await press(pilot, "enter")
        await golden(pilot, "progress", "2 of 4 steps are done")
        fake.gate.set()
        await golden(pilot, "progress_done", "All is done")
        await press(pilot, "l")
        await golden(pilot, "progress_log", "+ do 4")
        await press(pilot, "enter")
        await golden(pilot, "done", "lusab-babad-gutih-tugad")
        await press(pilot, "enter")
        await pilot.pause()
    assert answers <= MOST_ANSWERS
    assert fake.reboots == 1
    assert fake.begun == [
        Answers(
            machine=MachineAnswers(host_name="node1", password_hash=HASH),
            disks=DiskAnswers(
                system='serial == "S45PNA0M500123"', bricks=('serial == "ZC1A2B3C"',), wipe=("ZC1A2B3C",)
            ),
            network=NetworkAnswers(
                nics=("b0:26:28:00:00:01", "b0:26:28:00:00:02"),
                bond="active-backup",
                ipv4=Ip.STATIC,
                address=IPv4Interface("192.0.2.11/24"),
                gateway=IPv4Address("192.0.2.1"),
                dns=(IPv4Address("192.0.2.53"),),
            ),
            role=RoleAnswers(kind=Role.FIRST),
        )
    ]


async def test_the_fewest_keys_make_a_node_by_dhcp(fake: FakeEnvironment) -> None:
    async with installer(fake) as pilot:
        await go_to(pilot, "review")
        await golden(pilot, "review", " 4. ")
        await press(pilot, "f3")
        await golden(pilot, "answers", "[machine]")
        await press(pilot, "enter")
        await arrive(pilot, "review")
        await press(pilot, "enter")
        await until(pilot, "Installing")
    (answers,) = fake.begun
    assert (answers.disks.wipe, answers.network.ipv4, answers.role.kind) == ((), Ip.DHCP, Role.LATER)


async def test_back_from_everywhere_loses_nothing(fake: FakeEnvironment) -> None:
    async with installer(fake) as pilot:
        await go_to(pilot, "disks")
        await press(pilot, "down", "b", "enter")
        await arrive(pilot, "network")
        await press(pilot, "tab", "tab", "tab", "42", "enter")
        await arrive(pilot, "tested")
        await press(pilot, "enter")
        await arrive(pilot, "identity")
        await press(pilot, "node1", "tab", PASSWORD, "tab", PASSWORD, "enter")
        await arrive(pilot, "role")
        await press(pilot, "left", "tab", "engine.example.org", "tab", "lusab-babad-gutih-tugad", "enter")
        await arrive(pilot, "review")
        await press(pilot, "tab", "zc1a2b3c")
        pages = [page for page in PAGES if page != "tested"]
        for page in reversed(pages[:-1]):
            await press(pilot, "escape")
            await arrive(pilot, page)
        for page in pages[1:]:
            await press(pilot, "enter")
            found = await arrive(pilot, page)
            assert {
                "disks": "[brick ] sdb",
                "network": "[42 ",
                "identity": "[node1 ",
                "role": "[lusab-babad-gutih-tugad",
                "review": "[ZC1A2B3C",
            }[page] in found
        await press(pilot, "enter")
        await until(pilot, "Installing")
    (answers,) = fake.begun
    assert answers.machine.password_hash == HASH
    assert len(fake.tested) == 1


async def test_a_node_that_joins_a_site_unattended(fake: FakeEnvironment) -> None:
    code = "ABCD-EFGH-JKLM-NPQR-STUV"
    async with installer(fake) as pilot:
        await go_to(pilot, "role")
        await press(pilot, "right", "right", "down", "engine.example.org", "down", "down", "hunter2", "enter")
        await until(pilot, "is missing: the four words")
        await press(pilot, "lusab-babad-gutih-tugad", "enter")
        await until(pilot, "has to be 5 groups of 4")
        await press(pilot, *["backspace"] * 7, code)
        await golden(pilot, "role_join", "[************************")
        await press(pilot, "enter")
        await arrive(pilot, "review")
        await until(pilot, "with a join code")
        await press(pilot, "f3")
        assert code not in await until(pilot, "(as typed)")
        await press(pilot, "enter")
        await arrive(pilot, "review")
        await press(pilot, "enter")
        await until(pilot, "Installing")
    (answers,) = fake.begun
    assert answers.role == RoleAnswers(
        kind=Role.JOIN, engine="engine.example.org", fingerprint="lusab-babad-gutih-tugad", join_code=code
    )


@pytest.mark.parametrize("page", PAGES)
async def test_every_page_explains_itself_and_keeps_what_was_typed(fake: FakeEnvironment, page: str) -> None:
    async with installer(fake) as pilot:
        await go_to(pilot, page)
        before = text(pilot.app)
        await press(pilot, "f1")
        await golden(pilot, f"help_{page}", "Help")
        await press(pilot, "escape")
        await arrive(pilot, page)
        assert text(pilot.app) == before


async def test_errors_stop_it_at_the_first_page_until_they_are_mended(fake: FakeEnvironment) -> None:
    fake.found = (
        Finding(
            Severity.NOTE, "The clock is 3 minutes behind", "no time server was asked yet", "Nothing is to be done"
        ),
        Finding(
            Severity.ERROR,
            "This machine has no hardware virtualization",
            "VMs cannot run without it",
            "Turn on VT-x or AMD-V in the firmware's settings",
        ),
    )
    async with installer(fake) as pilot:
        await golden(pilot, "welcome_error", "! 1 error, 1 note. Mend")
        await press(pilot, "enter")
        assert "ERROR: This machine" in text(pilot.app)
        fake.found = ()
        await press(pilot, "r")
        await arrive(pilot, "welcome")
    assert fake.observed_count == 2


async def test_a_network_that_fails_its_test_takes_more_than_enter(fake: FakeEnvironment) -> None:
    fake.checks = (Check(CheckState.GOOD, "eno1 has a link"), Check(CheckState.BAD, "192.0.2.1 does not answer"))
    async with installer(fake) as pilot:
        await go_to(pilot, "network")
        await press(pilot, "enter")
        await golden(pilot, "network_failed", "K goes on without")
        await press(pilot, "enter")
        assert "[FAIL]" in text(pilot.app)
        await press(pilot, "escape")
        await arrive(pilot, "network")
        await press(pilot, "enter")
        await until(pilot, "K goes on without")
        await press(pilot, "k")
        await arrive(pilot, "identity")


async def test_a_plan_that_is_refused_says_why_and_leads_back(fake: FakeEnvironment) -> None:
    class NoRoom(Refused):
        what = "Cannot put the bricks on sda"
        why = "it has 480 GB"
        mend = "Choose a disk for them"

    fake.refuses = NoRoom()
    async with installer(fake) as pilot:
        await go_to(pilot, "role")
        await press(pilot, "enter")
        await golden(pilot, "refused", "Choose a disk for them")
        await press(pilot, "enter")
        await arrive(pilot, "role")
        await press(pilot, "enter")
        await arrive(pilot, "review")


async def test_the_review_knows_what_came_onto_a_disk_after_the_first_look(fake: FakeEnvironment) -> None:
    async with installer(fake) as pilot:
        await go_to(pilot, "role")
        first, second, medium = MACHINE.disks
        written = msgspec.structs.replace(first, contents=second.contents)
        fake.machine = msgspec.structs.replace(MACHINE, disks=(written, second, medium))
        await press(pilot, "enter")
        await until(pilot, "sda, S45PNA0M500123, loses sdb2")


async def test_two_dirty_disks_with_one_serial_number_are_both_confirmed(fake: FakeEnvironment) -> None:
    first, second, medium = MACHINE.disks
    twin = msgspec.structs.replace(first, serial=second.serial, contents=second.contents)
    fake.machine = msgspec.structs.replace(MACHINE, disks=(twin, second, medium))
    async with installer(fake) as pilot:
        await go_to(pilot, "disks")
        await press(pilot, "s", "down", "b", "enter")
        for page in ("network", "tested"):
            await arrive(pilot, page)
            await press(pilot, "enter")
        await arrive(pilot, "identity")
        await press(pilot, "node1", "tab", PASSWORD, "tab", PASSWORD, "enter")
        await arrive(pilot, "role")
        await press(pilot, "enter")
        await arrive(pilot, "review")
        await press(pilot, "tab", second.serial, "enter")
        await pilot.pause()
        assert fake.begun == []
        await press(pilot, second.serial, "enter")  # the line that is missing is at hand
        await until(pilot, "Installing")
    assert fake.begun[0].disks.wipe == (second.serial,)


async def test_a_dirty_disk_is_not_let_go_of_by_enter(fake: FakeEnvironment) -> None:
    async with installer(fake) as pilot:
        await go_to(pilot, "disks")
        await press(pilot, "down", "s", "enter")
        for page in ("network", "tested"):
            await arrive(pilot, page)
            await press(pilot, "enter")
        await arrive(pilot, "identity")
        await press(pilot, "node1", "tab", PASSWORD, "tab", PASSWORD, "enter")
        await arrive(pilot, "role")
        await press(pilot, "enter")
        await arrive(pilot, "review")
        await press(pilot, "enter")
        await golden(pilot, "review_missing", "! type ZC1A2B3C")
        await press(pilot, "S45PNA0M500123", "enter")
        await pilot.pause()
        assert fake.begun == []
        assert isinstance(pilot.app.focused, Input)


async def test_what_failed_leads_back_to_the_review(fake: FakeEnvironment) -> None:
    class Broken(Refused):
        what = "Read it back and compare: failed"
        why = "sda gives other bytes at 12 MiB than were written"
        mend = "Replace the disk"

    fake.fails = Broken()
    fake.gate.set()
    async with installer(fake) as pilot:
        await go_to(pilot, "review")
        fake.is_running = lambda: True  # type: ignore[method-assign]
        await press(pilot, "enter")
        await golden(pilot, "progress_failed", "Replace the disk")
        del fake.is_running
        await press(pilot, "enter")
        await arrive(pilot, "review")


async def test_no_disk_and_no_nic(fake: FakeEnvironment) -> None:
    fake.machine = MACHINE.__class__(disks=(), nics=())
    async with installer(fake) as pilot:
        await go_to(pilot, "disks")
        await press(pilot, "enter", "s", "space")
        await golden(pilot, "disks_none", "This machine has no disk")
