"""nmstate 0.3.6, the real one, behind the seam: the contract with what any kernel has, and what dies on the way."""

import asyncio
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from netconf.document import parse
from netconf.errors import ChangeFailed, ChangePending, CheckpointGone
from netconf.facade import Network
from netconf.model import NetworkState
from netconf.networkmanager.bus import connect
from netconf.nmstate import child
from netconf.nmstate.record import Phase, Records
from tests.integration.netconf.cases import CASES
from tests.integration.netconf.contract import check_case
from tests.integration.netconf.nmstate_cases import (
    IN_NMSTATE_GUEST,
    IN_NMSTATE_MACHINE,
    NMSTATE_CASES,
    REFUSED,
    refuses,
)
from tests.integration.netconf.nmstate_machine import NmstateMachine
from tests.integration.netconf.test_networkmanager import (
    gets_address,
    holder,
    moved,
    with_second_address,
    without_bridge,
)
from tests.unit.netconf.states import DOCUMENT

pytestmark = pytest.mark.long
SOON_S = 20  # the library takes some of it to start, in a process of its own
_BY_NAME = {case.name: case for case in (*CASES, *NMSTATE_CASES)}


@pytest.fixture
def machine(nmstate_tree: Path) -> Iterator[NmstateMachine]:
    made = NmstateMachine(nmstate_tree, Path(tempfile.mkdtemp(prefix="trivet-nmstate-", dir="/var/tmp")))
    yield made
    made.remove()


def test_no_layout_is_left_out() -> None:
    assert {*IN_NMSTATE_MACHINE, *IN_NMSTATE_GUEST} >= _BY_NAME.keys()


@pytest.mark.parametrize("name", IN_NMSTATE_MACHINE)
async def test_a_layout(machine: NmstateMachine, name: str) -> None:
    network = await machine.power_on()
    machine.add_nics(2)

    async def ask(*argv: str) -> str:
        inside = ("nsenter", f"--net={machine.netns}", *argv)
        process = await asyncio.create_subprocess_exec(*inside, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        return said.decode()

    if name in REFUSED:
        number, _ = REFUSED[name]
        await refuses(network, _BY_NAME[name])
        assert (machine.state / "nmstate.json").exists() is (number > 0)  # of the stages before
    else:
        await check_case(network, _BY_NAME[name], ask)


async def test_confirmed_it_stays_over_a_power_cut(machine: NmstateMachine) -> None:
    network = await machine.power_on()
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    assert await network.plan(parse(DOCUMENT)) == ()
    another = machine.network()  # any process can confirm
    await another.confirm(change.checkpoint)
    await network.confirm(change.checkpoint)
    with pytest.raises(CheckpointGone):
        await network.roll_back(change.checkpoint)
    machine.power_cut()
    network = await machine.power_on()
    assert await gets_address(network, "ovirtmgmt")
    assert await network.plan(parse(DOCUMENT)) == ()
    change = await network.change(without_bridge())
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    machine.power_cut()
    network = await machine.power_on()
    assert await gets_address(network, "host0")
    assert (await network.observe()).interface("ovirtmgmt") is None
    assert machine.profiles() == {"host0"}


async def test_unconfirmed_it_goes_back_by_itself(machine: NmstateMachine) -> None:
    network = await machine.power_on()
    before = await network.observe()
    change = await network.change(DOCUMENT, confirm_within_s=SOON_S)
    assert await holder(network) == "ovirtmgmt"
    assert await gets_address(network, "host0")
    after = await network.observe()
    assert (after.interface("ovirtmgmt"), after.routes) == (None, before.routes)
    assert change.checkpoint is not None
    with pytest.raises(CheckpointGone):
        await network.confirm(change.checkpoint)
    await network.roll_back(change.checkpoint)
    assert machine.profiles() == {"host0"}


@pytest.mark.parametrize("bridged", [False, True])
async def test_a_power_cut_before_the_confirmation(machine: NmstateMachine, bridged: bool) -> None:
    """Also when something is taken away: nothing of it is on the disk."""
    network = await machine.power_on()
    if bridged:
        await moved(network)
    await network.change(without_bridge() if bridged else DOCUMENT)
    assert await holder(network) == ("host0" if bridged else "ovirtmgmt")
    machine.power_cut()
    network = await machine.power_on()
    assert await gets_address(network, "ovirtmgmt" if bridged else "host0")
    assert ((await network.observe()).interface("ovirtmgmt") is None) is not bridged
    assert (await network.plan(parse(DOCUMENT)) == ()) is bridged


async def test_a_confirmation_that_was_cut_short_is_asked_for_again(machine: NmstateMachine) -> None:
    """Before the checkpoint was ended: it would take back what is saved."""
    network, records = await machine.power_on(), Records(machine.state)
    change = await network.change(DOCUMENT)
    record = records.read()
    assert record is not None
    assert change.checkpoint is not None
    records.write(replace(record, phase=Phase.CONFIRMING))
    await machine.network().confirm(change.checkpoint)
    async with connect(machine.bus_address) as bus:
        assert await bus.checkpoints() == []
    assert machine.profiles() == {"host0", "ovirtmgmt"}


@pytest.mark.parametrize("what", ["a bridge", "no bridge", "another address"])
async def test_networkmanager_dies_before_the_confirmation(machine: NmstateMachine, what: str) -> None:
    """The next one finds the profiles in /run that were in memory only, and comes up with them."""
    network = await machine.power_on()
    desired = {"a bridge": DOCUMENT, "no bridge": without_bridge(), "another address": with_second_address()}[what]
    if what != "a bridge":
        await moved(network)
    before, on_disk = await network.observe(), machine.profiles()
    change = await network.change(desired)
    await machine.restart_networkmanager()
    await machine.network().roll_back_unconfirmed()  # as the agent does when the time is over
    assert await network.plan(parse(desired)) != ()
    assert _compared(await network.observe()) == _compared(before)
    assert machine.profiles() == on_disk
    assert change.checkpoint is not None
    with pytest.raises(CheckpointGone):
        await network.confirm(change.checkpoint)
    await network.roll_back(change.checkpoint)
    machine.power_cut()
    assert _compared(await (await machine.power_on()).observe()) == _compared(before)


def _compared(state: NetworkState) -> dict[str, object]:
    return {i.name: (i.controller, i.ipv4) for i in state.interfaces} | {"routes": state.routes, "dns": state.dns}


async def test_asking_again_over_an_unconfirmed_change(machine: NmstateMachine) -> None:
    network = await machine.power_on()
    first = await network.change(DOCUMENT)
    second = await machine.network().change(DOCUMENT)  # of another process
    assert first.checkpoint is not None
    assert second.checkpoint is not None
    with pytest.raises(CheckpointGone):
        await network.confirm(first.checkpoint)
    await network.confirm(second.checkpoint)
    assert await holder(network) == "ovirtmgmt"


async def test_a_change_of_somebody_else_is_left_alone(machine: NmstateMachine) -> None:
    network = await machine.power_on()
    async with connect(machine.bus_address) as bus:
        theirs = await bus.create_checkpoint([], 60)
        with pytest.raises(ChangePending):
            await network.change(DOCUMENT)
        assert await bus.checkpoints() == [theirs]
    assert await holder(network) == "host0"


async def test_taps_stay_plugged_in_and_are_no_drift(machine: NmstateMachine) -> None:
    network = await machine.power_on()
    await moved(network)
    machine.ip("tuntap", "add", "vnet0", "mode", "tap")
    machine.ip("link", "set", "vnet0", "master", "ovirtmgmt", "up")
    assert await network.plan(parse(DOCUMENT)) == ()
    change = await network.change(with_second_address())
    assert change.checkpoint is not None
    assert await _controller(network, "vnet0") == "ovirtmgmt"
    await network.roll_back(change.checkpoint)
    assert await _controller(network, "vnet0") == "ovirtmgmt"
    assert await holder(network) == "ovirtmgmt"


async def _controller(network: Network, name: str) -> str | None:
    found = (await network.observe()).interface(name)
    return None if found is None else found.controller


_LATE = """
    import libnmstate, time
    apply = libnmstate.apply
    libnmstate.apply = lambda *a, **k: (apply(*a, **k), time.sleep({seconds}), {then})
"""


@pytest.mark.parametrize(
    ("seconds", "then", "reason"),
    [
        (600, "None", "its process was ended"),
        (0, "os._exit(1)", "ended by itself"),
        (0, "os.kill(int(open('/run/nm.pid').read()), 9)", "started anew|not on the bus"),
    ],
)
async def test_the_child_hangs_or_dies_when_all_is_done(
    machine: NmstateMachine, seconds: int, then: str, reason: str
) -> None:
    """With the change in force and nobody there who knows its checkpoint; NetworkManager dies, too."""
    late = _LATE.format(seconds=seconds, then=then)
    text = (
        Path(child.__file__)
        .read_text()
        .replace('if __name__ == "__main__":\n', 'if __name__ == "__main__":\n    _library()' + late)
    )
    machine.write("opt/late.py", text)
    network = await machine.power_on()
    (machine.root_inside / "run/nm.pid").write_text(str(machine.networkmanager))
    bad = Network(machine.backend("opt/late.py"))
    with pytest.raises(ChangeFailed, match="the earlier configuration is back") as caught:
        await bad.change(DOCUMENT, confirm_within_s=10)
    assert re.search(reason, str(caught.value))
    assert await holder(network) == "host0"
    await moved(network)
