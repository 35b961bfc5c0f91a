"""Brings the configuration on the disk back into force, also when NetworkManager itself died on the way."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from functools import partial

from netconf.errors import BackendMissing
from netconf.model import NetworkState
from netconf.networkmanager.activation import PROBE_EVERY_S
from netconf.networkmanager.bus import Bus, BusRefused, Saved
from netconf.networkmanager.checkpoint_chain import CheckpointChain

IDLE_TIMEOUT_S = 45
_BEGUN_S = 5
_BRIDGE, _NIC = "bridge", "802-3-ethernet"
Observe = Callable[[], Awaitable[NetworkState]]


async def roll_back(bus: Bus, chain: CheckpointChain, change: str, observe: Observe) -> str:
    """Take a change back; returns in words how that went. A NetworkManager that died is waited for."""
    stuck: list[str] = []
    try:
        async with asyncio.timeout(IDLE_TIMEOUT_S):
            while True:
                try:
                    stuck = await chain.roll_back() or stuck
                    await forget(bus, {p.uuid for p in await bus.profiles() if p.change == change}, observe)
                    break
                except BackendMissing:
                    await asyncio.sleep(PROBE_EVERY_S)
    except (BusRefused, TimeoutError) as err:
        why = err.text.why if isinstance(err, BusRefused) else "NetworkManager is away"
        return f"going back failed too ({why}), it is tried again when the time is over"
    return f"going back failed for {', '.join(stuck)}" if stuck else "the earlier configuration is back"


async def forget(bus: Bus, uuids: Collection[str], observe: Observe) -> None:
    """Delete what a rollback left of these profiles; NetworkManager, or else we, start the earlier ones then."""
    profiles = [profile for profile in await bus.profiles() if profile.uuid in uuids]
    await reclaim_veth(
        bus, {profile.interface for profile in profiles}, unsaved=True
    )  # what is of others is not taken away
    await _hand_back(bus, {profile.uuid for profile in profiles})
    for profile in profiles:
        await bus.delete_profile(profile.path)
    await resume(bus, observe)


async def _hand_back(bus: Bus, removed: Collection[str]) -> None:
    """Start what bridges had before: with the profile that is in force on it NetworkManager 1.52 takes most bridges
    away, and what others have set on top of them. What cannot be started now is when the profiles are gone."""
    earlier = earlier_profiles(await bus.profiles(), await bus.active(), removed)
    devices = await bus.devices() if earlier else {}
    for profile in earlier:
        with contextlib.suppress(BusRefused):
            begun = partial(bus.has_started, await bus.activate(profile.path, devices.get(profile.interface, "/")))
            await wait_until(begun, _BEGUN_S)


async def resume(bus: Bus, observe: Observe) -> None:
    """Let NetworkManager have in force what it should; it has been dead meanwhile."""
    await wait_idle(bus)
    await start(bus, lost_profiles(await bus.profiles(), await bus.active(), await observe()))


async def start(bus: Bus, profiles: Collection[Saved]) -> None:
    """In that order, and wait until all is quiet."""
    if not profiles:
        return
    devices = await bus.devices()
    for profile in profiles:
        with contextlib.suppress(BusRefused):  # a NIC without its cable, for example
            await bus.activate(profile.path, devices.get(profile.interface, "/"))
    await wait_idle(bus)


async def reclaim_veth(bus: Bus, names: Collection[str], *, unsaved: bool) -> None:
    """Start the profiles of pairs of veth again that NetworkManager does not take for what is in force."""
    strange = mistaken_profiles(await bus.profiles(), await bus.active())
    mine = [profile for profile in strange if profile.interface in names and profile.unsaved is unsaved]
    if mine:
        devices = await bus.devices()
        for profile in mine:
            await bus.activate(profile.path, devices[profile.interface])
        await wait_idle(bus)


def mistaken_profiles(profiles: Iterable[Saved], active: Mapping[str, str]) -> tuple[Saved, ...]:
    """Those that make pairs of veth and whose link NetworkManager believes (1.52) to be of others: it has been started
    again while that was there; pure. The one that comes first at boot comes last."""
    theirs = {profile.uuid for profile in profiles if profile.made_up}
    found = (profile for profile in profiles if profile.makes_pair and active.get(profile.interface) in theirs)
    return tuple(sorted(found, key=lambda profile: profile.priority))


def earlier_profiles(
    profiles: Iterable[Saved], active: Mapping[str, str], removed: Collection[str]
) -> tuple[Saved, ...]:
    """Those that bridges in force by a profile that goes had before, each bridge before its NICs; pure.

    Nothing else: a bond or a tunnel can need to be made anew.
    """
    profiles = tuple(profiles)
    names = {profile.uuid: profile.interface for profile in profiles}
    now = {p.interface: p.kind for p in profiles if p.uuid in removed and active.get(p.interface) == p.uuid}
    earlier: dict[str, Saved] = {}
    for profile in controllers_first(p for p in profiles if p.uuid not in removed and p.autoconnect and not p.made_up):
        is_free = now.get(profile.interface) == profile.kind and profile.interface not in earlier
        is_port = profile.kind == _NIC and names.get(profile.controller, profile.controller) in earlier
        if is_free and (profile.kind == _BRIDGE or is_port):
            earlier[profile.interface] = profile
    return tuple(earlier.values())


def lost_profiles(profiles: Iterable[Saved], active: dict[str, str], observed: NetworkState) -> tuple[Saved, ...]:
    """Those that NetworkManager should have in force and has not, controllers first; pure.

    Started again in the middle of a change it believes that a port is plugged in still that it has just pulled out, and
    takes for somebody else's what was made anew while it was dead.
    """
    profiles = tuple(profiles)
    theirs = {profile.uuid for profile in profiles if profile.made_up}
    wanted = [profile for profile in profiles if profile.autoconnect and profile.interface and not profile.made_up]
    names = {profile.uuid: profile.interface for profile in wanted}
    mine = {profile.interface: profile for profile in wanted if active.get(profile.interface) == profile.uuid}
    lost: dict[str, Saved] = {}
    for profile in controllers_first(wanted):
        link = observed.interface(profile.interface)
        controller = names.get(profile.controller, profile.controller)
        is_free = active.get(profile.interface) in (None, *theirs)
        is_elsewhere = (
            mine.get(profile.interface) is profile and link is not None and (link.controller or "") != controller
        )
        if (is_free or is_elsewhere or controller in lost) and profile.interface not in lost:
            lost[profile.interface] = profile
    return tuple(lost.values())


def controllers_first(profiles: Iterable[Saved]) -> list[Saved]:
    """As they are to be started."""
    return sorted(profiles, key=lambda profile: (bool(profile.controller), -profile.priority))


async def wait_idle(bus: Bus) -> bool:
    async def is_quiet() -> bool:
        return not await bus.activating()

    return await wait_until(is_quiet, IDLE_TIMEOUT_S)


async def wait_until(condition: Callable[[], Awaitable[bool]], within_s: float) -> bool:
    """Whether the condition came true in time."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                if await condition():
                    return True
                await asyncio.sleep(PROBE_EVERY_S)
    except TimeoutError:
        return False
