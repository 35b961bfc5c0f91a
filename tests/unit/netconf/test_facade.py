"""Look, decide, change, look again, confirm: against a network in memory."""

import pytest

from netconf.document import parse
from netconf.errors import BadDocument, BadTimeLimit, ChangeFailed, ChangePending, CheckpointGone
from netconf.facade import Network
from tests.fakes.network import FakeNetwork
from tests.unit.netconf.states import BEFORE, DOCUMENT


@pytest.fixture
def fake() -> FakeNetwork:
    return FakeNetwork(BEFORE)


@pytest.fixture
def network(fake: FakeNetwork) -> Network:
    return Network(fake)


async def test_change_confirm_and_nothing_more_to_do(network: Network, fake: FakeNetwork) -> None:
    change = await network.change(DOCUMENT)
    assert change.changed
    assert change.descriptions[0] == "Make the bridge ovirtmgmt over host0 with 192.0.2.11/24"
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    await network.confirm(change.checkpoint)
    assert await network.plan(parse(DOCUMENT)) == ()
    again = await network.change(DOCUMENT)
    assert (again.changed, again.checkpoint) == (False, None)
    fake.expire()
    assert await network.plan(parse(DOCUMENT)) == ()


async def test_unconfirmed_it_goes_back(network: Network, fake: FakeNetwork) -> None:
    change = await network.change(DOCUMENT)
    fake.expire()
    assert await network.observe() == BEFORE
    assert change.checkpoint is not None
    with pytest.raises(CheckpointGone):
        await network.confirm(change.checkpoint)
    await network.roll_back(change.checkpoint)


async def test_taken_back_by_hand(network: Network) -> None:
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.roll_back(change.checkpoint)
    assert await network.observe() == BEFORE


async def test_asking_again_over_an_unconfirmed_change_gives_something_to_confirm(network: Network) -> None:
    first = await network.change(DOCUMENT)
    second = await network.change(DOCUMENT)
    assert second.changed
    assert second.checkpoint not in (None, first.checkpoint)


async def test_a_change_of_somebody_else_is_left_alone(network: Network, fake: FakeNetwork) -> None:
    fake.foreign = True
    with pytest.raises(ChangePending):
        await network.change(DOCUMENT)


async def test_a_bad_document_touches_nothing(network: Network, fake: FakeNetwork) -> None:
    fake.foreign = True  # it would be the next to complain
    with pytest.raises(BadDocument):
        await network.change({"interfaces": [{"name": "x" * 16}]})


@pytest.mark.parametrize("seconds", [0, 4, 601])
async def test_times_that_are_no_use(network: Network, seconds: int) -> None:
    with pytest.raises(BadTimeLimit, match=f"{seconds} s"):
        await network.change(DOCUMENT, confirm_within_s=seconds)


async def test_a_change_that_fails(network: Network, fake: FakeNetwork) -> None:
    fake.fails = True
    with pytest.raises(ChangeFailed, match="the earlier configuration is back"):
        await network.change(DOCUMENT)
