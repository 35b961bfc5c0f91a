"""One deploy whose progress is told to whoever watches, on a command line or on a screen, and how it ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from gluster.diagnosis.problem import Health
from gluster.report import format_problem
from hosted_engine.deploy import recovering
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.plan import Kind
from hosted_engine.deploy.progress import Teller
from hosted_engine.deploy.reach import Reach
from hosted_engine.deploy.run import Deploy, Done
from node.system.clock import Clock

NOTHING_TO_DO = "Nothing to do: the site is as it should be"
EDITED = "memory_mib and vcpus of the answers do not count: the engine VM's were changed in its API, change them there"


async def bring_up(
    answers: Answers, folder: Folder, reach: Reach, clock: Clock, teller: Teller, *, terminal: bool
) -> Done:
    """Bring the site up; stopped by cancelling it, it goes on from there when it is begun again. The recovery code is
    told where a person looks on (`terminal`). Raises Problem."""
    async with telling(teller):
        with folder.locked():
            done = await wired(answers, folder, reach, clock, teller).run()
        tell_end(done, answers, folder, teller, terminal=terminal)
    return done


async def tell_plan(answers: Answers, folder: Folder, reach: Reach, clock: Clock, teller: Teller) -> None:
    """What `bring_up` would do."""
    async with telling(teller):
        todos = await wired(answers, folder, reach, clock, teller).plan()
        for todo in todos:
            teller.say(f"would do: {todo.says} ({todo.key})")
        teller.say(f"{len(todos)} steps to do" if todos else NOTHING_TO_DO)


def is_whole(done: Done) -> bool:
    """Whether all is done and the storage whole."""
    return done.storage is not None and done.storage.health is Health.WHOLE


@contextlib.asynccontextmanager
async def telling(teller: Teller) -> AsyncIterator[None]:
    """Meanwhile `teller` tells what goes on for long."""
    told = asyncio.create_task(teller.keep_telling())
    try:
        yield
    finally:
        told.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await told


def wired(answers: Answers, folder: Folder, reach: Reach, clock: Clock, teller: Teller) -> Deploy:
    """Raises MemberOfSite where this machine belongs to a site that `folder` knows nothing of."""
    recovering.check_here(answers, folder, reach)
    return Deploy(answers, folder, reach, clock, tell_step=teller.step, tell_wait=teller.wait)


def tell_end(done: Done, answers: Answers, folder: Folder, teller: Teller, *, terminal: bool) -> None:
    for silent in done.silent:
        teller.say(f"left out: {silent}")
    if done.edited:
        teller.say(EDITED)
    if done.waits is not None:
        teller.say(f"left out: {done.waits}")
    for line in end_lines(done):
        teller.say(line)
    teller.say(f"API       https://{answers.engine.name}/ovirt-engine/api ({answers.engine.address.ip})")
    teller.say(f"user      {answers.admin_user}")
    teller.say(f"password  in {folder.password_file}")
    teller.say(f"authority {folder.authority_file}")
    if terminal or Kind.RECOVERY in {todo.kind for todo in done.todos}:  # the run that sealed may have stopped later
        recovering.tell_code(folder, teller, terminal=terminal)


def end_lines(done: Done) -> list[str]:
    """What the site is like now: with the problems of its storage, if there are any."""
    if done.storage is None:
        return ["The site is up; no node says how its storage is"]
    if done.storage.health is Health.WHOLE:
        return ["The site is up" if done.todos else NOTHING_TO_DO]
    lines = [line for problem in done.storage.problems for line in format_problem(problem)]
    return [*lines, f"The site is up, but its storage is {done.storage.health}: see above"]
