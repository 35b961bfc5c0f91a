"""Runs in a guest: NICs with SR-IOV (igb, as QEMU emulates it), with NetworkManager first and then the kernel alone;
says how each case of wanted.json went."""

import asyncio
import contextlib
import json
import time
import traceback
from pathlib import Path

from netconf.errors import Problem
from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.networkmanager.backend import NetworkManager
from tests.integration.netconf.contract import hold
from tests.integration.netconf.sriov_cases import COUNTS, SCENARIOS


async def ask(*argv: str) -> str:
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    return said.decode()


async def main() -> None:
    wanted = json.loads(Path("/project/wanted.json").read_text())
    network = Network(NetworkManager())
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(Problem):
                await network.observe()
                break
            await asyncio.sleep(0.1)
    await tried(network, wanted)
    await ask("pkill", "-x", "NetworkManager")
    await tried(Network(Kernel()), wanted)


async def tried(network: Network, wanted: list[str]) -> None:
    for name in wanted:
        backend, _, case = name.partition(" ")
        if backend == network.backend:
            start = time.monotonic()
            print("result", json.dumps((name, await wrong(network, case))), flush=True)
            print("time", name, round(time.monotonic() - start, 1), flush=True)


async def wrong(network: Network, case: str) -> str:
    try:
        await (hold(network, COUNTS, ask) if case == COUNTS.name else SCENARIOS[case](network, ask))
    except (AssertionError, Problem):
        return traceback.format_exc()
    return ""


if __name__ == "__main__":
    asyncio.run(main())
