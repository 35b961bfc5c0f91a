"""The promises can be broken: each of these mistakes is caught by a schedule among the first ones."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from hosted_engine.ha.decide import decide
from hosted_engine.ha.ranking import find_taker
from hosted_engine.ha.simulation.command import read_scenario
from hosted_engine.ha.simulation.sanlock import Sanlock
from hosted_engine.ha.simulation.scenario import run
from hosted_engine.ha.states import Action, Health, LeaseState, State, VmState
from hosted_engine.ha.view import Decision, Lease, View
from tests.sim.ha.schedules import schedule, shrink, try_schedule

TRIED = 400


def _caught(kind: str, mutant: Callable[[View], Decision], first: int = 0) -> int:
    """The number of a schedule in which the mutant breaks its promise; the search begins at `first`, to save time."""
    for number in range(first, first + TRIED):
        if any(violation.kind == kind for violation in try_schedule(schedule(number), mutant).violations):
            return number
    pytest.fail(f"{TRIED} schedules do not catch it")


def _ignores_lease(view: View) -> Decision:
    return decide(replace(view, lease=Lease(state=LeaseState.FREE, since=-1e9), peers=()))


def test_a_lease_that_does_not_protect_gives_two_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the lease a decision that ignores it does no harm; without, it does."""

    def take(self: Sanlock, now: float) -> bool:
        self.volume.owner = (self.host_id, self.generation)
        return self.joined

    monkeypatch.setattr(Sanlock, "acquire", take)
    _caught("two_engines", _ignores_lease)


def test_a_decision_that_ignores_the_lease_is_still_safe() -> None:
    """It may do much, but never start a second engine: that is what the lease is for."""
    for number in range(10):
        kinds = {violation.kind for violation in try_schedule(schedule(number), _ignores_lease).violations}
        assert not kinds & {"two_engines", "without_lease"}


def test_a_host_that_is_counted_as_dead_too_early_gives_two_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    def over(self: Sanlock, owner: tuple[int, int], now: float) -> bool:
        seen = self.watched.get(owner[0])
        return owner[0] != self.host_id and seen is not None and now - seen[2] > self.profile.renewal_fail_s / 3

    monkeypatch.setattr(Sanlock, "_is_over", over)
    _caught("two_engines", decide)


def test_a_sanlock_that_does_not_end_the_vm_gives_two_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sanlock, "has_failed", lambda self, now: False)
    monkeypatch.setattr(Sanlock, "is_watchdog_due", lambda self, now: False)
    _caught("two_engines", decide, first=56)


def test_giving_a_host_id_back_without_a_confirmed_power_off_gives_two_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    def free(self: Sanlock, host_id: int, then: tuple[int, int] | None) -> bool:
        self.volume.host_ids[host_id].timestamp = 0
        return True

    monkeypatch.setattr(Sanlock, "free_host_id", free)

    def mutant(view: View) -> Decision:
        decision = decide(view)
        return replace(decision, action=Action.FREE_HOST_ID) if decision.action is Action.FENCE else decision

    _caught("two_engines", mutant, first=1988)


def test_a_host_that_never_starts_the_engine_is_caught() -> None:
    def mutant(view: View) -> Decision:
        decision = decide(view)
        return replace(decision, action=Action.NONE) if decision.action is Action.START else decision

    _caught("no_engine", mutant)


def test_a_host_that_leaves_a_sick_engine_alone_is_caught() -> None:
    def mutant(view: View) -> Decision:
        return decide(replace(view, health=Health.GOOD) if view.health is Health.BAD else view)

    _caught("no_engine", mutant, first=62)


def test_a_host_that_reads_unknown_as_absent_is_caught() -> None:
    """It lets go of a VM that it has, and never heals it; where there are others, one of them starts it anew."""

    def mutant(view: View) -> Decision:
        away = view.vm in (VmState.UNKNOWN, VmState.PAUSED)
        return decide(replace(view, vm=VmState.ABSENT) if away else view)

    alone = read_scenario(Path(__file__).parent / "scenarios" / "volume-full-of-one")
    assert run(alone, mutant).engine_on is None
    assert run(alone).engine_on == 1


def test_acting_in_global_maintenance_is_caught() -> None:
    _caught("maintenance", lambda view: decide(replace(view, global_maintenance=False)), first=21)


def test_an_engine_that_moves_without_need_is_caught() -> None:
    def mutant(view: View) -> Decision:
        taker = find_taker(view)
        if view.memory.state is not State.ENGINE_UP or taker is None or view.running or view.now % 15:
            return decide(view)
        return Decision(state=State.ENGINE_UP, action=Action.MIGRATE, reason="Why not?", target=taker.host_id)

    _caught("flapping", mutant)


def test_an_engine_that_is_restarted_again_and_again_is_caught() -> None:
    beats = count()

    def mutant(view: View) -> Decision:
        if view.memory.state is State.ENGINE_UP and next(beats) % 8 == 7:
            return Decision(state=State.ENGINE_FORCE_STOP, action=Action.DESTROY, reason="Why not?")
        return decide(view)

    _caught("flapping", mutant)


def test_a_schedule_is_shrunk_to_what_matters() -> None:
    def mutant(view: View) -> Decision:
        decision = decide(view)
        return replace(decision, action=Action.NONE) if decision.action is Action.START else decision

    found = schedule(_caught("no_engine", mutant))
    smallest = shrink(found, "no_engine", mutant)
    assert len(smallest.events) <= 3
    assert any(v.kind == "no_engine" for v in try_schedule(smallest, mutant).violations)
