"""Runs in the guest: holds nmstate to the contract in the cases named in wanted.json, says how each went."""

import asyncio
import json
import traceback
from pathlib import Path

from netconf.errors import Problem
from netconf.facade import Network
from netconf.nmstate.backend import Nmstate
from tests.integration.netconf.cases import CASES
from tests.integration.netconf.contract import Case, hold
from tests.integration.netconf.nmstate_cases import NMSTATE_CASES, REFUSED, refuses


async def ask(*argv: str) -> str:
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    return said.decode()


async def main() -> None:
    network = Network(Nmstate())
    for _ in range(600):
        if await _is_ready(network):
            break
        await asyncio.sleep(0.1)
    wanted = json.loads(Path("/project/wanted.json").read_text())
    for case in (*CASES, *NMSTATE_CASES):
        if case.name in wanted:
            print("result", json.dumps((case.name, await tried(network, case))), flush=True)


async def _is_ready(network: Network) -> bool:
    try:
        await network.observe()
    except Problem:
        return False
    return True


async def tried(network: Network, case: Case) -> str:
    try:
        await (refuses(network, case) if case.name in REFUSED else hold(network, case, ask))
    except (AssertionError, Problem):
        wrong = traceback.format_exc()
        try:  # for the next one
            change = await network.change(case.after, confirm_within_s=300)
            if change.checkpoint is not None:
                await network.confirm(change.checkpoint)
        except Problem as err:
            wrong += f"and then: {err}"
        return wrong
    return ""


asyncio.run(main())
