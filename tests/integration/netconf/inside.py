"""Runs in the guest: holds NetworkManager to the contract in the cases named in wanted.json, says how each went."""

import asyncio
import contextlib
import json
import sys
import traceback
from pathlib import Path

from netconf.errors import Problem
from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.networkmanager.backend import NetworkManager
from tests.integration.netconf.cases import CASES, COMMAND_LINE, WITH_KERNEL, for_backend
from tests.integration.netconf.contract import Case, hold


async def ask(*argv: str) -> str:
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    return said.decode()


async def main() -> None:
    network = Network(NetworkManager())
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(Problem):
                await network.observe()
                break
            await asyncio.sleep(0.1)
    wanted = json.loads(Path("/project/wanted.json").read_text())
    for case in CASES:
        if case.name in wanted:
            print("result", json.dumps((case.name, await tried(network, case))), flush=True)
    print("result", json.dumps((COMMAND_LINE, await shown_and_planned())), flush=True)
    await with_the_kernel_alone(wanted)


async def with_the_kernel_alone(wanted: list[str]) -> None:
    """When NetworkManager has ended."""
    await ask("pkill", "-x", "NetworkManager")
    for number in range(4):
        await ask("ip", "link", "set", f"eth{number}", "up")
    network = Network(Kernel())
    for case in for_backend("kernel"):
        if f"{WITH_KERNEL} {case.name}" in wanted:
            said = json.dumps((f"{WITH_KERNEL} {case.name}", await tried(network, case)))
            print("result", said, flush=True)


async def shown_and_planned() -> str:
    """What `trivet net show` prints is a wish that is fulfilled."""
    argv = (sys.executable, "-c", "from netconf.command import net; net()")
    shown = await ask(*argv, "show")
    Path("/run/shown.yml").write_text(shown)
    said = await ask(*argv, "plan", "/run/shown.yml")
    return "" if said == "The network is already so\n" else f"{said}\n{shown}"


async def tried(network: Network, case: Case) -> str:
    try:
        await hold(network, case, ask)
    except (AssertionError, Problem):
        wrong = traceback.format_exc()
        with contextlib.suppress(Problem):  # for the next one
            change = await network.change(case.after)
            if change.checkpoint is not None:
                await network.confirm(change.checkpoint)
        return wrong
    return ""


asyncio.run(main())
