"""What a node knows when it decides: of an engine that is down, and of one that is up here."""

from dataclasses import replace

from hosted_engine.ha.decide import decide
from hosted_engine.ha.profiles import FAST
from hosted_engine.ha.score import Measurements
from hosted_engine.ha.states import Action, Health, LeaseState, State, VmState
from hosted_engine.ha.view import Lease, Memory, Peer, Storage, View
from hosted_engine.ha.whiteboard import HostBlock

NOW = 1000.0

FIT = Measurements(memory_free_mib=8192, memory_needed_mib=1024)


def block(host_id: int, **values: object) -> HostBlock:
    usual = {"sequence": 7, "state": State.ENGINE_DOWN, "score": 3400, "vm": VmState.ABSENT}
    return HostBlock(host_id=host_id, **(usual | values))  # type: ignore[arg-type]


def peer(host_id: int, *, changed_ago_s: float = 1, answers: bool | None = True, **values: object) -> Peer:
    """Changed `seen_s` ago."""
    known = block(host_id, **values)
    return Peer(
        host_id=host_id,
        block=known,
        sequence=7,
        changed_at=NOW - changed_ago_s,
        answers=answers,
        answers_since=NOW - 60,
    )


DEAD_1 = peer(1, changed_ago_s=20, answers=False, state=State.ENGINE_UP, vm=VmState.RUNNING)

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


def does(view: View) -> tuple[State, Action]:
    decision = decide(view)
    return decision.state, decision.action


def lease_of(host_id: int, since_s: float = 100) -> Lease:
    return Lease(state=LeaseState.HELD, host_id=host_id, since=NOW - since_s)


BAD_NETWORK = replace(UP, measurements=replace(FIT, network=0.5))
