"""While the backend does not answer its stand-in makes changes; when it is back it is given what was confirmed."""

from dataclasses import replace
from pathlib import Path

import pytest

from netconf.change_store import ChangeStore
from netconf.document import parse
from netconf.errors import BackendMissing, BackendReturned, CheckpointGone
from netconf.facade import Network
from netconf.model import NetworkState
from netconf.planning.plan import plan
from netconf.planning.plan_all import plan_all
from tests.fakes.network import FakeNetwork
from tests.unit.netconf.states import AFTER, BEFORE, DOCUMENT, checkpoint


class Machine:
    """One kernel, which NetworkManager sees when it is alive; `nm_comes_back` with what it knew."""

    def __init__(self, folder: Path) -> None:
        self.nm, self.kernel = FakeNetwork(BEFORE, name="networkmanager"), FakeNetwork(BEFORE, name="kernel")
        self.store = ChangeStore(folder)

    def network(self, timeout_s: float = 0) -> Network:
        return Network(self.nm, self.store, stand_in=self.kernel, wait_s=timeout_s)

    def nm_dies(self) -> None:
        self.nm.dead = True

    def nm_comes_back(self) -> None:
        self.nm.dead = False


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def network(machine: Machine) -> Network:
    return machine.network()


def is_made(state: NetworkState) -> bool:
    return plan(parse(DOCUMENT), state) == ()


async def test_the_backend_makes_changes_as_long_as_it_answers(network: Network, machine: Machine) -> None:
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    assert (network.backend, machine.kernel.now, machine.store.pending_resync()) == ("networkmanager", BEFORE, ())
    assert is_made(machine.nm.saved)


async def test_dead_its_stand_in_makes_the_change(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    change = await network.change(DOCUMENT)
    assert change.descriptions[-1] == "All of it without networkmanager, which does not answer"
    pending = await network.pending()
    assert pending is not None
    assert (pending.backend, pending.stands_in_for, network.backend) == ("kernel", "networkmanager", "kernel")
    await network.confirm(checkpoint(change))
    await network.confirm(checkpoint(change))
    assert is_made(machine.kernel.saved)
    assert machine.store.pending_resync() == (DOCUMENT,)


async def test_unconfirmed_it_goes_back_by_who_made_it(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    change = await network.change(DOCUMENT)
    await machine.network().roll_back_unconfirmed()
    assert machine.kernel.now == BEFORE
    with pytest.raises(CheckpointGone):
        await network.confirm(checkpoint(change))
    assert machine.store.pending_resync() == ()


async def test_taken_back_by_hand_whoever_made_it(network: Network, machine: Machine) -> None:
    by_nm = await network.change(DOCUMENT)
    await network.roll_back(checkpoint(by_nm))
    machine.nm_dies()
    by_kernel = await network.change(DOCUMENT)
    await network.roll_back(checkpoint(by_kernel))
    assert (machine.nm.now, machine.kernel.now) == (BEFORE, BEFORE)


async def test_one_that_is_started_anew_is_waited_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.nm_dies()

    async def later(_: float) -> None:
        machine.nm_comes_back()

    monkeypatch.setattr("netconf.backend_selector.asyncio.sleep", later)
    await machine.network(timeout_s=60).change(DOCUMENT)
    assert (machine.nm.number, machine.kernel.number) == (1, 0)


async def test_back_again_before_the_confirmation_it_is_asked_anew(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    change = await network.change(DOCUMENT)
    machine.nm_comes_back()
    with pytest.raises(BackendReturned, match="networkmanager"):
        await network.confirm(checkpoint(change))
    assert (machine.kernel.now, machine.kernel.confirmed, machine.store.pending_resync()) == (BEFORE, [], ())
    last = network.last()
    assert last is not None
    assert last.why == "networkmanager was there again before it was confirmed"
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    assert is_made(machine.nm.saved)


async def test_back_again_what_waits_is_taken_back(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    await network.change(DOCUMENT)
    await network.resync_backend()
    assert machine.kernel.pending is not None
    machine.nm_comes_back()
    await network.resync_backend()
    assert await network.pending() is None
    assert machine.kernel.now == BEFORE


async def test_back_again_it_is_given_what_was_confirmed(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    await network.resync_backend()
    assert machine.store.pending_resync() == (DOCUMENT,)
    machine.nm_comes_back()
    await machine.network().resync_backend()
    assert is_made(machine.nm.saved)
    assert machine.store.pending_resync() == ()
    assert await network.drift() == ()


async def test_back_again_it_makes_its_own_what_went_back_without_it(network: Network, machine: Machine) -> None:
    """A bridge that was made anew meanwhile it takes for somebody else's."""
    machine.nm_dies()
    await network.change(DOCUMENT)
    await network.roll_back_unconfirmed()
    await network.resync_backend()
    assert machine.nm.resumed == 0
    machine.nm_comes_back()
    await machine.network().resync_backend()
    await network.resync_backend()
    assert machine.nm.resumed == 1


async def test_given_also_when_the_network_is_so_already(network: Network, machine: Machine) -> None:
    """It may leave an address alone that it found and forget it at the next boot."""
    machine.nm_dies()
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    machine.nm.now = machine.kernel.now
    machine.nm_comes_back()
    await network.resync_backend()
    assert len(machine.nm.confirmed) == 1
    assert is_made(machine.nm.saved)


async def test_the_next_change_comes_after_what_was_confirmed(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    machine.nm_comes_back()
    change = await network.change({"interfaces": [{"name": "ovirtmgmt", "mtu": 1400}]})
    assert [descriptions.partition(" (")[0] for descriptions in change.descriptions] == [
        "Set the MTU of ovirtmgmt to 1400"
    ]
    assert machine.store.pending_resync() == ()
    await network.roll_back(checkpoint(change))
    assert is_made(machine.nm.now)


async def test_what_cannot_be_given_is_not_tried_again_and_again(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    machine.nm_comes_back()
    machine.nm.fails = True
    with pytest.raises(Exception, match="told to fail"):
        await network.resync_backend()
    machine.nm.fails = False
    await network.resync_backend()
    assert (machine.nm.number, machine.store.pending_resync()) == (0, (DOCUMENT,))
    machine.nm_dies()
    await network.resync_backend()
    machine.nm_comes_back()
    await network.resync_backend()
    assert machine.store.pending_resync() == ()


async def test_what_cannot_be_given_does_not_stand_in_the_way(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    machine.store.set_pending_resync(
        ({"interfaces": [{"name": "nic9", "type": "vlan", "vlan": {"base-iface": "gone", "id": 1}}]},)
    )
    machine.nm_comes_back()
    assert (await network.change(DOCUMENT)).changed
    assert machine.store.pending_resync() == ()


async def test_a_confirmation_that_was_cut_short_is_owed_too(network: Network, machine: Machine) -> None:
    machine.nm_dies()
    change = checkpoint(await network.change(DOCUMENT))
    pending = await network.pending()
    assert pending is not None
    machine.store.confirming(await network.observe())
    await machine.kernel.confirm(change)
    machine.nm_comes_back()
    await machine.network().roll_back_unconfirmed()
    assert machine.store.pending_resync() == (DOCUMENT,)


async def test_a_change_of_a_backend_that_died_is_left_to_it(network: Network, machine: Machine) -> None:
    """Only it can take its own back: that is tried until it is there."""
    await network.change(DOCUMENT)
    machine.nm_dies()
    with pytest.raises(BackendMissing):
        await network.roll_back_unconfirmed()
    assert await network.pending() is not None
    machine.nm_comes_back()
    await network.roll_back_unconfirmed()
    assert (await network.pending(), machine.nm.now) == (None, BEFORE)


async def test_the_boot_without_it_makes_what_was_confirmed(network: Network, machine: Machine) -> None:
    await network.confirm(checkpoint(await network.change(DOCUMENT)))
    await network.apply_confirmed_without_backend()
    assert machine.kernel.number == 0
    machine.nm_dies()
    await network.apply_confirmed_without_backend()
    assert is_made(machine.kernel.saved)
    machine.nm_comes_back()
    await network.resync_backend()
    assert machine.nm.resumed == 1


def test_all_that_a_wish_says_is_given_to_a_host_that_is_so() -> None:
    assert plan(parse(DOCUMENT), AFTER) == ()
    assert [step.name for step in plan_all(parse(DOCUMENT), AFTER)] == ["ovirtmgmt", "host0"]
    resolved = plan_all(replace(parse(DOCUMENT), dns=AFTER.dns), AFTER)
    assert [step.name for step in resolved] == ["ovirtmgmt", "host0", ""]
