"""Which backend a process takes when nobody says: NetworkManager where it runs, else the kernel."""

import asyncio

from netconf.backend import Backend
from netconf.errors import BackendMissing
from netconf.kernel.backend import Kernel
from netconf.networkmanager.backend import NetworkManager
from netconf.networkmanager.bus import connect
from netconf.nmstate.backend import Nmstate

BACKENDS = ("networkmanager", "nmstate", "kernel")


async def choose(name: str | None = None) -> Backend:
    """The backend of that name. Raises BackendMissing."""
    match name:
        case "kernel":
            return Kernel()
        case "nmstate":
            return Nmstate()
        case "networkmanager":
            return NetworkManager()
        case _:
            return NetworkManager() if await _answers() else Kernel()


async def _answers() -> bool:
    try:
        async with asyncio.timeout(5), connect() as bus:
            await bus.checkpoints()
    except (BackendMissing, TimeoutError):
        return False
    return True
