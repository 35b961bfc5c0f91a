"""What NetworkManager knows of links and the kernel does not: their profile, whether it asks for addresses, LLDP."""

from collections.abc import Mapping

from netconf.errors import BackendMissing
from netconf.networkmanager.bus import Bus, BusRefused, connect
from netconf.networkmanager.known import known, neighbour
from netconf.watch.view import NmLinkInfo

_NAME = "org.freedesktop.NetworkManager"
_ROOT = "/org/freedesktop/NetworkManager"


async def nm_link_info(address: str | None = None) -> Mapping[str, NmLinkInfo]:
    """By name of the interface, of those that have an active profile; nothing without NetworkManager."""
    try:
        async with connect(address) as bus:
            return await _nm_link_info(bus)
    except (BackendMissing, BusRefused):
        return {}


async def _nm_link_info(bus: Bus) -> Mapping[str, NmLinkInfo]:
    found = {}
    for path in await bus.get(_ROOT, "", "ActiveConnections"):
        try:
            profile = await bus.get(path, "Connection.Active", "Connection")
            settings = await bus.call(profile, f"{_NAME}.Settings.Connection", "GetSettings")
            for device in await bus.get(path, "Connection.Active", "Devices"):
                name = str(await bus.get(device, "Device", "Interface"))
                lldp = [neighbour(one) for one in await bus.get(device, "Device", "LldpNeighbors")]
                settings_known = known(settings)
                found[name] = NmLinkInfo(
                    profile=str(settings["connection"]["id"].value),
                    asks4=settings_known.method4 == "auto",
                    lldp=tuple(sorted(lldp)) if settings_known.lldp or lldp else None,
                )
        except BusRefused:  # gone while we asked
            continue
    return found
