"""What a node keeps from round to round, and how a view follows from the one before."""

from dataclasses import replace

import pytest

from hosted_engine.ha.decide import decide
from hosted_engine.ha.memory import after_action, after_decision, own_block, restore, stopped
from hosted_engine.ha.observe import first_view, next_view
from hosted_engine.ha.profiles import DEFAULT, FAST, PROFILES
from hosted_engine.ha.ranking import is_alive, is_watching
from hosted_engine.ha.states import Action, Health, LeaseState, Outcome, State, VmState
from hosted_engine.ha.view import Decision, Facts, Memory, View
from hosted_engine.ha.whiteboard import BadBlock, HostBlock
from tests.unit.ha.views import BAD_NETWORK, DOWN, FIT, NOW, UP, block


def _facts(now: float, sequence: int = 1, **values: object) -> Facts:
    usual: dict[str, object] = {
        "storage_readable": True,
        "storage_writable": True,
        "blocks": ((1, block(1, sequence=sequence)),),
        "vm": VmState.ABSENT,
        "lease": (LeaseState.FREE, None),
        "measurements": FIT,
    }
    return Facts(now=now, **(usual | values))  # type: ignore[arg-type]


def _observe(view: View, facts: Facts) -> View:
    return next_view(view, facts, view.memory)


def test_a_wait_is_no_failed_start() -> None:
    trying = Memory(state=State.ENGINE_START, since=NOW)
    assert after_action(trying, Action.START, Outcome.LEASE_HELD, NOW).failed_starts == ()
    assert after_action(trying, Action.START, Outcome.FAILED, NOW).failed_starts == (NOW,)
    assert after_action(trying, Action.START, Outcome.DONE, NOW).state is State.ENGINE_STARTING


def test_a_sick_engine_that_was_stopped_counts_as_a_failed_start_and_one_that_moved_does_not() -> None:
    for sick, failed in ((True, 1), (False, 0)):
        stop = Decision(state=State.ENGINE_STOP, action=Action.STOP, reason="", sick=sick)
        memory = after_decision(UP, stop)
        gone = replace(UP, memory=memory, vm=VmState.ABSENT)
        assert len(after_decision(gone, decide(gone)).failed_starts) == failed


def test_failed_starts_are_forgotten_after_ten_minutes() -> None:
    view = replace(DOWN, memory=Memory(state=State.ENGINE_DOWN, failed_starts=(NOW - 600, NOW - 599)))
    assert after_decision(view, decide(view)).failed_starts == (NOW - 599,)


def test_better_since_begins_and_ends_with_the_other_host_being_better() -> None:
    memory = after_decision(BAD_NETWORK, decide(BAD_NETWORK))
    assert memory.better_since == NOW
    later = replace(BAD_NETWORK, now=NOW + 3, memory=memory)
    assert after_decision(later, decide(later)).better_since == NOW
    well = replace(UP, now=NOW + 9, memory=memory)
    assert after_decision(well, decide(well)).better_since is None


def test_a_daemon_of_the_same_boot_goes_on_and_after_a_boot_nothing_holds() -> None:
    memory = Memory(state=State.ENGINE_STOP, since=900, failed_starts=(800.0,), migrating_to=None)
    view = replace(UP, memory=memory)
    word = own_block(view, decide(view), memory, 8, boot_id="b1", name="node1", written_at=0)
    found = restore(word, "b1", NOW)
    assert (found.state, found.since, found.failed_starts) == (State.ENGINE_FORCE_STOP, 900, (800.0,))
    assert restore(word, "b2", NOW) == Memory(since=NOW)
    assert restore(BadBlock.TORN, "b1", NOW) == Memory(since=NOW)
    assert restore(stopped(word, 9), "b1", NOW).state is State.REINITIALIZE


def test_a_host_that_is_to_be_left_has_no_score() -> None:
    view = replace(UP, local_maintenance=True)
    word = own_block(view, decide(view), view.memory, 8, boot_id="b", name="n", written_at=0)
    assert (word.score, word.state) == (0, State.ENGINE_UP)


def test_a_peer_lives_when_its_sequence_is_seen_to_change() -> None:
    """Not by what it says of the time, and a block seen for the first time proves nothing."""
    first = _observe(first_view(2, 0.0, FAST), _facts(1.0))
    assert not is_alive(first, first.peers[0])
    assert is_watching(first)
    same = _observe(first, _facts(2.0))
    assert not is_alive(same, same.peers[0])
    changed = _observe(same, _facts(3.0, sequence=2))
    assert is_alive(changed, changed.peers[0])
    silent = _observe(changed, _facts(8.0, sequence=2))
    assert not is_alive(silent, silent.peers[0])
    assert not is_watching(silent)


def test_a_sequence_that_goes_back_is_a_sign_of_life_too() -> None:
    """A host whose block was zeroed begins anew."""
    view = _observe(_observe(first_view(2, 0.0, FAST), _facts(1.0, sequence=50)), _facts(2.0, sequence=1))
    assert is_alive(view, view.peers[0])


def test_a_block_that_cannot_be_read_is_no_sign_of_life() -> None:
    view = _observe(first_view(2, 0.0, FAST), _facts(1.0))
    for now, bad in enumerate((BadBlock.TORN, BadBlock.UNREADABLE, BadBlock.ZEROED), 2):
        view = _observe(view, _facts(float(now), blocks=((1, bad),)))
        assert view.peers[0].changed_at is None
    view = _observe(view, _facts(5.0, sequence=2))
    assert view.peers[0].changed_at == 5.0


def test_a_stall_of_the_reader_makes_nobody_silent() -> None:
    view = _observe(_observe(first_view(2, 0.0, FAST), _facts(1.0)), _facts(2.0, sequence=2))
    for now in range(3, 20):
        view = _observe(view, _facts(float(now), storage_readable=False, blocks=((1, BadBlock.UNREADABLE),)))
    view = _observe(view, _facts(20.0, sequence=2))
    assert is_alive(view, view.peers[0])
    view = _observe(view, _facts(26.0, sequence=2))
    assert not is_alive(view, view.peers[0])


def test_maintenance_is_what_was_read_last() -> None:
    view = _observe(first_view(2, 0.0), _facts(1.0))
    assert view.global_maintenance is None
    view = _observe(view, _facts(2.0, global_maintenance=True))
    assert _observe(view, _facts(3.0, global_maintenance=None)).global_maintenance is True


def test_since_when_things_are_as_they_are() -> None:
    view = _observe(first_view(1, 0.0), _facts(1.0, vm=VmState.RUNNING, health=Health.GOOD))
    view = _observe(view, _facts(4.0, vm=VmState.RUNNING, health=Health.BAD, lease=(LeaseState.HELD, 1)))
    assert (view.vm_since, view.health_since, view.healthy_at, view.lease.since) == (1.0, 4.0, 1.0, 4.0)
    gone = _observe(view, _facts(6.0, health=Health.GOOD, lease=(LeaseState.HELD, 2)))
    assert (gone.health, gone.lease.since) == (Health.UNKNOWN, 6.0)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_the_arithmetic_of_the_profiles(profile: object) -> None:
    assert profile in (DEFAULT, FAST)
    assert DEFAULT.host_dead_s == 8 * 4 + 30 == 62
    assert FAST.host_dead_s == 8 * 2 + 10 == 26
    for one in (DEFAULT, FAST):
        assert one.ping_timeout_s <= one.longest_ping_timeout_s
        assert one.lost_after_s > one.ping_timeout_s - 1
        assert one.host_dead_s + one.renewal_s + 5 <= {"default": 75, "fast": 35}[one.name]


def test_an_own_block_is_read_by_others() -> None:
    view = replace(DOWN, memory=Memory(state=State.ENGINE_DOWN, failed_starts=(NOW - 5,)))
    word = own_block(view, decide(view), view.memory, 3, boot_id="b", name="node2", written_at=0)
    assert isinstance(word, HostBlock)
    assert (word.score, word.sequence, word.vm) == (3350, 3, VmState.ABSENT)
