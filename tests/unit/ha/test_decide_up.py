"""What the node does on which the engine runs, or ran."""

from dataclasses import replace

import pytest

from hosted_engine.ha.decide import decide
from hosted_engine.ha.profiles import DEFAULT, FAST
from hosted_engine.ha.states import Action, Health, LeaseState, State, VmState
from hosted_engine.ha.view import Lease, Memory, Storage
from tests.unit.ha.views import BAD_NETWORK, DEAD_1, DOWN, FIT, NOW, UP, does, lease_of, peer


def test_a_healthy_engine_is_left_in_peace() -> None:
    assert does(UP) == (State.ENGINE_UP, Action.NONE)
    assert does(replace(UP, health=Health.UNKNOWN)) == (State.ENGINE_UP, Action.NONE)
    assert does(replace(UP, lease=Lease(state=LeaseState.UNREADABLE))) == (State.ENGINE_UP, Action.NONE)


@pytest.mark.parametrize(
    ("bad_s", "expected"),
    [(19, (State.ENGINE_UP_BAD_HEALTH, Action.NONE)), (20, (State.ENGINE_STOP, Action.STOP))],
)
def test_bad_health_is_borne_for_a_while(bad_s: float, expected: tuple[State, Action]) -> None:
    assert does(replace(UP, health=Health.BAD, health_since=NOW - bad_s)) == expected


def test_without_storage_a_sick_engine_is_not_touched() -> None:
    sick = replace(UP, health=Health.BAD, health_since=NOW - 90)
    assert decide(replace(sick, storage=Storage(readable=False))).action is Action.NONE
    back = Storage(readable=True, writable=True, readable_since=NOW - 5)
    assert decide(replace(sick, storage=back)).action is Action.NONE


def test_a_guest_that_reboots_may_be_sick_until_it_has_booted() -> None:
    view = replace(UP, health=Health.BAD, health_since=NOW - 90, booted_at=NOW - 95, healthy_at=NOW - 94)
    assert does(view) == (State.ENGINE_STARTING, Action.NONE)
    assert decide(replace(view, healthy_at=NOW - 85)).action is Action.STOP
    assert decide(replace(view, now=NOW + 300)).action is Action.STOP


@pytest.mark.parametrize(
    ("waited", "expected"),
    [(14, (State.ENGINE_STOP, Action.NONE)), (15, (State.ENGINE_FORCE_STOP, Action.DESTROY))],
)
def test_a_guest_that_does_not_stop_is_ended_by_force(waited: float, expected: tuple[State, Action]) -> None:
    assert does(replace(UP, memory=Memory(state=State.ENGINE_STOP, since=NOW - waited))) == expected


def test_the_whole_cure_takes_less_than_two_minutes() -> None:
    """Until the START elsewhere; an emulated engine is well 20 s later."""
    seen_s = DEFAULT.health_period_s + DEFAULT.health_timeout_s
    assert (
        seen_s + DEFAULT.bad_health_s + DEFAULT.stop_timeout_s + 4 * DEFAULT.period_s + DEFAULT.start_backoff_s <= 100
    )


def test_a_paused_vm_goes_on_when_its_disk_does() -> None:
    paused = replace(UP, vm=VmState.PAUSED, health=Health.UNKNOWN)
    assert does(paused) == (State.ENGINE_UP_BAD_HEALTH, Action.RESUME)
    cut = Storage(readable=True, writable=False, readable_since=0.0)
    assert decide(replace(paused, storage=cut)).action is Action.NONE
    full = Storage(readable=True, writable=True, full=True, readable_since=0.0)
    assert decide(replace(paused, storage=full)).action is Action.NONE
    tried = replace(paused.memory, resume_failed_since=NOW - FAST.bad_health_s)
    assert decide(replace(paused, memory=tried)).action is Action.STOP


PAUSED = replace(
    UP,
    profile=DEFAULT,
    vm=VmState.PAUSED,
    vm_since=NOW - 90,
    health=Health.UNKNOWN,
    memory=Memory(state=State.ENGINE_UP_BAD_HEALTH, since=NOW - 90),
)


@pytest.mark.parametrize("lease", [LeaseState.UNKNOWN, LeaseState.UNREADABLE])
def test_a_paused_vm_waits_for_the_lockspace_however_long_that_takes(lease: LeaseState) -> None:
    """libvirt would refuse to let it go on, and each refusal would bring its end nearer."""
    view = replace(PAUSED, lease=Lease(state=lease, since=NOW - 600))
    assert does(view) == (State.ENGINE_UP_BAD_HEALTH, Action.NONE)
    again = replace(PAUSED, lease=Lease(state=LeaseState.EXPIRED, host_id=1, since=NOW))
    assert does(again) == (State.ENGINE_UP_BAD_HEALTH, Action.RESUME)


@pytest.mark.parametrize(
    "lease",
    [Lease(state=LeaseState.FREE, since=NOW - 600), Lease(state=LeaseState.EXPIRED, host_id=1, since=NOW - 600)],
)
def test_a_paused_vm_is_not_ended_because_libvirt_gave_its_lease_back(lease: Lease) -> None:
    assert does(replace(PAUSED, lease=lease)) == (State.ENGINE_UP_BAD_HEALTH, Action.RESUME)
    for storage in (
        Storage(readable=True, writable=False, readable_since=0.0),
        Storage(readable=True, writable=True, full=True, readable_since=0.0),
    ):
        assert decide(replace(PAUSED, lease=lease, storage=storage)).action is Action.NONE


def test_a_paused_vm_whose_lease_another_host_has_never_goes_on() -> None:
    assert does(replace(PAUSED, lease=lease_of(2, 0))) == (State.ENGINE_FORCE_STOP, Action.DESTROY)


def test_the_paused_vm_of_a_host_that_lives_again_is_believed_in_for_a_while() -> None:
    """After an outage of all: it joined the lockspace anew, so that its lease of before is worth nothing."""
    for vm, action in ((VmState.PAUSED, Action.NONE), (VmState.RUNNING, Action.START)):
        peers = (peer(1, state=State.ENGINE_UP_BAD_HEALTH, vm=vm), peer(3))
        assert decide(replace(DOWN, peers=peers)).action is action
    refuted = Lease(state=LeaseState.EXPIRED, host_id=1, since=NOW - FAST.claim_grace_s)
    peers = (peer(1, state=State.ENGINE_UP_BAD_HEALTH, vm=VmState.PAUSED), peer(3))
    assert decide(replace(DOWN, peers=peers, lease=refuted)).action is Action.START


def test_a_vm_without_its_lease_is_ended_before_others_stop_believing_in_it() -> None:
    for lease in (lease_of(2, 15), Lease(state=LeaseState.FREE, since=NOW - 15)):
        assert does(replace(UP, lease=lease)) == (State.ENGINE_FORCE_STOP, Action.DESTROY)
        assert decide(replace(UP, lease=replace(lease, since=NOW - 14))).action is Action.NONE
    assert FAST.claim_grace_s > 15


def test_the_engine_moves_to_a_host_that_has_been_better_by_800_for_long_enough() -> None:
    long = replace(UP.memory, better_since=NOW - FAST.move_after_s)
    decision = decide(replace(BAD_NETWORK, memory=long))
    assert (decision.action, decision.target) == (Action.MIGRATE, 2)
    assert decide(replace(BAD_NETWORK, memory=replace(long, better_since=NOW - 1))).action is Action.NONE
    almost = replace(UP, measurements=replace(FIT, network=0.501), memory=long)
    assert decide(almost).action is Action.NONE


def test_a_move_that_failed_to_all_is_a_restart() -> None:
    once = replace(UP.memory, better_since=0.0, migration_failed_at=NOW - 1, migration_failed_to=(2,))
    assert decide(replace(BAD_NETWORK, memory=once)).target == 3
    both = replace(once, migration_failed_to=(2, 3))
    assert does(replace(BAD_NETWORK, memory=both)) == (State.ENGINE_STOP, Action.STOP)


def test_a_host_that_goes_into_maintenance_gives_the_engine_away_first() -> None:
    assert decide(replace(UP, local_maintenance=True)).target == 2
    assert does(replace(UP, local_maintenance=True, peers=())) == (State.ENGINE_UP, Action.NONE)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, State.ENGINE_UNEXPECTEDLY_DOWN),
        ({"lease": lease_of(2)}, State.ENGINE_MAYBE_AWAY),
        ({"memory": Memory(state=State.ENGINE_UP, migrating_to=2)}, State.ENGINE_MAYBE_AWAY),
        ({"storage": Storage(readable=False)}, State.ENGINE_DOWN),
    ],
)
def test_where_a_vm_that_vanished_went(change: dict[str, object], state: State) -> None:
    gone = replace(UP, vm=VmState.ABSENT, lease=Lease(state=LeaseState.FREE, since=NOW))
    assert does(replace(gone, **change)) == (state, Action.NONE)  # type: ignore[arg-type]


@pytest.mark.parametrize(("waited", "failed"), [(1, False), (2, True)])
def test_a_vm_that_vanished_while_it_booted_is_a_failed_start(waited: float, failed: bool) -> None:
    decision = decide(replace(DOWN, memory=Memory(state=State.ENGINE_STARTING, since=NOW - waited)))
    assert decision.failed_start is failed


def test_the_host_on_which_it_died_rests_unless_there_is_no_other() -> None:
    died = replace(DOWN, memory=Memory(state=State.ENGINE_UNEXPECTEDLY_DOWN, since=NOW - 300))
    assert does(died) == (State.ENGINE_UNEXPECTEDLY_DOWN, Action.NONE)
    assert does(replace(died, peers=(DEAD_1,))) == (State.ENGINE_DOWN, Action.NONE)
    assert does(replace(died, memory=replace(died.memory, since=NOW - 600))) == (State.ENGINE_DOWN, Action.NONE)
