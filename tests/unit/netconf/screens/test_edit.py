"""The whole way through `trivet net edit` by keys alone, over a network in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from netconf.change_store import ChangeStore
from netconf.facade import Network
from netconf.kinds import Bridge
from netconf.model import Address, Interface, IpConfig, LinkType, NetworkState
from netconf.planning.preview import preview
from netconf.screens.pages import PlanPage
from tests.fakes.network import FakeNetwork
from tests.unit.netconf.screens.console import SIZE, Answers, Clock, edit_app, golden, press, until
from tests.unit.netconf.states import BEFORE, DOCUMENT, STATIC


class _Console:
    def __init__(self, folder: Path) -> None:
        self.fake, self.proof, self.clock = FakeNetwork(BEFORE), Answers(), Clock()
        self.store = ChangeStore(folder)
        self.network = Network(self.fake, self.store)

    @asynccontextmanager
    async def on(self) -> AsyncIterator[Pilot[None]]:
        async with edit_app(self.fake, self.network, self.proof, self.clock).run_test(size=SIZE) as pilot:
            yield pilot

    async def changed(self, pilot: Pilot[None]) -> str:
        """The management address is 192.0.2.12 on a bridge now, unconfirmed."""
        await until(pilot, "E: edit")
        await press(pilot, "e")
        await until(pilot, "Enter: check")
        await press(pilot, "tab", "tab", "space", "tab", "tab", *["end"], *["backspace"] * 4, "2/24", "enter")
        await until(pilot, "Enter: change it")
        await press(pilot, "enter")
        assert self.proof.observed_count == 1
        return await until(pilot, "by itself in")


@pytest.fixture
def console(tmp_path: Path) -> _Console:
    return _Console(tmp_path)


def _address(state: NetworkState) -> str:
    return next(str(a) for i in state.interfaces if i.ipv4 is not None for a in i.ipv4.addresses)


async def test_look_lay_out_see_the_plan_change_and_keep(console: _Console) -> None:
    async with console.on() as pilot:
        await golden(pilot, "look", "192.0.2.11/24")
        await press(pilot, "e")
        await golden(pilot, "form", "> [x] host0")
        await press(pilot, "tab", "tab", "space", "tab", "tab", "end", *["backspace"] * 4, "2/99", "enter")
        await golden(pilot, "mistake", "! has to be a whole number")
        assert console.fake.now == BEFORE
        await press(pilot, "backspace", "backspace", "24", "enter")
        await golden(pilot, "plan", "Make the bridge ovirtmgmt over host0 with 192.0.2.12/24")
        assert console.fake.now == BEFORE
        await press(pilot, "enter")
        await golden(pilot, "confirm", "YES")
        console.clock.now_s += 20
        await until(pilot, "by itself in 30 s")
        await press(pilot, "enter")
        await until(pilot, "The change is kept")
        await press(pilot, "enter")
        await golden(pilot, "kept", "E: edit")
    assert len(console.fake.confirmed) == 1
    assert _address(console.fake.now) == "192.0.2.12/24"


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (40, 12), (20, 5), (5, 20), (1, 1)])
async def test_a_terminal_that_is_too_small_shows_a_sentence_until_it_is_large_enough(
    console: _Console, size: tuple[int, int]
) -> None:
    async with console.on() as pilot:
        whole = await until(pilot, "E: edit")
        await pilot.resize_terminal(*size)
        width, height = size
        if width > 1:
            await golden(pilot, f"small_{width}x{height}", str(width))
        await press(pilot, "e", "enter")
        await pilot.resize_terminal(*SIZE)
        assert await until(pilot, "E: edit") == whole


@pytest.mark.parametrize("size", [(79, 23), (20, 5), (5, 20)])
async def test_a_console_that_begins_too_small(console: _Console, size: tuple[int, int]) -> None:
    async with edit_app(console.fake, console.network, console.proof, console.clock).run_test(size=size) as pilot:
        await until(pilot, "This")
        await pilot.resize_terminal(*SIZE)
        await until(pilot, "E: edit")
        await press(pilot, "e")
        await until(pilot, "Enter: check")
        await pilot.resize_terminal(*size)
        await until(pilot, "This")
        await press(pilot, "escape")
        await pilot.resize_terminal(*SIZE)
        await until(pilot, "Enter: check")


async def test_nobody_keeps_a_change_that_cannot_be_seen(console: _Console) -> None:
    async with console.on() as pilot:
        await console.changed(pilot)
        await until(pilot, "YES")
        await pilot.resize_terminal(60, 10)
        await until(pilot, "This terminal is 60x10. It has to be 80x24 at least.")
        await press(pilot, "enter", "k", "escape")
        assert (console.fake.confirmed, console.fake.pending is not None) == ([], True)
        await pilot.resize_terminal(*SIZE)
        await until(pilot, "by itself in")
        await pilot.resize_terminal(60, 10)
        await until(pilot, "This terminal is")
        await pilot.press("ctrl+c")
        await pilot.resize_terminal(*SIZE)
        await until(pilot, "the earlier configuration is back")
    assert console.fake.now == BEFORE


async def test_a_plan_says_what_may_become_of_it(console: _Console) -> None:
    ports = ("host0", "eth1")
    more = replace(BEFORE.interfaces[0], name="eth1", mac="52:54:00:00:00:02", ipv4=IpConfig())
    br0 = Interface("ovirtmgmt", LinkType.LINUX_BRIDGE, ipv4=STATIC, ipv6=IpConfig(), bridge=Bridge(ports, stp=False))
    desired = NetworkState((br0, Interface("host0", ipv4=IpConfig())))
    found = preview(desired, replace(BEFORE, interfaces=(*BEFORE.interfaces, more)))
    async with console.on() as pilot:
        await until(pilot, "E: edit")
        pilot.app.push_screen(PlanPage(found, 50))
        await golden(pilot, "warning", "no STP")


async def test_esc_takes_it_back(console: _Console) -> None:
    async with console.on() as pilot:
        await console.changed(pilot)
        await press(pilot, "escape")
        await until(pilot, "the earlier configuration is back")
    assert (console.fake.now, console.fake.confirmed) == (BEFORE, [])


async def test_ctrl_c_takes_it_back(console: _Console) -> None:
    async with console.on() as pilot:
        await console.changed(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, "the earlier configuration is back")
    assert console.fake.now == BEFORE


async def test_when_the_time_is_over_it_says_so(console: _Console) -> None:
    async with console.on() as pilot:
        await console.changed(pilot)
        console.fake.expire()
        console.clock.now_s += 50
        await golden(pilot, "over", "The time was over: the earlier configuration is back")
        await press(pilot, "enter")
        await until(pilot, "192.0.2.11/24")
    assert console.fake.confirmed == []


async def test_what_is_on_its_way_back_is_waited_for(console: _Console) -> None:
    async with console.on() as pilot:
        await console.changed(pilot)
        console.fake.foreign = True
        console.clock.now_s += 50
        await until(pilot, "the earlier configuration comes back ...")
        while not console.fake.expired_rollbacks:
            await pilot.pause()
        console.fake.foreign = False
        await until(pilot, "The time was over: the earlier configuration is back")


async def test_when_the_time_is_over_the_next_change_of_another_process_is_left_alone(console: _Console) -> None:
    async with console.on() as pilot:
        await console.changed(pilot)
        console.fake.expire()
        await Network(console.fake, console.store).change({"interfaces": [{"name": "host0", "mtu": 1400}]})
        console.clock.now_s += 50
        await until(pilot, "The time was over: the earlier configuration is back")
    assert console.fake.pending is not None


async def test_too_late_to_keep_it(console: _Console) -> None:
    async with console.on() as pilot:
        await console.changed(pilot)
        console.fake.expire()
        await until(pilot, "YES")
        await press(pilot, "enter")
        await until(pilot, "The time was over: the earlier configuration is back")


async def test_what_is_not_proven_takes_two_keys(console: _Console) -> None:
    console.proof.why = "the gateway 192.0.2.1 does not answer on ovirtmgmt"
    async with console.on() as pilot:
        await console.changed(pilot)
        await press(pilot, "k")
        await press(pilot, "enter")
        await golden(pilot, "unproven", "K keeps it all the same")
        assert console.fake.confirmed == []
        await press(pilot, "k")
        await until(pilot, "The change is kept")
    assert len(console.fake.confirmed) == 1


async def test_a_change_that_waits_already_is_picked_up(console: _Console) -> None:
    await console.network.change(DOCUMENT)
    pending = await console.network.pending()
    assert pending is not None
    console.clock.now_s = pending.until_s - 17
    async with console.on() as pilot:
        await until(pilot, "by itself in 17 s")
        await press(pilot, "escape")
        await until(pilot, "the earlier configuration is back")
    assert console.fake.now == BEFORE


async def test_a_change_that_another_process_is_making_is_waited_for(console: _Console, tmp_path: Path) -> None:
    await console.network.change(DOCUMENT)
    store = ChangeStore(tmp_path)
    pending = store.pending()
    assert pending is not None
    console.clock.now_s = pending.until_s - 17
    store.begin(replace(pending, checkpoint=None))
    async with console.on() as pilot:
        await until(pilot, "Another process is changing the network")
        store.begin(pending)
        await until(pilot, "by itself in 17 s")


async def test_a_change_that_fails_is_explained_and_leads_back_to_the_form(console: _Console) -> None:
    console.fake.fails = True
    async with console.on() as pilot:
        await until(pilot, "E: edit")
        await press(pilot, "e")
        await until(pilot, "> [x] host0")
        await press(pilot, "tab", "tab", "space", "enter")
        await until(pilot, "Enter: change it")
        await press(pilot, "enter")
        await golden(pilot, "trouble", "This did not succeed")
        await press(pilot, "enter")
        assert "[x] ovirtmgmt" in await until(pilot, "Enter: check")


async def test_nothing_to_change(console: _Console) -> None:
    async with console.on() as pilot:
        await until(pilot, "E: edit")
        await press(pilot, "e")
        await until(pilot, "> [x] host0")
        await press(pilot, "enter")
        await until(pilot, "The network is already so")
        await press(pilot, "enter")
        await until(pilot, "Enter: check")
    assert console.fake.number == 0


async def test_the_table_follows_what_happens(console: _Console) -> None:
    async with console.on() as pilot:
        await until(pilot, "192.0.2.11/24")
        address = Address("192.0.2.77", 24)
        host0 = console.fake.now.interfaces[0]
        assert host0.ipv4 is not None
        more = replace(host0, carrier=False, ipv4=replace(host0.ipv4, addresses=(*host0.ipv4.addresses, address)))
        console.fake.now = replace(console.fake.now, interfaces=(more,))
        assert "no link" in await until(pilot, "192.0.2.77/24 static")
