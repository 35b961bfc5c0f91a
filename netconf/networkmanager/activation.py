"""Starts profiles in NetworkManager one after the other and sees to it that they come up."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netconf.networkmanager.bus import ActiveState, Bus, BusRefused
from netconf.networkmanager.profiles import Profile

PROBE_EVERY_S = 0.1
_TRIES = 3  # NetworkManager starts the earlier profile of a port by itself when its controller begins anew


class Stuck(Exception):
    """Why a change does not get on, in words."""


@dataclass
class _Running:
    profile: str
    device: str
    active: str
    tries: int = 1


class Activation:
    """`devices` are those that were there before: name → path."""

    def __init__(self, bus: Bus, devices: Mapping[str, str]) -> None:
        self._bus = bus
        self._devices = devices
        self._running: dict[str, _Running] = {}

    async def start(self, added: Iterable[tuple[Profile, str]]) -> None:
        """Profiles with their paths, in an order in which they can be started. Returns when all of them are up."""
        added = tuple(added)
        controllers = {profile.controller for profile, _ in added}
        for profile, path in added:
            for name in profile.above:  # a link that loses its carrier while it is set up can hang for good
                await self._up(name)
            device = self._devices.get(profile.interface) or await self._made(profile)
            active = await self._activate(path, device)
            self._running[profile.interface] = _Running(path, device, active)
            if profile.interface in controllers:  # a port that comes before it has let its earlier ones go is lost
                await self._begun(active)
        for profile, _ in added:
            await self._up(profile.interface)

    async def _made(self, profile: Profile) -> str:
        """The device that there is by now, "/" for none. NetworkManager starts nothing on the other end of a pair
        before udev has told of it."""
        while profile.peer in self._running:
            device = (await self._bus.devices()).get(profile.interface)
            if device is not None and await self._bus.is_ready(device):
                return device
            await asyncio.sleep(PROBE_EVERY_S)
        return "/"

    async def _activate(self, profile: str, device: str) -> str:
        """A VLAN that was a port goes, and takes the request along, when its bridge begins anew: then ask once more."""
        for _ in range(_TRIES):
            try:
                return await self._bus.activate(profile, device)
            except BusRefused:
                await asyncio.sleep(PROBE_EVERY_S)
                device = device if device != "/" and await self._bus.is_real(device) else "/"
        return await self._bus.activate(profile, device)

    async def _begun(self, active: str) -> None:
        while True:
            if await self._bus.has_started(active):
                return
            await asyncio.sleep(PROBE_EVERY_S)

    async def _up(self, name: str) -> None:
        """At once for what is not ours to start. Raises Stuck when it went down too often."""
        running = self._running.get(name)
        while running is not None:
            state = await self._bus.active_state(running.active)
            if state is ActiveState.ACTIVATED:
                return
            if state in (ActiveState.DEACTIVATING, ActiveState.DEACTIVATED):
                if running.tries == _TRIES:
                    raise Stuck(f"{name} did not come up")
                running.tries += 1
                running.active = await self._activate(running.profile, running.device)
            await asyncio.sleep(PROBE_EVERY_S)
