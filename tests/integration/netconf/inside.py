"""Runs in the guest: holds NetworkManager to the contract in the cases named in wanted.json, says how each went."""

import asyncio
import contextlib
import json
import sys
import time
import traceback
from pathlib import Path

from netconf.errors import Problem
from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.networkmanager.backend import NetworkManager
from tests.integration.netconf.cases import COMMAND_LINE, WITH_KERNEL
from tests.integration.netconf.contract import Case, hold
from tests.integration.netconf.registry import ALL, KERNEL
from tests.integration.netconf.scenarios import SCENARIOS, Scenario
from tests.integration.netconf.zygote import Zygote


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
    alone: Kernel | None = None
    wanted = json.loads(Path("/project/wanted.json").read_text())
    for name in wanted:
        if name.startswith(WITH_KERNEL) and alone is None:
            alone = await without_networkmanager()
        used = network if alone is None else Network(alone)
        start = time.monotonic()
        print("result", json.dumps((name, await found(used, name))), flush=True)
        print("time", name, round(time.monotonic() - start, 1), flush=True)
        if alone is not None:  # the first layout has watchdogs as they are
            alone = Kernel(watch=zygote.start)


async def without_networkmanager() -> Kernel:
    """From now on there is nothing but the kernel."""
    await ask("pkill", "-x", "NetworkManager")
    for number in range(4):
        await ask("ip", "link", "set", f"eth{number}", "up")
    return Kernel()


async def found(network: Network, name: str) -> str:
    """What went wrong."""
    if name == COMMAND_LINE:
        return await shown_and_planned()
    if name.startswith(WITH_KERNEL):
        return await tried(network, KERNEL[name])
    return await tried(network, ALL[name]) if name in ALL else await happened(network, SCENARIOS[name])


async def happened(network: Network, scenario: Scenario) -> str:
    try:
        await scenario(network, ask)
    except (AssertionError, Problem):
        return traceback.format_exc()
    return ""


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
        return traceback.format_exc()
    return ""


zygote = Zygote()
asyncio.run(main())
