"""The journal of a task, kept in the store; the job's steps, which clients see, change with it in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from hosted_engine.engine.jobs.model import JobStatus
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.tasks.model import JournalLine, Task
from node.steps import Entry, Mark

STEP_STATUS = {
    Mark.STARTED: JobStatus.STARTED,
    Mark.DONE: JobStatus.FINISHED,
    Mark.FAILED: JobStatus.FAILED,
    Mark.UNDONE: JobStatus.ABORTED,
    Mark.UNDO_FAILED: JobStatus.FAILED,
}


# Before what these announce is done, they have to lie on the disk. All others may be lost with the next power cut: then
# a step that was done is done again.
_AT_ONCE = frozenset({Mark.STARTED, Mark.ROLLING_BACK, Mark.UNDOING})


class StoreJournal:
    """Implements node.steps.Journal for one task. What may wait is written with the next entry that may not, or with
    the task's end, whose transaction takes all of the journal away."""

    def __init__(self, store: Store, task: Task, clock: Callable[[], float], *, is_new: bool = False) -> None:
        """`is_new` says that nothing has been written yet."""
        self._store = store
        self._task = task
        self._clock = clock
        self._written = () if is_new else self._read()
        self._waiting: list[Entry] = []

    def entries(self) -> Sequence[Entry]:
        return (*self._written, *self._waiting)

    def write(self, entry: Entry) -> None:
        self._waiting.append(entry)
        if entry.mark in _AT_ONCE:
            with self._store.transaction() as tx:
                self._flush(tx)
            self._written = (*self._written, *self._waiting)
            self._waiting.clear()

    def close(self, tx: Transaction) -> None:
        """Show what waits in the job's steps, and forget the journal."""
        for entry in self._waiting:
            self._show(tx, entry)
        for line in tx.journal_lines.list(task_id=self._task.id):
            tx.journal_lines.remove(line.id)

    def _flush(self, tx: Transaction) -> None:
        for number, entry in enumerate(self._waiting, len(self._written) + 1):
            line = JournalLine(
                id=f"{self._task.id}/{number}",
                task_id=self._task.id,
                number=number,
                mark=entry.mark,
                key=entry.key,
                detail=entry.detail,
            )
            tx.journal_lines.add(line)
            self._show(tx, entry)

    def _read(self) -> tuple[Entry, ...]:
        with self._store.transaction() as tx:
            lines = sorted(tx.journal_lines.list(task_id=self._task.id), key=lambda line: line.number)
        return tuple(Entry(line.mark, line.key, line.detail) for line in lines)

    def _show(self, tx: Transaction, entry: Entry) -> None:
        if not entry.key or entry.mark not in STEP_STATUS:
            return
        now, status = self._clock(), STEP_STATUS[entry.mark]
        for step in tx.job_steps.list(job_id=self._task.job_id, key=entry.key):
            if step.status is JobStatus.FAILED and entry.mark is Mark.UNDONE:
                continue  # that it was taken back does not hide which step it was that failed
            started = now if entry.mark is Mark.STARTED else step.started_at
            ended = None if status is JobStatus.STARTED else now
            tx.job_steps.update(replace(step, status=status, started_at=started, ended_at=ended))


def not_undone(entries: Sequence[Entry]) -> frozenset[str]:
    """The keys of the steps whose last word is that they could not be taken back."""
    last = {entry.key: entry.mark for entry in entries if entry.key and entry.mark is not Mark.ROLLING_BACK}
    return frozenset(key for key, mark in last.items() if mark is Mark.UNDO_FAILED)
