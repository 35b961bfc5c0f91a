"""The one executor of journaled, undoable steps: what a power cut interrupts is finished or rolled back after it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from node.api.problems import Failed, Refused


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    `key` names the step within its plan and stays the same when the plan is made again after a crash. `do` has to be
    safe to repeat; `undo` has to be safe after a `do` that never ran, ran half, or ran twice. No `undo` means that
    there is nothing to roll back.
    """

    key: str
    description: str
    do: Callable[[], Awaitable[None]]
    undo: Callable[[], Awaitable[None]] | None = None


class Mark(StrEnum):
    PLANNED = "planned"  # the plan itself; the detail holds the step keys, a line each
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"  # the detail holds the error
    ROLLING_BACK = "going_back"  # from here on the run only rolls back; journals of earlier releases have this text
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"
    ENDED = "ended"  # the detail says how: an Outcome


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a journal. `key` is empty for marks that are about the whole run."""

    mark: Mark
    key: str = ""
    detail: str = ""


class Journal(Protocol):
    """What one run has written down so far. `write` returns only when the entry would survive a power cut."""

    def entries(self) -> Sequence[Entry]: ...

    def write(self, entry: Entry) -> None: ...


class Outcome(StrEnum):
    DONE = "done"
    ROLLED_BACK = "taken_back"


class OnError(StrEnum):
    """ROLL_BACK rolls the done steps back at once; STOP leaves them, for a later run to go on from."""

    ROLL_BACK = "roll_back"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Progress:
    """`number` counts from 1 to `total`; `mark` is what has just been written down about the step."""

    number: int
    total: int
    step: Step
    mark: Mark
    detail: str = ""


class PlanChanged(Refused):
    what = "Cannot go on with the interrupted run"
    why = "its steps were {old} and the same request now gives {new}"
    mend = "Finish it with the version of Trivet that began it, or remove its journal to start over"


class StepFailed(Failed):
    """A step failed; `undo_errors` holds (key, error) of what could not be rolled back after it."""

    what = "{description}: failed"
    why = "{reason}"
    mend = "Mend the cause and run it again: it goes on where it stopped{left}"

    def __init__(self, step: Step, error: str, undo_errors: Sequence[tuple[str, str]] = ()) -> None:
        left = "".join(f"; not rolled back: {key} ({reason})" for key, reason in undo_errors)
        super().__init__(description=step.description, reason=error, left=left)
        self.step = step
        self.error = error
        self.undo_errors = tuple(undo_errors)


class Cancelled(Refused):
    what = "The run was cancelled"
    why = "somebody asked for it"
    mend = "What it had done was rolled back; start it again when wanted{left}"

    def __init__(self, undo_errors: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(left="".join(f"; not rolled back: {key} ({reason})" for key, reason in undo_errors))
        self.undo_errors = tuple(undo_errors)


class UndoFailed(Failed):
    """An interrupted run was being rolled back, and not all could be; `undo_errors` as above."""

    what = "The interrupted run was rolled back, but not all of it"
    why = "{left}"
    mend = "Remove by hand what is named here"

    def __init__(self, undo_errors: Sequence[tuple[str, str]]) -> None:
        super().__init__(left="; ".join(f"{key}: {reason}" for key, reason in undo_errors))
        self.undo_errors = tuple(undo_errors)


def _nothing(_: Progress) -> None:
    return None


def _never() -> bool:
    return False


async def run(
    steps: Sequence[Step],
    journal: Journal,
    *,
    on_error: OnError = OnError.ROLL_BACK,
    report: Callable[[Progress], None] = _nothing,
    cancelled: Callable[[], bool] = _never,
) -> Outcome:
    """Run `steps` in order, or go on with what `journal` says was begun, and return how it ended.

    A run that ended answers its outcome again and does nothing. Raises, before anything runs, PlanChanged when the
    journal belongs to other steps; StepFailed or Cancelled when this call is the one that stopped or rolled back;
    UndoFailed when it finished rolling back after a crash and something stays.
    `cancelled` is asked before each step.
    """
    return await _Run(steps, journal, report).go(on_error, cancelled)


class _Run:
    def __init__(self, steps: Sequence[Step], journal: Journal, report: Callable[[Progress], None]) -> None:
        keys = [step.key for step in steps]
        if len(set(keys)) != len(keys):
            raise ValueError(f"step keys repeat: {sorted(key for key in keys if keys.count(key) > 1)}")
        self._steps = tuple(steps)
        self._journal = journal
        self._report = report
        self._last: dict[str, Mark] = {}
        self._rolling_back = False
        self._reason = ""
        self._ended: Outcome | None = None

    async def go(self, on_error: OnError, cancelled: Callable[[], bool]) -> Outcome:
        self._recall()
        if self._ended is not None:
            return self._ended
        if self._rolling_back:
            errors = await self._roll_back()
            if errors:
                raise UndoFailed(errors)
            return Outcome.ROLLED_BACK
        for number, step in enumerate(self._steps, 1):
            if self._last.get(step.key) is Mark.DONE:
                continue
            if cancelled():
                self._journal.write(Entry(Mark.ROLLING_BACK, detail="cancelled"))
                raise Cancelled(await self._roll_back())
            self._mark(number, step, Mark.STARTED)
            try:
                await step.do()
            except Exception as err:
                reason = describe(err)
                self._mark(number, step, Mark.FAILED, reason)
                if on_error is OnError.STOP:
                    raise StepFailed(step, reason) from err
                self._journal.write(Entry(Mark.ROLLING_BACK, step.key, reason))
                raise StepFailed(step, reason, await self._roll_back()) from err
            self._mark(number, step, Mark.DONE)
        self._end(Outcome.DONE)
        return Outcome.DONE

    def _recall(self) -> None:
        entries = self._journal.entries()
        keys = "\n".join(step.key for step in self._steps)
        if not entries:
            self._journal.write(Entry(Mark.PLANNED, detail=keys))
            return
        if entries[0].mark is not Mark.PLANNED or entries[0].detail != keys:
            raise PlanChanged(old=entries[0].detail.split("\n"), new=keys.split("\n"))
        for entry in entries:
            match entry.mark:
                case Mark.PLANNED:
                    pass
                case Mark.ROLLING_BACK:
                    self._rolling_back = True
                case Mark.ENDED:
                    self._ended = Outcome(entry.detail)
                case _:
                    self._last[entry.key] = entry.mark

    async def _roll_back(self) -> list[tuple[str, str]]:
        """Take back, last first, every step that was ever started; go on past an undo that fails."""
        errors: list[tuple[str, str]] = []
        for number, step in reversed(list(enumerate(self._steps, 1))):
            if self._last.get(step.key) in (None, Mark.UNDONE):
                continue
            self._mark(number, step, Mark.UNDOING)
            try:
                if step.undo is not None:
                    await step.undo()
            except Exception as err:  # noqa: BLE001 - reported beside the first error
                errors.append((step.key, describe(err)))
                self._mark(number, step, Mark.UNDO_FAILED, describe(err))
            else:
                self._mark(number, step, Mark.UNDONE)
        self._end(Outcome.ROLLED_BACK)
        return errors

    def _mark(self, number: int, step: Step, mark: Mark, detail: str = "") -> None:
        self._journal.write(Entry(mark, step.key, detail))
        self._last[step.key] = mark
        self._report(Progress(number, len(self._steps), step, mark, detail))

    def _end(self, outcome: Outcome) -> None:
        self._journal.write(Entry(Mark.ENDED, detail=outcome.value))


def describe(err: BaseException) -> str:
    """The error in words; the class name stands in where it has none."""
    return str(err) or type(err).__name__
