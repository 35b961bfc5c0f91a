"""A peer's power is cut by its device, and its life ends for sanlock only when both are proven."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from hosted_engine.ha.fence_agents import DeviceFailed
from hosted_engine.ha.fence_settings import FenceSettings
from hosted_engine.ha.fencer import NotConfirmedOff, NotOff
from hosted_engine.ha.host_id_lease import NotFreed, StillRenews
from hosted_engine.ha.observe import first_view
from hosted_engine.ha.states import Action, Fencing, State
from hosted_engine.ha.view import Decision, Peer, Storage, View
from hosted_engine.ha.whiteboard import HostBlock
from tests.fakes.clock import FakeClock
from tests.fakes.fence import device
from tests.unit.ha.fencing_stage import FencingStage


@pytest.fixture
def stage() -> FencingStage:
    return FencingStage(FakeClock())


def block(sequence: int, state: State = State.ENGINE_UP, host_id: int = 2) -> tuple[int, HostBlock]:
    return host_id, HostBlock(host_id=host_id, sequence=sequence, state=state, score=3400, name=f"node{host_id}")


def fencing(stage: FencingStage, sequence: int = 7) -> Fencing:
    return dict(stage.fencer.facts(stage.fencer.observe(), [block(sequence)]))[2]


def wait_until(done: Callable[[], bool]) -> None:
    for _ in range(1000):
        if done():
            return
        asyncio.run(asyncio.sleep(0.01))
    raise AssertionError("it did not happen")


def test_a_host_without_a_device_cannot_be_fenced(stage: FencingStage) -> None:
    assert fencing(stage) is Fencing.NONE
    assert stage.run.calls == []


def test_a_device_that_answers_is_ready_and_is_not_asked_all_the_time(stage: FencingStage) -> None:
    stage.give_device()
    assert fencing(stage) is Fencing.READY
    stage.clock.advance(30)
    assert fencing(stage) is Fencing.READY
    assert len(stage.run.calls) == 1
    stage.machines[2].answers = False
    stage.clock.advance(40)
    assert fencing(stage) is Fencing.FAILED


def test_a_device_that_is_set_anew_is_asked_at_once(stage: FencingStage) -> None:
    stage.give_device()
    stage.machines[2].answers = False
    assert fencing(stage) is Fencing.FAILED
    stage.machines[2].answers = True
    stage.give_device(port=4433)
    assert fencing(stage) is Fencing.READY


async def test_what_is_cut_and_confirmed_has_its_life_ended_once(stage: FencingStage) -> None:
    stage.give_device()
    assert fencing(stage) is Fencing.READY
    await stage.fencer.fence(2)
    assert not stage.machines[2].is_on
    assert fencing(stage) is Fencing.CONFIRMED
    await stage.fencer.free_host_id(2)
    assert stage.over == [(2, 1)]
    assert stage.machines[2].generation == 2
    await stage.fencer.free_host_id(2)
    assert stage.machines[2].generation == 2


async def test_nobody_sees_the_password_but_the_agent(stage: FencingStage) -> None:
    stage.give_device()
    await stage.fencer.fence(2)
    assert not any("s3cret" in word for call in stage.run.calls for word in call)
    assert "password=s3cret\n" in stage.run.stdins[0]


async def test_a_heartbeat_after_it_takes_the_confirmation_back(stage: FencingStage) -> None:
    stage.give_device()
    fencing(stage, 7)
    await stage.fencer.fence(2)
    assert fencing(stage, 7) is Fencing.CONFIRMED
    assert fencing(stage, 8) is Fencing.READY
    with pytest.raises(NotConfirmedOff):
        await stage.fencer.free_host_id(2)
    assert stage.over == []


async def test_a_host_that_is_off_and_renews_is_another_machine(stage: FencingStage) -> None:
    """The device lied, or belongs to another: nothing is given away, and it is not used again until it is set anew."""
    stage.give_device()
    stage.machines[2].is_liar = True
    fencing(stage)
    await stage.fencer.fence(2)
    stage.machines[2].timestamp += 8
    with pytest.raises(StillRenews):
        await stage.fencer.free_host_id(2)
    assert stage.over == []
    assert stage.machines[2].generation == 1
    assert fencing(stage) is Fencing.FAILED
    stage.give_device(port=4433)
    assert fencing(stage) is Fencing.READY


async def test_a_host_that_has_joined_again_needs_no_other_life(stage: FencingStage) -> None:
    """Another host was quicker, or it has been switched on since: either way its earlier life is over."""
    stage.give_device()
    await stage.fencer.fence(2)
    stage.machines[2].generation, stage.machines[2].timestamp = 2, 12
    await stage.fencer.free_host_id(2)
    assert stage.over == [(2, 1)]
    assert not any("acquire_id" in call for call in stage.run.calls)


async def test_a_volume_that_takes_no_write_frees_nothing(stage: FencingStage) -> None:
    stage.give_device()
    await stage.fencer.fence(2)
    stage.run.writes = False
    with pytest.raises(NotFreed):
        await stage.fencer.free_host_id(2)
    assert stage.over == []


async def test_a_device_that_does_not_answer_confirms_nothing(stage: FencingStage) -> None:
    stage.give_device()
    fencing(stage)
    stage.machines[2].answers = False
    with pytest.raises(DeviceFailed):
        await stage.fencer.fence(2)
    assert fencing(stage) is Fencing.READY
    with pytest.raises(NotConfirmedOff):
        await stage.fencer.free_host_id(2)


async def test_a_device_that_was_taken_away_meanwhile_cuts_nothing(stage: FencingStage) -> None:
    with pytest.raises(NotOff):
        await stage.fencer.fence(2)


def view(stage: FencingStage, *others: tuple[int, HostBlock], alive: bool = True) -> View:
    now = stage.clock.monotonic()
    peers = tuple(
        Peer(host_id=host_id, block=one, sequence=7, changed_at=now if alive else now - 100) for host_id, one in others
    )
    return replace(first_view(1, now), peers=peers, storage=Storage(readable_since=now - 200, readable=True))


def decision(state: State) -> Decision:
    return Decision(state=state, action=Action.NONE, reason="a test")


@pytest.mark.parametrize("power_on", [True, False])
def test_it_is_switched_on_again_once_the_engine_is_started(stage: FencingStage, power_on: bool) -> None:
    stage.give_device(power_on=power_on)
    asyncio.run(stage.fencer.fence(2))
    stage.fencer.after_round(view(stage, block(7)), decision(State.ENGINE_DOWN))
    assert not stage.machines[2].is_on
    stage.fencer.after_round(view(stage, block(7)), decision(State.ENGINE_STARTING))
    if power_on:
        wait_until(lambda: stage.machines[2].is_on)
        stage.machines[2].is_on = False
    stage.fencer.after_round(view(stage, block(7)), decision(State.ENGINE_STARTING))
    asyncio.run(asyncio.sleep(0.05))
    assert not stage.machines[2].is_on


def test_an_engine_on_another_living_host_is_enough(stage: FencingStage) -> None:
    stage.give_device()
    asyncio.run(stage.fencer.fence(2))
    stage.fencer.after_round(view(stage, block(7), block(7, host_id=3), alive=False), decision(State.ENGINE_DOWN))
    assert not stage.machines[2].is_on
    stage.fencer.after_round(view(stage, block(7), block(7, host_id=3)), decision(State.ENGINE_DOWN))
    wait_until(lambda: stage.machines[2].is_on)


def test_only_devices_of_peers_are_asked(stage: FencingStage) -> None:
    stage.settings = FenceSettings(devices={"node1": device("192.0.2.101"), "node9": device("192.0.2.109")})
    assert stage.fencer.observe() == {}
