"""The executor under every failure and every crash: nothing is lost, nothing is done twice that was written as done."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.steps import Cancelled, Entry, Mark, OnError, Outcome, PlanChanged, Step, StepFailed, UndoFailed, run


class PowerCut(BaseException):
    """Not an Exception: nothing in the executor may catch it."""


@dataclass
class MemoryJournal:
    """Survives a PowerCut; `cut_after` pulls the plug once that many entries are written."""

    written: list[Entry] = field(default_factory=list)
    cut_after: int | None = None

    def entries(self) -> Sequence[Entry]:
        return tuple(self.written)

    def write(self, entry: Entry) -> None:
        self.written.append(entry)
        if self.cut_after is not None and len(self.written) >= self.cut_after:
            self.cut_after = None
            raise PowerCut


@dataclass
class Host:
    """What the steps act on: a set of things that exist, changed in two halves so that a cut can fall in between."""

    half: set[str] = field(default_factory=set)
    things: set[str] = field(default_factory=set)
    fail_at: str = ""
    undo_fails_at: str = ""
    cut_in: str = ""

    def step(self, key: str) -> Step:
        async def do() -> None:
            self.half.add(key)
            if self.cut_in == key:
                self.cut_in = ""
                raise PowerCut
            if self.fail_at == key:
                raise RuntimeError(f"{key} broke")
            self.half.discard(key)
            self.things.add(key)

        async def undo() -> None:
            if self.undo_fails_at == key:
                raise RuntimeError(f"{key} stays")
            self.half.discard(key)
            self.things.discard(key)

        return Step(key, f"Make {key}", do, undo)

    def plan(self, count: int) -> tuple[Step, ...]:
        return tuple(self.step(f"s{n}") for n in range(count))


async def run_to_the_end(host: Host, journal: MemoryJournal, count: int, on_error: OnError = OnError.ROLL_BACK) -> None:
    """Run, and run again after each power cut, as a machine that comes back would."""
    for _ in range(10 * count + 10):
        try:
            await run(host.plan(count), journal, on_error=on_error)
        except PowerCut:
            continue
        except StepFailed:
            pass
        return
    raise AssertionError("never ended")


async def test_a_plan_runs_in_order_and_says_so() -> None:
    host, journal = Host(), MemoryJournal()
    told: list[tuple[int, int, Mark]] = []
    outcome = await run(host.plan(2), journal, report=lambda p: told.append((p.number, p.total, p.mark)))
    assert outcome is Outcome.DONE
    assert host.things == {"s0", "s1"}
    assert told == [(1, 2, Mark.STARTED), (1, 2, Mark.DONE), (2, 2, Mark.STARTED), (2, 2, Mark.DONE)]


async def test_a_run_that_ended_does_nothing_again() -> None:
    host, journal = Host(), MemoryJournal()
    await run(host.plan(2), journal)
    host.things.clear()
    assert await run(host.plan(2), journal) is Outcome.DONE
    assert host.things == set()


@given(count=st.integers(1, 6), fail=st.integers(0, 5))
async def test_a_failing_step_leaves_the_host_as_it_was(count: int, fail: int) -> None:
    host, journal = Host(fail_at=f"s{fail % count}"), MemoryJournal()
    with pytest.raises(StepFailed, match="broke"):
        await run(host.plan(count), journal)
    assert host.things == host.half == set()


@given(count=st.integers(1, 6), fail=st.integers(0, 5))
async def test_a_stopped_run_goes_on_once_the_cause_is_mended(count: int, fail: int) -> None:
    host, journal = Host(fail_at=f"s{fail % count}"), MemoryJournal()
    with pytest.raises(StepFailed):
        await run(host.plan(count), journal, on_error=OnError.STOP)
    assert host.things == {f"s{n}" for n in range(fail % count)}
    host.fail_at = ""
    assert await run(host.plan(count), journal, on_error=OnError.STOP) is Outcome.DONE
    assert host.things == {f"s{n}" for n in range(count)}


@given(count=st.integers(1, 6), cut=st.integers(1, 14))
async def test_a_crash_between_any_two_entries_is_resumed(count: int, cut: int) -> None:
    host, journal = Host(), MemoryJournal(cut_after=cut)
    await run_to_the_end(host, journal, count)
    assert host.things == {f"s{n}" for n in range(count)}
    assert host.half == set()


@given(count=st.integers(1, 6), cut=st.integers(0, 5))
async def test_a_crash_in_the_middle_of_a_step_is_resumed(count: int, cut: int) -> None:
    host, journal = Host(cut_in=f"s{cut % count}"), MemoryJournal()
    await run_to_the_end(host, journal, count)
    assert host.things == {f"s{n}" for n in range(count)}


@given(count=st.integers(1, 6), fail=st.integers(0, 5), cut=st.integers(1, 30))
async def test_a_crash_while_going_back_still_goes_back(count: int, fail: int, cut: int) -> None:
    host, journal = Host(fail_at=f"s{fail % count}"), MemoryJournal(cut_after=cut)
    await run_to_the_end(host, journal, count)
    assert host.things == host.half == set()
    assert journal.written[-1] == Entry(Mark.ENDED, detail=Outcome.ROLLED_BACK.value)


@given(count=st.integers(1, 6), cut=st.integers(1, 14))
async def test_a_step_written_as_done_is_never_done_again(count: int, cut: int) -> None:
    host, journal = Host(), MemoryJournal(cut_after=cut)
    await run_to_the_end(host, journal, count)
    for key in {entry.key for entry in journal.written if entry.key}:
        marks = [entry.mark for entry in journal.written if entry.key == key]
        assert marks.count(Mark.DONE) == 1
        assert marks[-1] is Mark.DONE


async def test_an_undo_that_fails_is_told_beside_the_first_error_and_the_others_are_undone() -> None:
    host, journal = Host(fail_at="s2", undo_fails_at="s1"), MemoryJournal()
    with pytest.raises(StepFailed) as caught:
        await run(host.plan(3), journal)
    assert caught.value.error == "s2 broke"
    assert caught.value.undo_errors == (("s1", "s1 stays"),)
    assert host.things == {"s1"}


async def test_cancelling_takes_back_what_was_done() -> None:
    host, journal = Host(), MemoryJournal()
    with pytest.raises(Cancelled):
        await run(host.plan(4), journal, cancelled=lambda: len(host.things) == 2)
    assert host.things == set()


async def test_a_journal_of_other_steps_is_refused_before_anything_runs() -> None:
    host, journal = Host(), MemoryJournal(cut_after=3)
    with pytest.raises(PowerCut):
        await run(host.plan(3), journal)
    before = set(host.things)
    with pytest.raises(PlanChanged):
        await run(host.plan(4), journal)
    assert host.things == before


async def test_a_repeated_key_is_a_mistake_in_the_plan() -> None:
    host = Host()
    with pytest.raises(ValueError, match="repeat"):
        await run((host.step("a"), host.step("a")), MemoryJournal())


async def test_an_undo_that_fails_after_a_crash_is_told_too() -> None:
    host, journal = Host(fail_at="s2", undo_fails_at="s1"), MemoryJournal(cut_after=8)
    with pytest.raises(PowerCut):
        await run(host.plan(3), journal)
    with pytest.raises(UndoFailed, match="s1 stays"):
        await run(host.plan(3), journal)
    assert host.things == {"s1"}
