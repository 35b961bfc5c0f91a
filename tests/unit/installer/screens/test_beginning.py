"""Before the first question: an installation that was cut off, another console that answers or has begun."""

from ipaddress import IPv4Address, IPv4Interface

from installer.answers import Answers, DiskAnswers, Ip, MachineAnswers, NetworkAnswers, Role, RoleAnswers
from installer.environment import Console, OneConsole, Unfinished
from installer.screens.draft import Draft
from node.api.problems import Refused
from tests.fakes.installer import HASH, FakeEnvironment
from tests.unit.installer.screens.stage import arrive, go_to, golden, installer
from tests.unit.netconf.screens.console import press, text, until

EARLIER = Answers(
    machine=MachineAnswers(host_name="node7", password_hash=HASH),
    disks=DiskAnswers(system='serial == "S45PNA0M500123"', bricks=("size > 1T",), wipe=("ZC1A2B3C",)),
    network=NetworkAnswers(
        nics=("b0:26:28:00:00:02",),
        ipv4=Ip.STATIC,
        address=IPv4Interface("192.0.2.17/24"),
        gateway=IPv4Address("192.0.2.1"),
    ),
    role=RoleAnswers(kind=Role.FIRST),
)


class _Session(OneConsole):
    """Another console answers as long as `other` is there."""

    other: Console | None = None
    taken: bool = False

    def elsewhere(self) -> Console | None:
        return self.other

    def is_here(self) -> bool:
        return self.taken and self.other is None

    def take(self, page: str = "") -> None:
        self.other, self.taken = None, True


async def test_what_was_cut_off_is_gone_on_with() -> None:
    fake = FakeEnvironment(half=Unfinished("sda", EARLIER, 3))
    async with installer(fake) as pilot:
        await golden(pilot, "unfinished", "G: go on with it")
        await press(pilot, "g")
        await until(pilot, "Installing")
    assert (fake.begun, fake.started_over) == ([EARLIER], [False])


async def test_one_whose_answers_are_lost_can_only_be_started_over() -> None:
    fake = FakeEnvironment(half=Unfinished("sda"))
    async with installer(fake) as pilot:
        await until(pilot, "G: go on with it")
        await press(pilot, "g")
        await until(pilot, "Start over")
        await press(pilot, "enter")
        await until(pilot, "G: go on with it")
        await press(pilot, "s")
        await arrive(pilot, "welcome")
    assert fake.begun == []


async def test_starting_over_asks_everything_with_the_earlier_answers() -> None:
    fake = FakeEnvironment(half=Unfinished("sda", EARLIER, 3))
    async with installer(fake) as pilot:
        await until(pilot, "G: go on with it")
        await press(pilot, "s")
        await arrive(pilot, "welcome")
        await press(pilot, "enter")
        assert "[brick ] sdb" in await arrive(pilot, "disks")
        await press(pilot, "enter")
        assert "[192.0.2.17/24" in await arrive(pilot, "network")
        await press(pilot, "enter")
        await arrive(pilot, "tested")
        await press(pilot, "enter")
        await golden(pilot, "identity_kept", "[node7 ")
        await press(pilot, "enter")
        await arrive(pilot, "role")
        await press(pilot, "enter")
        assert "[ZC1A2B3C" in await arrive(pilot, "review")
        await press(pilot, "enter")
        await until(pilot, "Installing")
    assert fake.started_over == [True]
    assert fake.begun[0].machine == EARLIER.machine


async def test_another_console_answers_and_this_one_follows_and_takes_over() -> None:
    fake, session = FakeEnvironment(), _Session()
    session.saved = Draft(host_name="node9", system='serial == "S45PNA0M500123"').encode()
    session.other = Console("ttyS0", "2 of 5: Network")
    async with installer(fake, session) as pilot:
        await golden(pilot, "elsewhere", "ttyS0")
        session.other = Console("ttyS0", "3 of 5: Identity")
        await until(pilot, "3 of 5: Identity")
        await press(pilot, "t")
        assert "[system] sda" in await arrive(pilot, "disks")
        session.other = Console("tty1", "1 of 5: Disks")
        await until(pilot, "Somebody answers the questions on tty1")
        session.other = None
        await arrive(pilot, "welcome")


async def test_what_lies_over_a_page_goes_with_it_when_another_console_takes_over() -> None:
    session = _Session()
    async with installer(FakeEnvironment(), session) as pilot:
        await go_to(pilot, "disks")
        await press(pilot, "f1")
        await until(pilot, "Keys on every page")
        session.other = Console("tty1")
        await until(pilot, "Somebody answers the questions on tty1")


async def test_an_installation_begun_elsewhere_is_shown_at_once() -> None:
    fake, session = FakeEnvironment(), _Session()
    session.other = Console("tty1", "5 of 5: Review")
    async with installer(fake, session) as pilot:
        await until(pilot, "5 of 5")
        fake.begun.append(EARLIER)
        await until(pilot, "2 of 4 steps are done")
        fake.gate.set()
        await until(pilot, "All is done")


async def test_a_machine_on_which_one_runs_already_begins_with_its_progress() -> None:
    fake = FakeEnvironment(begun=[EARLIER])
    async with installer(fake) as pilot:
        await until(pilot, "2 of 4 steps are done")
        await press(pilot, "escape", "ctrl", "enter")
        assert "Installing" in text(pilot.app)


async def test_a_start_that_is_refused_leads_back_to_the_review() -> None:
    class Runs(Refused):
        what, why, mend = "The installation was not begun", "another one runs", "Follow that one"

    class _Refusing(FakeEnvironment):
        async def start(self, answers: Answers, *, start_over: bool) -> None:
            raise Runs

    async with installer(_Refusing()) as pilot:
        await go_to(pilot, "review")
        await press(pilot, "enter")
        await until(pilot, "Follow that one")
        await press(pilot, "enter")
        await arrive(pilot, "review")


async def test_leaving_keeps_the_answers_for_the_next_time() -> None:
    session = OneConsole()
    async with installer(FakeEnvironment(), session) as pilot:
        await go_to(pilot, "network")
        await press(pilot, "tab", "tab", "tab", "42")
        await pilot.press("ctrl+c")
        await golden(pilot, "leave", "Leave the installer?")
        await press(pilot, "l")
    async with installer(FakeEnvironment(), session) as pilot:
        await go_to(pilot, "network")
        assert "[42 " in text(pilot.app)
