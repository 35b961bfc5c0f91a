"""What NetworkManager knows of links and the kernel does not: their profile, whether it asks for addresses, LLDP."""

from collections.abc import Mapping

from netconf.errors import BackendMissing
from netconf.networkmanager.bus import Bus, BusSaidNo, connect
from netconf.networkmanager.known import known, neighbour
from netconf.watch.view import Told

_NAME = "org.freedesktop.NetworkManager"
_ROOT = "/org/freedesktop/NetworkManager"


async def told(address: str | None = None) -> Mapping[str, Told]:
    """By name of the interface, of those that have an active profile; nothing without NetworkManager."""
    try:
        async with connect(address) as bus:
            return await _told(bus)
    except (BackendMissing, BusSaidNo):
        return {}


async def _told(bus: Bus) -> Mapping[str, Told]:
    found = {}
    for path in await bus.get(_ROOT, "", "ActiveConnections"):
        try:
            profile = await bus.get(path, "Connection.Active", "Connection")
            settings = await bus.call(profile, f"{_NAME}.Settings.Connection", "GetSettings")
            for device in await bus.get(path, "Connection.Active", "Devices"):
                name = str(await bus.get(device, "Device", "Interface"))
                heard = [neighbour(one) for one in await bus.get(device, "Device", "LldpNeighbors")]
                said = known(settings)
                found[name] = Told(
                    profile=str(settings["connection"]["id"].value),
                    asks4=said.method4 == "auto",
                    lldp=tuple(sorted(heard)) if said.lldp or heard else None,
                )
        except BusSaidNo:  # gone while we asked
            continue
    return found
