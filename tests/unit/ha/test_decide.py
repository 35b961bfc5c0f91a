"""What a node does next, view by view."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.ha.decide import decide
from hosted_engine.ha.profiles import DEFAULT, FAST
from hosted_engine.ha.score import Measurements
from hosted_engine.ha.states import Action, Fencing, Health, LeaseState, State, VmState
from hosted_engine.ha.view import Decision, Lease, Memory, Peer, Storage, View
from hosted_engine.ha.whiteboard import BadBlock, HostBlock

NOW = 1000.0
FIT = Measurements(memory_free_mib=8192, memory_needed_mib=1024)


def block(host_id: int, **values: object) -> HostBlock:
    usual = {"sequence": 7, "state": State.ENGINE_DOWN, "score": 3400, "vm": VmState.ABSENT}
    return HostBlock(host_id=host_id, **(usual | values))  # type: ignore[arg-type]


def peer(host_id: int, *, seen_s: float = 1, answers: bool | None = True, **values: object) -> Peer:
    """Changed `seen_s` ago."""
    known = block(host_id, **values)
    return Peer(
        host_id=host_id, block=known, sequence=7, changed_at=NOW - seen_s, answers=answers, answers_since=NOW - 60
    )


DEAD_1 = peer(1, seen_s=20, answers=False, state=State.ENGINE_UP, vm=VmState.RUNNING)
DOWN = View(
    now=NOW,
    host_id=2,
    memory=Memory(state=State.ENGINE_DOWN, since=0),
    profile=FAST,
    storage=Storage(readable=True, writable=True, readable_since=0.0),
    vm=VmState.ABSENT,
    lease=Lease(state=LeaseState.EXPIRED, host_id=1, since=NOW - 1),
    global_maintenance=False,
    measurements=FIT,
    peers=(DEAD_1, peer(3)),
)
UP = replace(
    DOWN,
    host_id=1,
    memory=Memory(state=State.ENGINE_UP, since=500),
    vm=VmState.RUNNING,
    health=Health.GOOD,
    health_since=500,
    healthy_at=NOW,
    lease=Lease(state=LeaseState.HELD, host_id=1, since=500),
    peers=(peer(2), peer(3)),
)


def _does(view: View) -> tuple[State, Action]:
    decision = decide(view)
    return decision.state, decision.action


def _held(host_id: int, since_s: float = 100) -> Lease:
    return Lease(state=LeaseState.HELD, host_id=host_id, since=NOW - since_s)


def test_the_first_in_rank_starts_what_runs_nowhere() -> None:
    assert _does(DOWN) == (State.ENGINE_START, Action.START)


@pytest.mark.parametrize(
    "change",
    [
        {"storage": Storage(readable=False)},
        {"storage": Storage(readable=None)},
        {"storage": Storage(readable=True, writable=False, readable_since=0.0)},
        {"global_maintenance": None},
        {"lease": Lease(state=LeaseState.UNKNOWN)},
        {"lease": Lease(state=LeaseState.UNREADABLE)},
        {"lease": _held(3)},
        {"lease": _held(1)},  # silent, but not for long enough
        {"peers": (DEAD_1, peer(3, state=State.ENGINE_UP, vm=VmState.RUNNING))},
        {
            "peers": (DEAD_1, replace(peer(3), changed_at=None)),
            "storage": Storage(readable=True, writable=True, readable_since=NOW - 2),
        },
        {"peers": (DEAD_1, peer(3, score=3401))},
        {"host_id": 4},
        {"memory": Memory(state=State.ENGINE_DOWN, failed_starts=(NOW - 4,))},
        {"memory": Memory(state=State.ENGINE_DOWN, failed_starts=(NOW - 90, NOW - 80, NOW - 70, NOW - 60))},
    ],
)
def test_why_a_node_waits(change: dict[str, object]) -> None:
    decision = decide(replace(DOWN, **change))  # type: ignore[arg-type]
    assert (decision.state, decision.action) == (State.ENGINE_DOWN, Action.NONE)
    assert decision.reason


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"global_maintenance": True}, State.GLOBAL_MAINTENANCE),
        ({"local_maintenance": True}, State.LOCAL_MAINTENANCE),
        ({"vm": VmState.UNKNOWN}, State.UNKNOWN_LOCAL_VM),
        ({"vm": VmState.INCOMING, "vm_since": NOW - 599}, State.ENGINE_DOWN),
        ({"vm": VmState.RUNNING, "health": Health.UNKNOWN}, State.ENGINE_STARTING),
    ],
)
def test_states_in_which_nothing_is_done(change: dict[str, object], state: State) -> None:
    assert _does(replace(DOWN, **change)) == (state, Action.NONE)  # type: ignore[arg-type]


def test_a_move_that_hangs_is_as_good_as_none() -> None:
    """A sick engine is stopped then, and what came without its lease is ended."""
    leaving = replace(DOWN, vm=VmState.OUTGOING, vm_since=NOW - 599, lease=_held(2), health=Health.BAD, booted_at=0.0)
    leaving = replace(leaving, memory=Memory(state=State.ENGINE_UP, since=0.0), healthy_at=NOW - 599)
    assert _does(leaving) == (State.ENGINE_UP, Action.NONE)
    assert _does(replace(leaving, vm_since=NOW - 600)) == (State.ENGINE_STOP, Action.STOP)
    coming = replace(DOWN, vm=VmState.INCOMING, vm_since=NOW - 600, lease=_held(3))
    assert _does(coming) == (State.ENGINE_FORCE_STOP, Action.DESTROY)


def test_a_block_that_cannot_be_trusted_counts_for_nothing() -> None:
    for bad in BadBlock:
        view = replace(DOWN, peers=(DEAD_1, replace(peer(3), block=bad)))
        assert _does(view) == (State.ENGINE_START, Action.START)


@pytest.mark.parametrize(("waited", "action"), [(4, Action.NONE), (5, Action.START)])
def test_the_second_in_rank_waits_for_the_first(waited: float, action: Action) -> None:
    lease = Lease(state=LeaseState.EXPIRED, host_id=1, since=NOW - waited)
    assert decide(replace(DOWN, host_id=4, lease=lease)).action is action


def test_ties_go_to_the_lower_host_id_and_scores_before_that() -> None:
    free = Lease(state=LeaseState.FREE, since=NOW)
    assert decide(replace(DOWN, lease=free, peers=(peer(3), peer(4)))).action is Action.START
    assert decide(replace(DOWN, lease=free, peers=(peer(1),))).action is Action.NONE
    assert decide(replace(DOWN, lease=free, peers=(peer(1, score=3399),))).action is Action.START


@pytest.mark.parametrize("state", [State.LOCAL_MAINTENANCE, State.AGENT_STOPPED, State.UNKNOWN_LOCAL_VM])
def test_who_cannot_start_is_not_waited_for(state: State) -> None:
    assert decide(replace(DOWN, peers=(peer(1, state=state),))).action is Action.START


def test_a_claim_is_believed_until_the_free_lease_refutes_it() -> None:
    peers = (peer(3, state=State.ENGINE_UP, vm=VmState.RUNNING),)
    fresh = Lease(state=LeaseState.FREE, since=NOW - FAST.claim_grace_s + 1)
    assert decide(replace(DOWN, peers=peers, lease=fresh)).action is Action.NONE
    old = Lease(state=LeaseState.FREE, since=NOW - FAST.claim_grace_s)
    assert decide(replace(DOWN, peers=peers, lease=old)).action is Action.START


def test_the_time_without_storage_refutes_no_claim() -> None:
    """After an outage that was longer than the grace a paused engine gets it whole to go on."""
    claiming = peer(1, state=State.ENGINE_UP_BAD_HEALTH, vm=VmState.PAUSED)
    view = replace(DOWN, lease=Lease(state=LeaseState.FREE, since=NOW - 10 * FAST.claim_grace_s))
    for back_s, action in ((FAST.claim_grace_s - 1, Action.NONE), (FAST.claim_grace_s, Action.START)):
        storage = Storage(readable=True, writable=True, readable_since=NOW - back_s)
        assert decide(replace(view, storage=storage, peers=(claiming, peer(3)))).action is action


def test_a_host_whose_score_is_zero_is_the_last_resort() -> None:
    hopeless = replace(FIT, network=0.0, bridge=False, config_fresh=False, memory_free_mib=1)
    free = Lease(state=LeaseState.FREE, since=NOW - 1)
    assert decide(replace(DOWN, measurements=hopeless, lease=free, peers=())).action is Action.NONE
    free = Lease(state=LeaseState.FREE, since=NOW - FAST.start_backoff_s)
    assert decide(replace(DOWN, measurements=hopeless, lease=free, peers=())).action is Action.START
    assert decide(replace(DOWN, measurements=hopeless, lease=free, peers=(peer(3, score=1),))).action is Action.NONE


LOST = replace(DEAD_1, fencing=Fencing.READY)


def test_a_lost_holder_of_the_lease_is_fenced_and_its_host_id_given_back() -> None:
    view = replace(DOWN, lease=_held(1), peers=(LOST, peer(3)))
    assert decide(view) == Decision(state=State.ENGINE_DOWN, action=Action.FENCE, target=1, reason=decide(view).reason)
    confirmed = decide(replace(view, peers=(replace(LOST, fencing=Fencing.CONFIRMED), peer(3))))
    assert (confirmed.action, confirmed.target) == (Action.FREE_HOST_ID, 1)


@pytest.mark.parametrize(
    "holder",
    [
        replace(LOST, answers=True),
        replace(LOST, answers=None),
        replace(LOST, answers_since=NOW - 1),
        replace(LOST, changed_at=NOW - 1),
        replace(LOST, fencing=Fencing.NONE),
        replace(LOST, fencing=Fencing.FAILED),
        replace(LOST, block=block(1, state=State.AGENT_STOPPED, vm=VmState.RUNNING)),
        replace(LOST, block=block(1, state=State.ENGINE_UP, vm=VmState.RUNNING, local_maintenance=True)),
    ],
)
def test_who_may_be_well_is_not_fenced(holder: Peer) -> None:
    assert decide(replace(DOWN, lease=_held(1), peers=(holder, peer(3)))).action is Action.NONE


def test_a_host_that_waits_for_its_own_storage_fences_nobody() -> None:
    """The last round on the volume that has ended was begun before the holder fell silent."""
    view = replace(DOWN, lease=_held(1), peers=(LOST, peer(3)))
    assert decide(view).action is Action.FENCE
    stalled = replace(view, storage=replace(view.storage, read_at=NOW - 20))
    assert decide(stalled).action is Action.NONE
    assert decide(replace(view, storage=replace(view.storage, read_at=NOW - 18))).action is Action.FENCE


def test_nobody_is_fenced_in_global_maintenance() -> None:
    view = replace(DOWN, lease=_held(1), peers=(LOST, peer(3)), global_maintenance=True)
    assert _does(view) == (State.GLOBAL_MAINTENANCE, Action.NONE)
    confirmed = replace(view, peers=(replace(LOST, fencing=Fencing.CONFIRMED), peer(3)))
    assert decide(confirmed).action is Action.NONE


def test_a_fence_that_failed_is_tried_again_after_a_minute() -> None:
    view = replace(DOWN, lease=_held(1), peers=(LOST, peer(3)))
    assert decide(replace(view, memory=replace(view.memory, fence_failed_at=NOW - 59))).action is Action.NONE
    assert decide(replace(view, memory=replace(view.memory, fence_failed_at=NOW - 60))).action is Action.FENCE


def test_a_healthy_engine_is_left_in_peace() -> None:
    assert _does(UP) == (State.ENGINE_UP, Action.NONE)
    assert _does(replace(UP, health=Health.UNKNOWN)) == (State.ENGINE_UP, Action.NONE)
    assert _does(replace(UP, lease=Lease(state=LeaseState.UNREADABLE))) == (State.ENGINE_UP, Action.NONE)


@pytest.mark.parametrize(
    ("bad_s", "expected"),
    [(19, (State.ENGINE_UP_BAD_HEALTH, Action.NONE)), (20, (State.ENGINE_STOP, Action.STOP))],
)
def test_bad_health_is_borne_for_a_while(bad_s: float, expected: tuple[State, Action]) -> None:
    assert _does(replace(UP, health=Health.BAD, health_since=NOW - bad_s)) == expected


def test_without_storage_a_sick_engine_is_not_touched() -> None:
    sick = replace(UP, health=Health.BAD, health_since=NOW - 90)
    assert decide(replace(sick, storage=Storage(readable=False))).action is Action.NONE
    back = Storage(readable=True, writable=True, readable_since=NOW - 5)
    assert decide(replace(sick, storage=back)).action is Action.NONE


def test_a_guest_that_reboots_may_be_sick_until_it_has_booted() -> None:
    view = replace(UP, health=Health.BAD, health_since=NOW - 90, booted_at=NOW - 95, healthy_at=NOW - 94)
    assert _does(view) == (State.ENGINE_STARTING, Action.NONE)
    assert decide(replace(view, healthy_at=NOW - 85)).action is Action.STOP
    assert decide(replace(view, now=NOW + 300)).action is Action.STOP


@pytest.mark.parametrize(
    ("waited", "expected"),
    [(14, (State.ENGINE_STOP, Action.NONE)), (15, (State.ENGINE_FORCE_STOP, Action.DESTROY))],
)
def test_a_guest_that_does_not_stop_is_ended_by_force(waited: float, expected: tuple[State, Action]) -> None:
    assert _does(replace(UP, memory=Memory(state=State.ENGINE_STOP, since=NOW - waited))) == expected


def test_the_whole_cure_takes_less_than_two_minutes() -> None:
    """Until the START elsewhere; an emulated engine is well 20 s later."""
    seen_s = DEFAULT.health_period_s + DEFAULT.health_timeout_s
    assert (
        seen_s + DEFAULT.bad_health_s + DEFAULT.stop_timeout_s + 4 * DEFAULT.period_s + DEFAULT.start_backoff_s <= 100
    )


def test_a_paused_vm_goes_on_when_its_disk_does() -> None:
    paused = replace(UP, vm=VmState.PAUSED, health=Health.UNKNOWN)
    assert _does(paused) == (State.ENGINE_UP_BAD_HEALTH, Action.RESUME)
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
    assert _does(view) == (State.ENGINE_UP_BAD_HEALTH, Action.NONE)
    again = replace(PAUSED, lease=Lease(state=LeaseState.EXPIRED, host_id=1, since=NOW))
    assert _does(again) == (State.ENGINE_UP_BAD_HEALTH, Action.RESUME)


@pytest.mark.parametrize(
    "lease",
    [Lease(state=LeaseState.FREE, since=NOW - 600), Lease(state=LeaseState.EXPIRED, host_id=1, since=NOW - 600)],
)
def test_a_paused_vm_is_not_ended_because_libvirt_gave_its_lease_back(lease: Lease) -> None:
    assert _does(replace(PAUSED, lease=lease)) == (State.ENGINE_UP_BAD_HEALTH, Action.RESUME)
    for storage in (
        Storage(readable=True, writable=False, readable_since=0.0),
        Storage(readable=True, writable=True, full=True, readable_since=0.0),
    ):
        assert decide(replace(PAUSED, lease=lease, storage=storage)).action is Action.NONE


def test_a_paused_vm_whose_lease_another_host_has_never_goes_on() -> None:
    assert _does(replace(PAUSED, lease=_held(2, 0))) == (State.ENGINE_FORCE_STOP, Action.DESTROY)


def test_the_paused_vm_of_a_host_that_lives_again_is_believed_in_for_a_while() -> None:
    """After an outage of all: it joined the lockspace anew, so that its lease of before is worth nothing."""
    for vm, action in ((VmState.PAUSED, Action.NONE), (VmState.RUNNING, Action.START)):
        peers = (peer(1, state=State.ENGINE_UP_BAD_HEALTH, vm=vm), peer(3))
        assert decide(replace(DOWN, peers=peers)).action is action
    refuted = Lease(state=LeaseState.EXPIRED, host_id=1, since=NOW - FAST.claim_grace_s)
    peers = (peer(1, state=State.ENGINE_UP_BAD_HEALTH, vm=VmState.PAUSED), peer(3))
    assert decide(replace(DOWN, peers=peers, lease=refuted)).action is Action.START


def test_a_vm_without_its_lease_is_ended_before_others_stop_believing_in_it() -> None:
    for lease in (_held(2, 15), Lease(state=LeaseState.FREE, since=NOW - 15)):
        assert _does(replace(UP, lease=lease)) == (State.ENGINE_FORCE_STOP, Action.DESTROY)
        assert decide(replace(UP, lease=replace(lease, since=NOW - 14))).action is Action.NONE
    assert FAST.claim_grace_s > 15


BAD_NETWORK = replace(UP, measurements=replace(FIT, network=0.5))


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
    assert _does(replace(BAD_NETWORK, memory=both)) == (State.ENGINE_STOP, Action.STOP)


def test_a_host_that_goes_into_maintenance_gives_the_engine_away_first() -> None:
    assert decide(replace(UP, local_maintenance=True)).target == 2
    assert _does(replace(UP, local_maintenance=True, peers=())) == (State.ENGINE_UP, Action.NONE)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, State.ENGINE_UNEXPECTEDLY_DOWN),
        ({"lease": _held(2)}, State.ENGINE_MAYBE_AWAY),
        ({"memory": Memory(state=State.ENGINE_UP, migrating_to=2)}, State.ENGINE_MAYBE_AWAY),
        ({"storage": Storage(readable=False)}, State.ENGINE_DOWN),
    ],
)
def test_where_a_vm_that_vanished_went(change: dict[str, object], state: State) -> None:
    gone = replace(UP, vm=VmState.ABSENT, lease=Lease(state=LeaseState.FREE, since=NOW))
    assert _does(replace(gone, **change)) == (state, Action.NONE)  # type: ignore[arg-type]


@pytest.mark.parametrize(("waited", "failed"), [(1, False), (2, True)])
def test_a_vm_that_vanished_while_it_booted_is_a_failed_start(waited: float, failed: bool) -> None:
    decision = decide(replace(DOWN, memory=Memory(state=State.ENGINE_STARTING, since=NOW - waited)))
    assert decision.failed_start is failed


def test_the_host_on_which_it_died_rests_unless_there_is_no_other() -> None:
    died = replace(DOWN, memory=Memory(state=State.ENGINE_UNEXPECTEDLY_DOWN, since=NOW - 300))
    assert _does(died) == (State.ENGINE_UNEXPECTEDLY_DOWN, Action.NONE)
    assert _does(replace(died, peers=(DEAD_1,))) == (State.ENGINE_DOWN, Action.NONE)
    assert _does(replace(died, memory=replace(died.memory, since=NOW - 600))) == (State.ENGINE_DOWN, Action.NONE)


def test_while_something_runs_nothing_else_begins() -> None:
    assert decide(replace(DOWN, running=Action.START)).action is Action.NONE


@given(
    state=st.sampled_from(State),
    vm=st.sampled_from(VmState),
    health=st.sampled_from(Health),
    lease=st.sampled_from(LeaseState),
    holder=st.sampled_from((None, 1, 2, 3)),
    readable=st.sampled_from((True, False, None)),
    writable=st.sampled_from((True, False, None)),
    maintenance=st.sampled_from((True, False, None)),
    local=st.booleans(),
)
def test_whatever_is_unknown_is_never_acted_on(
    state: State,
    vm: VmState,
    health: Health,
    lease: LeaseState,
    holder: int | None,
    readable: bool | None,
    writable: bool | None,
    maintenance: bool | None,
    local: bool,
) -> None:
    view = replace(
        DOWN,
        memory=Memory(state=state),
        vm=vm,
        health=health,
        lease=Lease(state=lease, host_id=holder, since=0.0),
        storage=Storage(readable=readable, writable=writable, readable_since=0.0 if readable else None),
        global_maintenance=maintenance,
        local_maintenance=local,
    )
    action = decide(view).action
    if not readable or vm is VmState.UNKNOWN or maintenance:
        assert action is Action.NONE
    if action is Action.START:
        assert writable
        assert vm is VmState.ABSENT
        assert maintenance is False
        assert lease not in (LeaseState.UNKNOWN, LeaseState.UNREADABLE)
        assert not local


@pytest.mark.parametrize(
    ("asked_at", "booted_at", "restarts"),
    [(NOW - 5, NOW - 500, True), (NOW - 500, NOW - 5, False), (None, NOW - 500, False), (NOW - 5, None, False)],
)
@pytest.mark.parametrize("health", [Health.GOOD, Health.BAD, Health.UNKNOWN])
def test_a_restart_is_done_once_for_the_vm_it_was_asked_for(
    asked_at: float | None, booted_at: float | None, restarts: bool, health: Health
) -> None:
    view = replace(UP, health=health, health_since=NOW, restart_asked_at=asked_at, booted_at=booted_at)
    assert (decide(view).action is Action.STOP) is restarts
    assert not decide(view).sick
