"""Runs in the guest: holds nmstate to the contract in the cases named in wanted.json, says how each went."""

import asyncio

from netconf.facade import Network
from netconf.nmstate.backend import Nmstate
from tests.integration.netconf.cases import CASES
from tests.integration.netconf.contract import Case, hold
from tests.integration.netconf.nmstate_cases import NMSTATE_CASES, REFUSED, refuses
from tests.integration.netconf.telling import ask, ready, told, wanted


async def main() -> None:
    network, names = await ready(Nmstate()), wanted()
    for case in (*CASES, *NMSTATE_CASES):
        if case.name in names:
            await told(case.name, tried(network, case))


async def tried(network: Network, case: Case) -> None:
    """Raises AssertionError or Problem."""
    await (refuses(network, case) if case.name in REFUSED else hold(network, case, ask))


if __name__ == "__main__":
    asyncio.run(main())
