"""What a node does while the engine runs nowhere that it knows of."""

from dataclasses import replace

import pytest

from hosted_engine.ha.decide import decide
from hosted_engine.ha.profiles import FAST
from hosted_engine.ha.states import Action, Fencing, Health, LeaseState, State, VmState
from hosted_engine.ha.view import Decision, Lease, Memory, Peer, Storage
from hosted_engine.ha.whiteboard import BadBlock
from tests.unit.ha.views import DEAD_1, DOWN, FIT, NOW, block, does, lease_of, peer


def test_the_first_in_rank_starts_what_runs_nowhere() -> None:
    assert does(DOWN) == (State.ENGINE_START, Action.START)


@pytest.mark.parametrize(
    "change",
    [
        {"storage": Storage(readable=False)},
        {"storage": Storage(readable=None)},
        {"storage": Storage(readable=True, writable=False, readable_since=0.0)},
        {"global_maintenance": None},
        {"lease": Lease(state=LeaseState.UNKNOWN)},
        {"lease": Lease(state=LeaseState.UNREADABLE)},
        {"lease": lease_of(3)},
        {"lease": lease_of(1)},  # silent, but not for long enough
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
    assert does(replace(DOWN, **change)) == (state, Action.NONE)  # type: ignore[arg-type]


def test_a_move_that_hangs_is_as_good_as_none() -> None:
    """A sick engine is stopped then, and what came without its lease is ended."""
    leaving = replace(
        DOWN, vm=VmState.OUTGOING, vm_since=NOW - 599, lease=lease_of(2), health=Health.BAD, booted_at=0.0
    )
    leaving = replace(leaving, memory=Memory(state=State.ENGINE_UP, since=0.0), healthy_at=NOW - 599)
    assert does(leaving) == (State.ENGINE_UP, Action.NONE)
    assert does(replace(leaving, vm_since=NOW - 600)) == (State.ENGINE_STOP, Action.STOP)
    coming = replace(DOWN, vm=VmState.INCOMING, vm_since=NOW - 600, lease=lease_of(3))
    assert does(coming) == (State.ENGINE_FORCE_STOP, Action.DESTROY)


def test_a_block_that_cannot_be_trusted_counts_for_nothing() -> None:
    for bad in BadBlock:
        view = replace(DOWN, peers=(DEAD_1, replace(peer(3), block=bad)))
        assert does(view) == (State.ENGINE_START, Action.START)


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
    view = replace(DOWN, lease=lease_of(1), peers=(LOST, peer(3)))
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
    assert decide(replace(DOWN, lease=lease_of(1), peers=(holder, peer(3)))).action is Action.NONE


def test_a_host_that_waits_for_its_own_storage_fences_nobody() -> None:
    """The last round on the volume that has ended was begun before the holder fell silent."""
    view = replace(DOWN, lease=lease_of(1), peers=(LOST, peer(3)))
    assert decide(view).action is Action.FENCE
    stalled = replace(view, storage=replace(view.storage, read_at=NOW - 20))
    assert decide(stalled).action is Action.NONE
    assert decide(replace(view, storage=replace(view.storage, read_at=NOW - 18))).action is Action.FENCE


def test_nobody_is_fenced_in_global_maintenance() -> None:
    view = replace(DOWN, lease=lease_of(1), peers=(LOST, peer(3)), global_maintenance=True)
    assert does(view) == (State.GLOBAL_MAINTENANCE, Action.NONE)
    confirmed = replace(view, peers=(replace(LOST, fencing=Fencing.CONFIRMED), peer(3)))
    assert decide(confirmed).action is Action.NONE


def test_a_fence_that_failed_is_tried_again_after_a_minute() -> None:
    view = replace(DOWN, lease=lease_of(1), peers=(LOST, peer(3)))
    assert decide(replace(view, memory=replace(view.memory, fence_failed_at=NOW - 59))).action is Action.NONE
    assert decide(replace(view, memory=replace(view.memory, fence_failed_at=NOW - 60))).action is Action.FENCE
