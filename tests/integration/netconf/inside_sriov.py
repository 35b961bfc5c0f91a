"""Runs in a guest: NICs with SR-IOV (igb, as QEMU emulates it), with each of the backends that wanted.json names;
says how each case went."""

import asyncio
from collections.abc import Awaitable, Callable

from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.networkmanager.backend import NetworkManager
from netconf.nmstate.backend import Nmstate
from tests.integration.netconf.contract import check_case
from tests.integration.netconf.sriov_cases import COUNTS, SCENARIOS
from tests.integration.netconf.telling import ask, ready, run_case, wanted
from tests.integration.netconf.zygote import Zygote


async def main() -> None:
    for backend, begin in BACKENDS.items():
        if names := [name for name in wanted() if name.startswith(f"{backend} ")]:
            network = await begin()
            for name in names:
                await run_case(name, tried(network, name.removeprefix(f"{backend} ")))


async def with_kernel() -> Network:
    await ask("pkill", "-x", "NetworkManager")
    return Network(Kernel(watch=zygote.start))


async def tried(network: Network, case: str) -> None:
    """Raises AssertionError or Problem."""
    await (check_case(network, COUNTS, ask) if case == COUNTS.name else SCENARIOS[case](network, ask))


BACKENDS: dict[str, Callable[[], Awaitable[Network]]] = {  # in this order
    "networkmanager": lambda: ready(NetworkManager()),
    "nmstate": lambda: ready(Nmstate()),
    "kernel": with_kernel,
}

if __name__ == "__main__":
    zygote = Zygote()
    asyncio.run(main())
