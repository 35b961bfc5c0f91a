"""One deploy whose progress is told to whoever watches, on a command line or on a screen, and how it ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from gluster.diagnosis.problem import Health
from gluster.report import format_problem
from hosted_engine.deploy import recovering
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.connector import Connector
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.plan import Kind
from hosted_engine.deploy.progress import ProgressReporter
from hosted_engine.deploy.run import Deploy, Done
from node.clock import Clock

NOTHING_TO_DO = "Nothing to do: the site is as it should be"
EDITED = "memory_mib and vcpus of the answers do not count: the engine VM's were changed in its API, change them there"


async def bring_up(
    answers: Answers, folder: Folder, connector: Connector, clock: Clock, reporter: ProgressReporter, *, terminal: bool
) -> Done:
    """Bring the site up; stopped by cancelling it, it goes on from there when it is begun again. The recovery code is
    told where a person looks on (`terminal`). Raises Problem."""
    async with reporting(reporter):
        with folder.locked():
            done = await wired(answers, folder, connector, clock, reporter).run()
        report_end(done, answers, folder, reporter, terminal=terminal)
    return done


async def report_plan(
    answers: Answers, folder: Folder, connector: Connector, clock: Clock, reporter: ProgressReporter
) -> None:
    """What `bring_up` would do."""
    async with reporting(reporter):
        steps = await wired(answers, folder, connector, clock, reporter).plan()
        for step in steps:
            reporter.report(f"would do: {step.description} ({step.key})")
        reporter.report(f"{len(steps)} steps to do" if steps else NOTHING_TO_DO)


def is_whole(done: Done) -> bool:
    """Whether all is done and the storage whole."""
    return done.storage is not None and done.storage.health is Health.WHOLE


@contextlib.asynccontextmanager
async def reporting(reporter: ProgressReporter) -> AsyncIterator[None]:
    """Meanwhile `reporter` reports what goes on for long."""
    told = asyncio.create_task(reporter.run())
    try:
        yield
    finally:
        told.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await told


def wired(answers: Answers, folder: Folder, connector: Connector, clock: Clock, reporter: ProgressReporter) -> Deploy:
    """Raises MemberOfSite where this machine belongs to a site that `folder` knows nothing of."""
    recovering.check_here(answers, folder, connector)
    return Deploy(answers, folder, connector, clock, on_step=reporter.step, on_wait=reporter.wait)


def report_end(done: Done, answers: Answers, folder: Folder, reporter: ProgressReporter, *, terminal: bool) -> None:
    for unreachable in done.unreachable:
        reporter.report(f"left out: {unreachable}")
    if done.edited:
        reporter.report(EDITED)
    if done.waits is not None:
        reporter.report(f"left out: {done.waits}")
    for line in end_lines(done):
        reporter.report(line)
    reporter.report(f"API       https://{answers.engine.name}/ovirt-engine/api ({answers.engine.address.ip})")
    reporter.report(f"user      {answers.admin_user}")
    reporter.report(f"password  in {folder.password_file}")
    reporter.report(f"authority {folder.authority_file}")
    if terminal or Kind.RECOVERY in {step.kind for step in done.steps}:  # the run that sealed may have stopped later
        recovering.report_code(folder, reporter, terminal=terminal)


def end_lines(done: Done) -> list[str]:
    """What the site is like now: with the problems of its storage, if there are any."""
    if done.storage is None:
        return ["The site is up; no node says how its storage is"]
    if done.storage.health is Health.WHOLE:
        return ["The site is up" if done.steps else NOTHING_TO_DO]
    lines = [line for problem in done.storage.problems for line in format_problem(problem)]
    return [*lines, f"The site is up, but its storage is {done.storage.health}: see above"]
