"""Runs in the guest: holds nmstate to the contract in the cases named in wanted.json, says how each went."""

import asyncio

from netconf.facade import Network
from netconf.nmstate.backend import Nmstate
from tests.integration.netconf.cases import CASES
from tests.integration.netconf.contract import Case, check_case
from tests.integration.netconf.nmstate_cases import NMSTATE_CASES, REFUSED, refuses
from tests.integration.netconf.telling import ask, ready, run_case, wanted


async def main() -> None:
    network, names = await ready(Nmstate()), wanted()
    for case in (*CASES, *NMSTATE_CASES):
        if case.name in names:
            await run_case(case.name, tried(network, case))


async def tried(network: Network, case: Case) -> None:
    """Raises AssertionError or Problem."""
    await (refuses(network, case) if case.name in REFUSED else check_case(network, case, ask))


if __name__ == "__main__":
    asyncio.run(main())
