"""What a proof is, and the commands that proofs ask with."""

import asyncio
import contextlib
from typing import Protocol

from netconf.errors import Failed


class CommandMissing(Failed):
    what = "Cannot prove that the network works"
    why = "the command {command} is not there"
    mend = "Install it (Debian: iputils-ping), or ask for another proof"


class Proof(Protocol):
    """One thing that has to hold before a change is kept."""

    @property
    def description(self) -> str:
        """What is asked, as in "the gateway answers"."""
        ...

    async def observe(self) -> None:
        """Right before the change, when all earlier ones have ended: what holds then may be asked for after it. Takes
        two seconds at most."""
        ...

    async def why_not(self) -> str | None:
        """None when it holds; else a sentence. Asked again until the time is over."""
        ...


class Run(Protocol):
    """Runs a command for some seconds at most; whether it ended with 0. Raises CommandMissing."""

    async def __call__(self, *argv: str, timeout_s: float = 5) -> bool: ...


async def run(*argv: str, timeout_s: float = 5) -> bool:
    try:
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*argv, stdin=quiet, stdout=quiet, stderr=quiet)
    except FileNotFoundError as err:
        raise CommandMissing(command=argv[0]) from err
    try:
        async with asyncio.timeout(timeout_s):
            return await process.wait() == 0
    except TimeoutError:
        return False
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
