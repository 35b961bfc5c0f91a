"""Runs in a guest: holds a backend to the contract in the layouts named in wanted.json, says how each went.

All with NetworkManager come first; for those with the kernel alone it is ended. What can go wrong beside the contract
is a scenario, and comes with NetworkManager.
"""

import asyncio
import sys
from pathlib import Path

from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.networkmanager.backend import NetworkManager
from tests.integration.netconf.cases import COMMAND_LINE, WITH_KERNEL
from tests.integration.netconf.contract import check_case
from tests.integration.netconf.registry import ALL, KERNEL
from tests.integration.netconf.scenarios import SCENARIOS
from tests.integration.netconf.telling import ask, ready, run_case, wanted
from tests.integration.netconf.zygote import Zygote


async def main() -> None:
    network = await ready(NetworkManager())
    alone: Kernel | None = None
    for name in wanted():
        if name.startswith(WITH_KERNEL) and alone is None:
            alone = await without_networkmanager()
        await run_case(name, tried(network if alone is None else Network(alone), name))
        if alone is not None:  # the first layout has watchdogs as they are
            alone = Kernel(watch=zygote.start)


async def without_networkmanager() -> Kernel:
    """From now on there is nothing but the kernel."""
    await ask("pkill", "-x", "NetworkManager")
    for number in range(4):
        await ask("ip", "link", "set", f"eth{number}", "up")
    return Kernel()


async def tried(network: Network, name: str) -> None:
    """Raises AssertionError or Problem."""
    if name == COMMAND_LINE:
        await shown_and_planned()
    elif name in SCENARIOS:
        await SCENARIOS[name](network, ask)
    else:
        await check_case(network, (ALL | KERNEL)[name], ask)


async def shown_and_planned() -> None:
    """What `trivet net show` prints is a wish that is fulfilled."""
    argv = (sys.executable, "-c", "from netconf.command import net; net()")
    shown = await ask(*argv, "show")
    Path("/run/shown.yml").write_text(shown)
    said = await ask(*argv, "plan", "/run/shown.yml")
    assert said == "The network is already so\n", f"{said}\n{shown}"


if __name__ == "__main__":
    zygote = Zygote()
    asyncio.run(main())
