"""What programs in guests have in common: they ask the kernel, wait for what they need, and say how each case went."""

import asyncio
import contextlib
import json
import time
import traceback
from collections.abc import Awaitable
from pathlib import Path

from netconf.backend import Backend
from netconf.errors import Problem
from netconf.facade import Network

_READY_S = 180  # in an emulated machine it takes some


def wanted() -> list[str]:
    """The cases that the machine was started for."""
    names: list[str] = json.loads(Path("/project/wanted.json").read_text())
    return names


async def ask(*argv: str) -> str:
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    return said.decode()


async def ready(backend: Backend) -> Network:
    """As soon as it answers."""
    network = Network(backend)
    async with asyncio.timeout(_READY_S):
        while True:
            with contextlib.suppress(Problem):
                await network.observe()
                return network
            await asyncio.sleep(0.1)


async def run_case(name: str, case: Awaitable[None]) -> None:
    """Says what went wrong; nothing is the empty word."""
    start, wrong = time.monotonic(), ""
    try:
        await case
    except (AssertionError, Problem):
        wrong = traceback.format_exc()
    print("result", json.dumps((name, wrong)), flush=True)
    print("time", name, round(time.monotonic() - start, 1), flush=True)
