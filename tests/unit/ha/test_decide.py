"""What holds for every view of a node that decides."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.ha.decide import decide
from hosted_engine.ha.states import Action, Health, LeaseState, State, VmState
from hosted_engine.ha.view import Lease, Memory, Storage
from tests.unit.ha.views import DOWN, NOW, UP


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
