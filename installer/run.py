"""Carries a planned installation out, or goes on with one that was cut off; says how far it is."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from installer.disk_layout import STATE, STATE_LABEL
from installer.passwords import yescrypt
from installer.plan import InstallPlan
from installer.steps import sequence
from installer.steps.identity import read_identity
from installer.steps.live import Live, read_medium
from installer.steps.resuming import take_up
from installer.steps.tables import relabel
from installer.steps.target import Target, TargetJournal
from installer.steps.work import Work
from installer.sysinfo import SysInfo
from installer.unfinished import Unfinished
from node import steps
from node.api.problems import Failed, Problem, Refused
from node.clock import Clock
from node.steps import Mark, OnError, StepFailed
from node.system.copying import Meter
from node.system.process import CommandFailed, Run
from node.upgrade.manifest import Manifest, check_files

MEDIUM, FINISH = "medium", "finish"
_REPORT_EVERY_S = 0.5
_CHECK_MEDIUM = "Check the medium"
_FINISH = "Flush the disks and mark the installation as whole"


class WrongMedium(Refused):
    what = "Cannot install"
    why = "the plan is for Trivet {planned}, and the medium holds {found}"
    mend = "Start again from one medium"


class Broken(Failed):
    what = "{description}: failed"
    why = "{reason}"
    mend = "Mend the cause and run it again: it goes on where it stopped"


class Stopped(Failed):
    what = "The installation was stopped"
    why = "somebody asked for it"
    mend = "Run it again: it goes on where it stopped"


@dataclass(frozen=True, slots=True)
class Progress:
    """`number` counts from 1 to `total`. `mark` is STARTED, DONE or FAILED; between STARTED and the others come
    reports with `done_bytes` of `total_bytes` where a step is about many of them. `detail` says more: the error of
    a failure, `done before` of a step that an earlier run did."""

    number: int
    total: int
    key: str
    description: str
    mark: Mark
    detail: str = ""
    done_bytes: int = 0
    total_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Installed:
    """What an operator is told at the end. `fingerprint` and `claim_code` are those of the new node."""

    installation_id: str
    version: str
    host_name: str
    node_id: str
    fingerprint: str
    claim_code: str
    remarks: tuple[str, ...]


Report = Callable[[Progress], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that is installed: `observe` collects what it is, anew each time."""

    live: Live
    run: Run
    clock: Clock
    observe: Callable[[], SysInfo]


def install(
    plan: InstallPlan,
    machine: Machine,
    *,
    go_on: Unfinished | None = None,
    report: Report,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Installed:
    """Carry `plan` out and return when the disk can be started from. Blocks: call it in a thread of its own.

    With `go_on` the plan has that one's id, and what it had done is not done again; its configuration is, so that
    other answers than before count, but for the disks. `is_stopping` is asked often; what is done by then can be gone
    on with. One at a time: `installer.installation.record` sees to it. The medium is read and compared whole before the
    first write. Raises Refused before it; StepFailed or Stopped afterwards. Whatever happens, nothing stays mounted.
    """
    return _Installation(plan, machine, go_on, report, is_stopping).go()


class _Installation:
    def __init__(
        self,
        plan: InstallPlan,
        machine: Machine,
        go_on: Unfinished | None,
        report: Report,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._plan = _without_clear_password(plan)
        self._machine = machine
        self._goes_on = go_on is not None
        self._report = report
        self._is_stopping = is_stopping
        self._descriptions = {step.key: step.description for step in plan.steps}
        self._keys = (MEDIUM, *self._descriptions, FINISH)
        self._descriptions |= {MEDIUM: _CHECK_MEDIUM, FINISH: _FINISH}
        self._now = MEDIUM
        self._target = Target(machine.run, machine.live.mounts)

    def go(self) -> Installed:
        manifest = self._stage(MEDIUM, self._check_medium)
        self._target.unmount_all()
        try:
            work = self._begin(manifest)
            asyncio.run(
                steps.run(
                    sequence.steps(work, self._guarded), work.journal, on_error=OnError.STOP, report=self._on_progress
                )
            )
            return self._stage(FINISH, lambda: self._finish(work))
        except StepFailed:
            if self._is_stopping():
                raise Stopped from None
            raise
        finally:
            with suppress(CommandFailed):  # the error that brought us here says more
                self._target.unmount_all()

    def _check_medium(self) -> Manifest:
        medium = self._machine.live.medium
        manifest = read_medium(medium)
        if manifest.version != self._plan.version:
            raise WrongMedium(planned=self._plan.version, found=manifest.version)
        check_files(medium, manifest, self._meter(manifest.size_bytes))
        return manifest

    def _begin(self, manifest: Manifest) -> Work:
        """With the journal of what is gone on with, if that had come as far as to have one."""
        machine = self._machine
        work = Work(
            self._plan,
            manifest,
            machine.live,
            machine.run,
            machine.clock,
            machine.observe,
            self._target,
            TargetJournal(),
            self._meter,
        )
        if self._goes_on:
            for key in take_up(work):
                self._now = key
                self._report_mark(Mark.DONE, "done before")
        return work

    def _finish(self, work: Work) -> Installed:
        """The label comes last: from then on the disk is a node, and no installation to go on with."""
        identity, code = read_identity(work)
        disk = self._plan.system.path
        sequence.close(work)
        work.run("sync", timeout_s=600)
        relabel(work.run, disk, STATE, STATE_LABEL)
        work.run("blockdev", "--flushbufs", disk)
        return Installed(
            self._plan.installation_id,
            self._plan.version,
            self._plan.answers.machine.host_name,
            identity.node_id,
            identity.fingerprint,
            code,
            tuple(work.remarks),
        )

    def _guarded(self, do: Callable[[Work], None], work: Work) -> Callable[[], Awaitable[None]]:
        async def guarded() -> None:
            """In a thread: what looks at the machine runs an event loop of its own."""
            self._stop_if_asked()
            await asyncio.to_thread(do, work)

        return guarded

    def _stage(self, key: str, do: Callable[[], _T]) -> _T:
        """What is outside the journal: it comes before it, or closes it."""
        self._now = key
        self._report_mark(Mark.STARTED)
        try:
            made = do()
        except (Problem, OSError) as err:
            self._report_mark(Mark.FAILED, str(err))
            if isinstance(err, Problem):
                raise
            raise Broken(description=self._descriptions[key], reason=err) from err
        self._report_mark(Mark.DONE)
        return made

    def _on_progress(self, progress: steps.Progress) -> None:
        self._now = progress.step.key
        self._report_mark(progress.mark, progress.detail)

    def _report_mark(self, mark: Mark, detail: str = "", *, done_bytes: int = 0, total_bytes: int = 0) -> None:
        number = self._keys.index(self._now) + 1
        description = self._descriptions[self._now]
        self._report(Progress(number, len(self._keys), self._now, description, mark, detail, done_bytes, total_bytes))

    def _meter(self, total_bytes: int) -> Meter:
        last = -1.0

        def meter(done_bytes: int) -> None:
            nonlocal last
            self._stop_if_asked()
            now = time.monotonic()
            if now - last >= _REPORT_EVERY_S or done_bytes == total_bytes:
                last = now
                self._report_mark(Mark.STARTED, done_bytes=done_bytes, total_bytes=total_bytes)

        return meter

    def _stop_if_asked(self) -> None:
        if self._is_stopping():
            raise Stopped


def _without_clear_password(plan: InstallPlan) -> InstallPlan:
    """What reads answers has hashed it already; nothing else may come to the disk."""
    machine = plan.answers.machine
    if machine.password is None:
        return plan
    hashed = msgspec.structs.replace(machine, password=None, password_hash=yescrypt(machine.password))
    return replace(plan, answers=msgspec.structs.replace(plan.answers, machine=hashed))
