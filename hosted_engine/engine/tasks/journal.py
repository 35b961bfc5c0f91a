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


class StoreJournal:
    """Implements node.steps.Journal for one task."""

    def __init__(self, store: Store, task: Task, clock: Callable[[], float]) -> None:
        self._store = store
        self._task = task
        self._clock = clock
        self._count = len(self.entries())

    def entries(self) -> Sequence[Entry]:
        with self._store.transaction() as tx:
            lines = sorted(tx.journal_lines.list(task_id=self._task.id), key=lambda line: line.number)
        return tuple(Entry(line.mark, line.key, line.detail) for line in lines)

    def write(self, entry: Entry) -> None:
        number = self._count + 1
        line = JournalLine(
            id=f"{self._task.id}/{number}",
            task_id=self._task.id,
            number=number,
            mark=entry.mark,
            key=entry.key,
            detail=entry.detail,
        )
        with self._store.transaction() as tx:
            tx.journal_lines.add(line)
            if entry.key and entry.mark in STEP_STATUS:
                self._show(tx, entry)
        self._count = number

    def _show(self, tx: Transaction, entry: Entry) -> None:
        now, status = self._clock(), STEP_STATUS[entry.mark]
        for step in tx.job_steps.list(job_id=self._task.job_id, key=entry.key):
            if step.status is JobStatus.FAILED and entry.mark is Mark.UNDONE:
                continue  # that it was taken back does not hide which step it was that failed
            started = now if entry.mark is Mark.STARTED else step.started_at
            ended = None if status is JobStatus.STARTED else now
            tx.job_steps.update(replace(step, status=status, started_at=started, ended_at=ended))


def not_undone(entries: Sequence[Entry]) -> frozenset[str]:
    """The keys of the steps whose last word is that they could not be taken back."""
    last = {entry.key: entry.mark for entry in entries if entry.key and entry.mark is not Mark.GOING_BACK}
    return frozenset(key for key, mark in last.items() if mark is Mark.UNDO_FAILED)
