"""Since when what is observed is as it is."""

from dataclasses import replace

from hosted_engine.ha.observe import first_view, next_view
from hosted_engine.ha.score import Measurements
from hosted_engine.ha.states import LeaseState, State, VmState
from hosted_engine.ha.view import Facts, View
from hosted_engine.ha.whiteboard import HostBlock

FACTS = Facts(
    now=10.0,
    storage_readable=True,
    storage_writable=True,
    blocks=((2, HostBlock(host_id=2, sequence=7, state=State.ENGINE_UP, score=3400)),),
    vm=VmState.ABSENT,
    lease=(LeaseState.HELD, 2),
    measurements=Measurements(),
)


def unanswered_since(*rounds: tuple[float, float, bool | None]) -> float:
    """After rounds of (now, when the probe was begun, whether the peer answered it)."""
    view: View = first_view(1, 0.0)
    for now, asked_at, answers in rounds:
        facts = replace(FACTS, now=now, answering=((2, answers),), answering_at=asked_at)
        view = next_view(view, facts, view.memory)
    return view.peers[0].answers_since


def test_a_peer_is_silent_since_its_last_answer() -> None:
    assert unanswered_since((10.0, 9.0, True), (12.0, 11.0, True), (15.0, 13.0, False), (17.0, 15.0, False)) == 11.0


def test_one_that_never_answered_since_it_was_asked() -> None:
    assert unanswered_since((10.0, 8.0, False), (12.0, 10.0, False)) == 8.0


def test_what_was_not_asked_is_no_silence() -> None:
    assert unanswered_since((10.0, 9.0, True), (40.0, 40.0, None), (42.0, 41.0, False)) == 41.0


def test_an_answer_ends_it() -> None:
    assert unanswered_since((10.0, 9.0, True), (12.0, 11.0, False), (14.0, 13.0, True)) == 14.0
    assert unanswered_since((10.0, 9.0, True), (12.0, 11.0, False), (14.0, 13.0, True), (16.0, 15.0, False)) == 13.0


def test_a_round_on_the_volume_counts_from_its_beginning() -> None:
    view = next_view(first_view(1, 0.0), replace(FACTS, storage_read_at=6.0), first_view(1, 0.0).memory)
    assert (view.storage.read_at, view.storage.readable_since) == (6.0, 10.0)
    assert next_view(view, FACTS, view.memory).storage.read_at == 10.0
