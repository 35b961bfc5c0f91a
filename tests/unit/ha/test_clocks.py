"""Whose clock is right: the engine's is set by its host's, and a host's by nobody while most others differ from it."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from hosted_engine.ha.board import BoardState
from hosted_engine.ha.clock_probe import ClockProbe
from hosted_engine.ha.clocks import (
    EngineClockWrong,
    HostClockWrong,
    duration,
    is_cared_for,
    offset_s,
    offsets_of_hosts,
    why_not_trusted,
)
from hosted_engine.ha.monitor import Sample
from hosted_engine.ha.states import State, VmState
from hosted_engine.ha.whiteboard import BadBlock, ClusterBlock, HostBlock
from node.vms.hypervisor import HypervisorFailed
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC).timestamp()


def date(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True)


def test_the_offset_is_that_of_the_middle_of_the_question() -> None:
    assert offset_s(date(NOW), NOW, NOW + 1) == 0
    assert offset_s(date(NOW - 100), NOW, NOW + 1) == -100


@pytest.mark.parametrize(
    ("answer", "took_s"),
    [(None, 0.1), ("", 0.1), ("yesterday", 0.1), ("Mon, 30 Nov 2026 08:00:00 GMT", 3.0), (date(NOW), -5.0)],
)
def test_what_says_nothing_of_a_clock_is_no_offset(answer: str | None, took_s: float) -> None:
    assert offset_s(answer, NOW, NOW + took_s) is None


def board_at(at: float, *blocks: tuple[int, HostBlock | BadBlock]) -> Sample[BoardState]:
    return Sample(at, 0.01, BoardState(blocks, ClusterBlock(sequence=1), written=True))


def block(host_id: int, sequence: int, written_at: float) -> tuple[int, HostBlock]:
    state = State.ENGINE_DOWN
    return host_id, HostBlock(host_id=host_id, sequence=sequence, state=state, score=1, written_at=written_at)


def test_only_a_host_that_is_seen_to_write_has_a_clock() -> None:
    looks: tuple[Sample[BoardState], ...] = (
        board_at(10, block(2, 1, NOW), block(3, 7, NOW - 9999), (4, BadBlock.TORN)),
        board_at(12, block(2, 2, NOW + 2.5), block(3, 7, NOW - 9999), block(4, 1, 0)),
        Sample(14.0, 0.1, None, "Transport endpoint is not connected"),
    )
    assert offsets_of_hosts(looks, NOW - 10) == (0.5,)


@pytest.mark.parametrize(
    ("others", "trusted"),
    [
        ((), True),
        ((0.1,), True),
        ((400.0,), False),  # one of the two is wrong, and nobody knows which
        ((400.0, -0.2), True),
        ((400.0, 401.0), False),
        ((59.0, -59.0), True),
        ((-3e8, 3e8, 1.0, 2.0), True),
        ((-3e8, 3e8, 1.0), False),
    ],
)
def test_a_host_goes_by_its_own_clock_while_most_agree_with_it(others: tuple[float, ...], trusted: bool) -> None:
    assert (why_not_trusted(NOW, others) is None) is trusted


def test_a_wrong_host_is_told_in_words() -> None:
    message = str(why_not_trusted(NOW, (400.0, 500.0)))
    assert "it says 2026-11-30 08:00:00 UTC, and those of 2 other hosts differ from it by 400 s" in message


@pytest.mark.parametrize(
    ("seconds", "message"),
    [(61, "61 s"), (3600, "3600 s"), (7200, "2.0 hours"), (3e5, "3.5 days"), (5e8, "15.8 years")],
)
def test_spans_have_a_unit_that_fits(seconds: float, message: str) -> None:
    assert duration(seconds) == message


class Guest:
    """The engine and its VM, `ahead` of this host's clock."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead
        self.clock = FakeClock()
        self.others: tuple[float, ...] = (0.2, -0.3)
        self.serves = self.here = True
        self.agent = True
        self.set_to: list[float] = []
        self.probe = ClockProbe(self._date, lambda: self.others, lambda: self.here, self._set, self.clock)

    def _date(self) -> str | None:
        return date(self.clock.now() + self.ahead) if self.serves else None

    def _set(self, at: float) -> None:
        if not self.agent:
            raise HypervisorFailed(act="set the guest's clock", reason="QEMU guest agent is not connected")
        self.set_to.append(at)
        self.ahead = at - self.clock.now()


YEARS = 16 * 365 * 86400.0


@pytest.mark.parametrize("ahead", [-YEARS, YEARS, 61.0, -61.0])
def test_a_wrong_engine_clock_is_set_when_it_was_seen_twice(ahead: float) -> None:
    guest = Guest(ahead)
    guest.probe()
    assert not guest.set_to
    with pytest.raises(EngineClockWrong):
        guest.probe()
    assert guest.set_to == [guest.clock.now()]
    assert abs(guest.probe() or 0.0) < 1


@pytest.mark.parametrize("ahead", [0.0, 3.0, -3.0])
def test_a_right_one_is_left_alone(ahead: float) -> None:
    guest = Guest(ahead)
    for _ in range(5):
        guest.probe()
    assert not guest.set_to


def test_one_that_cannot_be_set_is_said_with_the_reason() -> None:
    guest = Guest(YEARS)
    guest.agent = False
    guest.probe()
    for _ in range(3):
        with pytest.raises(EngineClockWrong, match="which failed: libvirt did not set the guest's clock"):
            guest.probe()


def test_a_host_whose_own_clock_is_wrong_sets_nothing() -> None:
    guest = Guest(-YEARS)
    guest.others = (-YEARS, -YEARS)
    for _ in range(3):
        with pytest.raises(HostClockWrong):
            guest.probe()
    assert not guest.set_to


@pytest.mark.parametrize("lack", ["serves", "here"])
def test_an_engine_that_is_not_here_or_does_not_answer_has_no_clock(lack: str) -> None:
    guest = Guest(YEARS)
    setattr(guest, lack, False)
    assert [guest.probe() for _ in range(3)] == [None] * 3
    assert not guest.set_to


@pytest.mark.parametrize(
    ("vm", "maintenance", "cared_for"),
    [
        (VmState.RUNNING, False, True),
        (VmState.RUNNING, True, False),
        (VmState.PAUSED, False, False),
        (VmState.ABSENT, False, False),
    ],
)
def test_a_guest_is_cared_for_where_it_runs_and_there_is_no_maintenance(
    vm: VmState, maintenance: bool, cared_for: bool
) -> None:
    board = BoardState((), ClusterBlock(sequence=1, global_maintenance=maintenance), written=True)
    assert is_cared_for(vm, board) is cared_for
    assert is_cared_for(VmState.RUNNING, None) is True
