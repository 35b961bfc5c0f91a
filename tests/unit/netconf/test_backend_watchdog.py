"""A backend dies in the middle of a change and nobody starts it anew: the kernel alone brings the network back."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from netconf import backend_watchdog
from netconf.backend import NOTHING
from netconf.change_store import ChangeStore
from netconf.errors import BackendMissing, ChangeFailed, CheckpointGone, DiedInTheMiddle
from netconf.facade import Network
from netconf.kernel import convergence, rollback
from netconf.kernel.backend import Kernel
from netconf.kernel.changes import Changes, Record
from netconf.kernel.rollback import KernelRollback, of_the_change
from netconf.kernel.state import KernelAddress, KernelRoute, KernelState, Link, RoutingRule
from netconf.model import Checkpoint, NetworkState, Rule
from netconf.planning.plan import Step
from netconf.proven import change_proven
from tests.fakes.kernel import FakeKernel
from tests.unit.netconf.states import DOCUMENT, checkpoint
from tests.unit.netconf.test_kernel_backend import address, nic

OTHER = {"interfaces": [{"name": "eth2", "type": "ethernet", "mtu": 1400}]}


class Mortal(Kernel):
    """As NetworkManager: what it was about to take back stays when it is dead."""

    name = "networkmanager"
    dead = dies_over_changes = False
    asked = 0

    async def answers(self) -> bool:
        self.asked += 1
        return not self.dead

    async def show(self) -> NetworkState:
        self._live()
        return await super().show()

    async def roll_back_unconfirmed(self, plugged: Mapping[str, str] = NOTHING) -> None:
        self._live()
        await super().roll_back_unconfirmed(plugged)

    async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
        self._live()
        made = await super().apply(desired, steps, confirm_within_s)
        if self.dies_over_changes:
            self.dead = True
            raise ChangeFailed(reason="not everything came up", now="going back failed too")
        return made

    async def confirm(self, checkpoint: Checkpoint) -> None:
        self._live()
        await super().confirm(checkpoint)

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        self._live()
        await super().roll_back(checkpoint)

    def _live(self) -> None:
        if self.dead:
            raise BackendMissing(reason="it is dead")


class Machine:
    def __init__(self, folder: Path) -> None:
        self.kernel = FakeKernel(KernelState(tuple(map(nic, range(4))), (address("host0"),)))
        self.before = self.kernel.now
        self.nm = Mortal(folder=folder / "nm", executor=lambda _: self.kernel, watch=lambda *_: None)
        self._spare = Kernel(folder=folder / "kernel", executor=lambda _: self.kernel, watch=lambda *_: None)
        self.store = ChangeStore(folder / "kept")
        self.rollback = KernelRollback(
            folder=folder / "deputy", executor=lambda _: self.kernel, resolv_conf=folder / "resolv.conf"
        )

    def network(self) -> Network:
        """As another process has it, too."""
        return Network(self.nm, self.store, stand_in=self._spare, rollback=self.rollback)

    async def stands_by(self) -> None:
        """For some looks of the agent's, or until it has nothing to look for."""
        until = self.nm.asked + 4
        watch = asyncio.create_task(self.network().watch_backend())
        async with asyncio.timeout(10):
            while self.rollback.has_pending and self.nm.asked < until:  # noqa: ASYNC110 - that is another task
                await asyncio.sleep(0.001)
        watch.cancel()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convergence, "_PAUSE_S", 0)
    monkeypatch.setattr(backend_watchdog, "_PROBE_EVERY_S", 0.001)
    monkeypatch.setattr(backend_watchdog, "AWAY_S", 0)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def network(machine: Machine) -> Network:
    return machine.network()


async def test_dead_for_good_its_change_goes_back_without_it(network: Network, machine: Machine) -> None:
    await network.change(DOCUMENT)
    machine.nm.dead = True
    await machine.stands_by()
    assert machine.kernel.now == machine.before


async def test_as_long_as_it_lives_it_is_left_to_it(network: Network, machine: Machine) -> None:
    change = await network.change(DOCUMENT)
    changed = machine.kernel.now
    await machine.stands_by()
    assert machine.kernel.now == changed
    await network.confirm(checkpoint(change))


async def test_one_that_is_started_anew_is_waited_for(
    network: Network, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_watchdog, "AWAY_S", 60)
    await network.change(DOCUMENT)
    changed = machine.kernel.now
    machine.nm.dead = True
    await machine.stands_by()
    assert machine.kernel.now == changed


async def test_back_again_it_is_told(network: Network, machine: Machine) -> None:
    """It comes up with what it believed."""
    await network.change(DOCUMENT)
    machine.nm.dead = True
    await machine.stands_by()
    await network.resync_backend()
    machine.nm.dead = False
    await machine.network().resync_backend()
    last = network.last()
    assert last is not None
    assert last.why == "networkmanager died before it was confirmed"
    assert (await network.pending(), machine.rollback.has_pending) == (None, False)
    assert machine.kernel.now == machine.before


async def test_taken_back_it_cannot_be_confirmed(network: Network, machine: Machine) -> None:
    """It was only stopped, say, and goes on where it was."""
    change = await network.change(DOCUMENT)
    machine.nm.dead = True
    await machine.stands_by()
    with pytest.raises(BackendMissing):
        await network.confirm(checkpoint(change))
    machine.nm.dead = False
    with pytest.raises(CheckpointGone):
        await network.confirm(checkpoint(change))
    assert machine.kernel.now == machine.before


async def test_what_was_confirmed_stays(network: Network, machine: Machine) -> None:
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    changed = machine.kernel.now
    machine.nm.dead = True
    await machine.stands_by()
    assert machine.kernel.now == changed


async def test_dead_in_the_middle_it_is_said(network: Network, machine: Machine) -> None:
    machine.nm.dies_over_changes = True
    with pytest.raises(DiedInTheMiddle, match=r"networkmanager died over it.*not everything came up"):
        await network.change(DOCUMENT)
    assert machine.kernel.now == machine.before
    assert await network.pending() is None


async def test_taken_back_by_hand_while_it_is_dead(network: Network, machine: Machine) -> None:
    change = await network.change(DOCUMENT)
    machine.nm.dead = True
    await network.roll_back(checkpoint(change))
    assert machine.kernel.now == machine.before
    last = network.last()
    assert last is not None
    assert not last.confirmed


async def test_proven_but_not_to_be_kept_it_goes_back(network: Network, machine: Machine) -> None:
    class Dies:
        description = "it works"

        async def observe(self) -> None:
            pass

        async def why_not(self) -> str | None:
            machine.nm.dead = True
            return None

    with pytest.raises(BackendMissing):
        await change_proven(network, DOCUMENT, [Dies()])
    assert machine.kernel.now == machine.before


async def test_the_next_change_is_made_without_it_and_stays(network: Network, machine: Machine) -> None:
    await network.change(DOCUMENT)
    machine.nm.dead = True
    await machine.stands_by()
    await network.confirm(checkpoint(await network.change(OTHER)))
    await machine.stands_by()
    assert machine.kernel.now.link("ovirtmgmt") is None
    changed = machine.kernel.now.link("eth2")
    assert changed is not None
    assert changed.mtu == 1400


async def test_a_change_asked_for_before_anybody_saw_it_dead(network: Network, machine: Machine) -> None:
    await network.change(DOCUMENT)
    machine.nm.dead = True
    await network.change(OTHER)
    assert machine.kernel.now.link("ovirtmgmt") is None
    assert machine.rollback.has_pending is False


async def test_nothing_is_left_of_a_change_that_its_backend_took_back(network: Network, machine: Machine) -> None:
    await network.roll_back(checkpoint(await network.change(DOCUMENT)))
    assert machine.rollback.has_pending is False
    machine.kernel.refuses = lambda _: "no"
    with pytest.raises(ChangeFailed):
        await network.change(DOCUMENT)
    assert machine.rollback.has_pending is False


async def test_who_asked_died_and_it_went_back_itself(
    network: Network, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await network.change(DOCUMENT)
    await machine.stands_by()
    assert machine.rollback.has_pending
    monkeypatch.setattr(rollback, "_LATE_S", -60)
    await machine.stands_by()
    assert machine.rollback.has_pending is False


async def test_without_a_memory_it_is_changed_all_the_same(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    def full(_: Path) -> FakeKernel:
        raise OSError("no space left")

    network = Network(machine.nm, machine.store, rollback=KernelRollback(folder=Path("/nowhere"), executor=full))
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    assert "should networkmanager die for good the change will not go back: no space left" in caplog.text


async def test_without_a_deputy_nobody_stands_by(machine: Machine) -> None:
    await asyncio.wait_for(Network(machine.nm, machine.store).watch_backend(), 1)


async def test_what_it_dies_over_again_and_again_is_given_up(machine: Machine) -> None:
    """It was confirmed without it; each time that it is given it, what was before is brought back."""
    machine.nm.dead = True
    await machine.network().confirm(checkpoint(await machine.network().change(DOCUMENT)))
    machine.kernel.now = machine.before  # it comes up with what it knew
    agent, machine.nm.dies_over_changes = machine.network(), True
    for owed in (1, 1, 0):
        machine.nm.dead = False
        await agent.resync_backend()
        assert (machine.nm.dead, machine.kernel.now, len(machine.store.pending_resync())) == (
            True,
            machine.before,
            owed,
        )
        await agent.resync_backend()
    machine.nm.dead = machine.nm.dies_over_changes = False
    await agent.resync_backend()
    assert (machine.kernel.now, machine.rollback.has_pending) == (machine.before, False)


class Nmstate(Mortal):
    """Also through NetworkManager."""

    name = "nmstate"


@pytest.mark.parametrize("when", ["its time is over", "it was taken back", "another is asked for"])
async def test_who_made_it_settles_it(machine: Machine, tmp_path: Path, when: str) -> None:
    """The agent's own backend knows nothing of the change that somebody asked another one for."""
    nmstate = Nmstate(folder=tmp_path / "nmstate", executor=lambda _: machine.kernel, watch=lambda *_: None)
    await Network(nmstate, machine.store, rollback=machine.rollback).change(DOCUMENT)
    agent = Network(machine.nm, machine.store, rollback=machine.rollback, backend_by_name=lambda _: nmstate)
    if when == "it was taken back":
        nmstate.dead = machine.nm.dead = True
        await machine.stands_by()
        nmstate.dead = machine.nm.dead = False
        await agent.resync_backend()
    elif when == "another is asked for":
        await agent.roll_back(checkpoint(await agent.change(OTHER)))
    else:
        await agent.roll_back_unconfirmed()
    assert machine.kernel.now == machine.before
    assert (Changes(tmp_path / "nmstate").unfinished(), machine.rollback.has_pending) == ((), False)


def test_what_came_by_dhcp_goes_too_and_what_others_made_does_not() -> None:
    lent, theirs = KernelAddress("eth1", "198.51.100.7", 24, lent=True), KernelAddress("docker0", "172.17.0.1", 16)
    asked, other = Rule(family=4, table=9, priority=100), Rule(family=4, table=52, priority=5200)
    by_dhcp = KernelRoute(4, "", 0, 254, 100, 16, 0, 1, gateway="198.51.100.1", link="eth1")
    elsewhere = replace(by_dhcp, link="docker0")
    before = KernelState(resolver="nameserver 192.0.2.1\n")
    record = Record(before, KernelState((Link("eth1"),), rules=(RoutingRule(4, {}, asked),)), 0, "", None, "")
    rules = (RoutingRule(4, {"FRA_PRIORITY": 100}, asked), RoutingRule(4, {"FRA_PRIORITY": 5200}, other))
    now = KernelState((Link("eth1"), Link("docker0")), (lent, theirs), (by_dhcp, elsewhere), rules, "nameserver ::1\n")
    found = of_the_change(record, now)
    assert (found.addresses, found.routes, found.rules) == ((lent,), (by_dhcp,), rules[:1])
    assert found.resolver == now.resolver
    assert of_the_change(structs.replace(record, before=KernelState()), now).resolver is None


async def test_a_resolv_conf_of_others_is_left_alone(machine: Machine, tmp_path: Path) -> None:
    machine.kernel.now = machine.before = replace(machine.before, resolver="nameserver 127.0.0.53\n")
    (tmp_path / "resolv.conf").symlink_to(tmp_path / "stub")
    await machine.network().change(OTHER)
    machine.kernel.now = replace(machine.kernel.now, resolver="nameserver 192.0.2.53\n")
    machine.nm.dead = True
    await machine.stands_by()
    assert machine.kernel.now == replace(machine.before, resolver="nameserver 192.0.2.53\n")
