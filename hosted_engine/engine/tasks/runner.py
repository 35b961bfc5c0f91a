"""Runs commands: takes the locks, writes the task down, runs its steps, ends it; and goes on after a crash."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.jobs.model import JobStatus
from hosted_engine.engine.loop import Loop
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.permissions.creators import forget, give_to_creator
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.problems import Busy
from hosted_engine.engine.secrets import without_secrets
from hosted_engine.engine.tasks.audit import note_done, note_failed
from hosted_engine.engine.tasks.jobs import close_job, open_job
from hosted_engine.engine.tasks.journal import StoreJournal, not_undone
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.engine.tasks.model import Task, TaskStatus
from hosted_engine.engine.tasks.registry import command_of
from hosted_engine.engine.users.model import SYSTEM, Caller
from node.api.problems import Problem
from node.steps import Cancelled, Entry, Mark, OnError, Outcome, PlanChanged, Step, StepFailed, UndoFailed, run

log = logging.getLogger(__name__)

LOCK_TIMEOUT_S = 3.0  # how long a command waits for a lock: clients send one command right after the other
RETRY_S, LONGEST_RETRY_S = 2.0, 60.0  # between two tries to go on with a task that the store kept from its end


class Running:
    """A command that was let in. `finished` at once where it had no steps."""

    def __init__(self, command: Command, context: Context, work: "asyncio.Task[Problem | None] | None") -> None:
        self.command = command
        self.job_id = context.job_id
        self.correlation_id = context.correlation_id
        self._work = work
        self._loop = Loop()
        self._loop.claim()

    @property
    def finished(self) -> bool:
        return self._work is None or self._work.done()

    async def wait(self) -> None:
        """Return when it is done; raise the problem for which it was taken back."""
        problem = await self._loop.run(self._end())
        if problem is not None:
            raise problem

    async def _end(self) -> Problem | None:
        return await asyncio.shield(self._work) if self._work else None


class TaskRunner:
    def __init__(
        self, dependencies: Dependencies, readings: Readings, locks: Locks, clock: Callable[[], float]
    ) -> None:
        self._dependencies = dependencies
        self._store: Store = dependencies.store
        self._readings = readings
        self._locks = locks
        self._clock = clock
        self._works: set[asyncio.Task[Problem | None]] = set()

    async def perform(self, command: Command, caller: Caller) -> Running:
        """Raises Refused when the command is not let in; then nothing was changed."""
        task_id = new_id()
        correlation_id = caller.correlation_id or new_id()
        context = Context(caller, job_id=new_id(), correlation_id=correlation_id, now=self._clock())
        deadline = asyncio.get_running_loop().time() + LOCK_TIMEOUT_S
        while True:
            resolved, steps, busy = self._begin(command, task_id, context)
            if busy is None:
                break
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise busy
            await self._locks.released(left)
        if not steps:
            self._locks.release(task_id)
            return Running(resolved, context, None)
        return Running(resolved, context, self._spawn(_task(resolved, task_id, context), resolved, steps))

    def resume(self) -> int:
        """Go on with what a crash interrupted; call once, before the first command. Returns how many there were."""
        with self._store.transaction() as tx:
            tasks = sorted(tx.tasks.list(status=TaskStatus.RUNNING), key=lambda task: task.created_at)
        for task in tasks:
            log.info("going on with task %s (%s)", task.id, task.command)
            command = msgspec.json.decode(task.inputs, type=command_of(task.command))
            self._locks.take(command.locks(), task.id)
            self._spawn(task, command, None)
        return len(tasks)

    async def stop(self) -> None:
        """Leave what runs as a crash would: it goes on at the next start."""
        for work in self._works:
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)

    def _begin(self, command: Command, task_id: str, context: Context) -> tuple[Command, tuple[Step, ...], Busy | None]:
        """One transaction: check, choose, lock, plan, write down, first change; without steps also the last one."""
        try:
            with self._store.transaction() as tx:
                command.check(tx)
                resolved = command.resolve(tx, self._readings)
                description = resolved.describe(tx)
                taken = self._locks.take(resolved.locks(), task_id)
                if taken is not None:
                    return resolved, (), Busy(description=description, kind=taken.kind, id=taken.id)
                steps = resolved.plan(self._dependencies)
                open_job(tx, context, type(command).__name__, description, steps)
                resolved.begin(tx, context)
                if steps:
                    tx.tasks.add(_task(resolved, task_id, context))
                else:
                    resolved.finish(tx, context)
                    note_done(tx, context, description)
                    close_job(tx, context.job_id, JobStatus.FINISHED, context.now)
                give_to_creator(tx, context.caller, resolved.creates())
        except BaseException:
            self._locks.release(task_id)
            raise
        return resolved, steps, None

    def _spawn(self, task: Task, command: Command, steps: tuple[Step, ...] | None) -> "asyncio.Task[Problem | None]":
        """`steps` is the plan of a command that was let in right now; one that goes on after a crash makes it again."""
        work = asyncio.create_task(self._work(task, command, steps), name=f"{task.command} {task.id}")
        self._works.add(work)
        work.add_done_callback(self._done)
        return work

    def _done(self, work: "asyncio.Task[Problem | None]") -> None:
        self._works.discard(work)
        if not work.cancelled() and work.exception() is not None:
            log.error("%s ended in a way it should not", work.get_name(), exc_info=work.exception())

    async def _work(self, task: Task, command: Command, steps: tuple[Step, ...] | None) -> Problem | None:
        """To the task's end. What it works on stays locked until that is written down, even if the store is away."""
        pause = RETRY_S
        while True:
            try:
                problem = await self._attempt(task, command, steps)
            except Exception:
                steps = None
                log.exception("%s %s was cut short; it goes on in %d s", task.command, task.id, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_RETRY_S)
            else:
                self._locks.release(task.id)
                return problem

    async def _attempt(self, task: Task, command: Command, steps: tuple[Step, ...] | None) -> Problem | None:
        """From where the journal says it is."""
        journal = StoreJournal(self._store, task, self._clock, is_new=steps is not None)
        on_error = OnError.STOP if command.forward_only else OnError.ROLL_BACK
        problem: Problem | None = None
        try:
            plan = command.plan(self._dependencies) if steps is None else steps
            outcome = await run(plan, journal, on_error=on_error)
        except (StepFailed, UndoFailed, Cancelled, PlanChanged) as err:
            outcome, problem = Outcome.ROLLED_BACK, err
        self._end(task, command, journal, outcome, problem)
        return problem

    def _end(
        self, task: Task, command: Command, journal: StoreJournal, outcome: Outcome, problem: Problem | None
    ) -> None:
        entries = journal.entries()
        error = problem.error if isinstance(problem, StepFailed) else str(problem or "") or _reason(entries)
        with self._store.transaction() as tx:
            context = self._context(tx, task)
            job = tx.jobs.get(task.job_id)
            description = job.description if job else task.command
            if outcome is Outcome.DONE:
                command.finish(tx, context)
                note_done(tx, context, description)
                status, shown = TaskStatus.DONE, JobStatus.FINISHED
            else:
                command.roll_back(tx, context, error, not_undone(entries))
                forget(tx, command.creates())
                note_failed(tx, context, description, error)
                status, shown = TaskStatus.ROLLED_BACK, JobStatus.FAILED
            journal.close(tx)
            close_job(tx, task.job_id, shown, context.now)
            inputs = msgspec.json.encode(without_secrets(msgspec.to_builtins(command))).decode()
            tx.tasks.update(
                replace(task, inputs=inputs, status=status, ended_at=context.now, error=error if problem else "")
            )

    def _context(self, tx: Transaction, task: Task) -> Context:
        user = tx.users.get(task.user_id) if task.user_id else None
        caller = Caller(user_id=user.id, user_name=user.login) if user else SYSTEM
        caller = replace(caller, address=task.address, session_id=task.session_id)
        return Context(caller, job_id=task.job_id, correlation_id=task.correlation_id, now=self._clock())


def _task(command: Command, task_id: str, context: Context) -> Task:
    return Task(
        id=task_id,
        command=type(command).__name__,
        inputs=msgspec.json.encode(command).decode(),
        job_id=context.job_id,
        correlation_id=context.correlation_id,
        created_at=context.now,
        user_id=context.caller.user_id,
        address=context.caller.address,
        session_id=context.caller.session_id,
    )


def _reason(entries: Sequence[Entry]) -> str:
    """Why an interrupted run went back, from what it wrote down before."""
    return next((entry.detail for entry in entries if entry.mark is Mark.ROLLING_BACK), "")
