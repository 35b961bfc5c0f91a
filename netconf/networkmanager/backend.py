"""Carries a plan out through NetworkManager, under a checkpoint of NetworkManager's own.

Until a change is confirmed its profiles live in memory only and the earlier ones stay on disk: when this process or
the machine dies, NetworkManager or the next boot brings the earlier configuration back.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from uuid import uuid4

from netconf.backend import NOTHING
from netconf.errors import ChangeFailed, ChangePending, CheckpointGone
from netconf.kernel.lacp import without_partner
from netconf.kernel.observe import observe
from netconf.kernel.taps import plug, taps
from netconf.model import Checkpoint, NetworkState
from netconf.networkmanager import ends, sriov
from netconf.networkmanager.activation import Activation, Stuck
from netconf.networkmanager.bus import Bus, BusRefused, answers, connect
from netconf.networkmanager.checkpoint_chain import CheckpointChain, create_chain, extend_chain, in_order
from netconf.networkmanager.known import with_known
from netconf.networkmanager.recovery import forget, reclaim_veth, resume, roll_back, wait_idle, wait_until
from netconf.networkmanager.work import Work, work
from netconf.planning.completion import complete
from netconf.planning.plan import Step, plan

_CONFIRM_S = 30


@dataclass(frozen=True, slots=True)
class _Id:
    """What a Checkpoint's id says: NetworkManager's numbers, our mark, how many profiles have it, and the interfaces
    without a profile of ours.

    The kernel allows no colon in the name of an interface, and the id travels as one segment of a path.
    """

    numbers: tuple[str, ...]
    change: str
    profiles: int
    gone: tuple[str, ...] = ()

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(":".join((".".join(self.numbers), self.change, str(self.profiles), *self.gone)))

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Self:
        numbers, change, profiles, *gone = (*checkpoint.id.split(":"), "", "")
        if not (numbers.replace(".", "").isdigit() and change and profiles.isdigit()):
            raise CheckpointGone()
        return cls(tuple(numbers.split(".")), change, int(profiles), tuple(name for name in gone if name))


class NetworkManager:
    """The backend of a Debian node. `bus_address` and `netns` reach into another machine's namespaces, for tests."""

    name = "networkmanager"

    def __init__(self, *, bus_address: str | None = None, netns: str | None = None) -> None:
        self._bus_address = bus_address
        self._netns = netns
        self._plugged: dict[str, str] = {}  # before the change that is not confirmed yet

    async def answers(self) -> bool:
        return await answers(self._bus_address)

    async def show(self) -> NetworkState:
        async with connect(self._bus_address) as bus:
            return await self._show(bus)

    async def roll_back_unconfirmed(self, plugged: Mapping[str, str] = NOTHING) -> None:
        async with connect(self._bus_address) as bus:
            unsaved = [profile for profile in await bus.profiles() if profile.change and profile.unsaved]
            open_checkpoints = await bus.checkpoints()  # after them: it may be going back, or another change begin
            if open_checkpoints and not unsaved:
                raise ChangePending()
            await CheckpointChain(bus, in_order(open_checkpoints)).roll_back()
            if unsaved:
                await forget(bus, {profile.uuid for profile in unsaved}, self._observe)
            elif self._plugged or plugged:
                await wait_idle(bus)
            await asyncio.to_thread(plug, dict(plugged) | self._plugged, self._netns)
            self._plugged = {}

    async def wait_idle(self) -> None:
        async with connect(self._bus_address) as bus:
            await wait_idle(bus)

    async def resume(self) -> None:
        async with connect(self._bus_address) as bus:
            await resume(bus, self._observe)

    async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
        async with connect(self._bus_address) as bus:
            if await bus.checkpoints():
                raise ChangePending()
            observed = await self._show(bus)
            change = uuid4().hex
            todo = work(desired, observed, steps, change=change, new_uuid=lambda: str(uuid4()))
            sriov.check(todo.touched, complete(desired, observed), observed)
            await reclaim_veth(bus, todo.touched, unsaved=False)
            ends.check(todo.ends, await bus.known())
            devices, held = await create_chain(bus, todo.touched, confirm_within_s, late=todo.late)
            known = _Id(held.numbers, change, len(todo.profiles), (*todo.remove, *todo.down))
            self._plugged = plugged = taps(observed)
            try:
                before = [p for p in todo.profiles if p.interface not in todo.recreate]
                added = {p.interface: await bus.add_profile(p.settings) for p in before}
                if todo.recreate:
                    held = await extend_chain(held, bus, confirm_within_s)
                    known = replace(known, numbers=held.numbers)
                await _apply(bus, todo, added, devices, confirm_within_s / 2)
                await asyncio.to_thread(plug, plugged, self._netns)
                await self._verify(bus, desired, confirm_within_s / 4)
            except BaseException as err:
                alone = await asyncio.to_thread(without_partner, self._netns)
                now = await roll_back(bus, held, change, self._observe)
                await asyncio.to_thread(plug, plugged, self._netns)
                if isinstance(err, Exception):
                    raise ChangeFailed(reason=reason(err, alone), now=now) from err
                raise
            return known.checkpoint()

    async def confirm(self, checkpoint: Checkpoint) -> None:
        known = _Id.of(checkpoint)
        async with connect(self._bus_address) as bus:
            profiles = await bus.profiles()
            mine = [profile for profile in profiles if profile.change == known.change]
            held = CheckpointChain(bus, known.numbers)
            if await held.is_whole() and (mine or known.gone):
                await held.extend(_CONFIRM_S)
                for profile in mine:
                    await bus.save_profile(profile.path)
            elif not mine or len(mine) < known.profiles or any(profile.unsaved for profile in mine):
                if mine:  # NetworkManager or the machine died in the middle
                    await roll_back(bus, held, known.change, self._observe)
                raise CheckpointGone()
            await held.end()
            self._plugged = {}
            names = {profile.interface for profile in mine} | set(known.gone)
            for profile in profiles:
                if profile.interface in names and profile not in mine:
                    await bus.delete_profile(profile.path)

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        known = _Id.of(checkpoint)
        async with connect(self._bus_address) as bus:
            if any(p.change == known.change and not p.unsaved for p in await bus.profiles()):
                raise CheckpointGone()
            # Those of a bridge that the change has removed hang loose by now.
            plugged = self._plugged | taps(await self._observe())
            await roll_back(bus, CheckpointChain(bus, known.numbers), known.change, self._observe)
            await asyncio.to_thread(plug, plugged, self._netns)

    async def _observe(self) -> NetworkState:
        return await asyncio.to_thread(observe, self._netns)

    async def _show(self, bus: Bus) -> NetworkState:
        kernel = await self._observe()
        known = await bus.known()
        interfaces = tuple(with_known(i, known[i.name]) if i.name in known else i for i in kernel.interfaces)
        return replace(kernel, interfaces=interfaces, dns=await bus.dns())

    async def _verify(self, bus: Bus, desired: NetworkState, within_s: float) -> None:
        left: tuple[Step, ...] = ()

        async def as_wanted() -> bool:
            nonlocal left
            left = plan(desired, await self._show(bus))
            return not left

        if not await wait_until(as_wanted, within_s):
            raise Stuck(f"after the change this is still to be done: {'; '.join(step.description for step in left)}")


async def _apply(bus: Bus, planned: Work, added: dict[str, str], devices: dict[str, str], within_s: float) -> None:
    """`added` are the profiles that are there already, by interface."""
    paths = [(p, added.get(p.interface) or await bus.add_profile(p.settings)) for p in planned.profiles]
    going = (devices[end.name] for end in planned.ends if end.name in devices)
    await asyncio.gather(*map(bus.disconnect, going))  # else one that loses the other makes the pair again
    for name in (
        *planned.remove,
        *planned.recreate,
    ):  # before a former port comes up: it would go down with its bridge again
        if name in devices:
            await bus.delete_device(devices[name])
    there = {name: path for name, path in devices.items() if name not in planned.recreate}
    for name in planned.down:
        if name in devices:
            await bus.disconnect(devices[name])
    async with asyncio.timeout(within_s):
        await Activation(bus, there).start(paths)


def reason(err: Exception, alone: tuple[str, ...]) -> str:
    """`alone` are bonds without a partner, over which nothing comes up."""
    match err:
        case BusRefused():
            return err.text.why
        case TimeoutError():
            said = "not everything came up in time"
        case _:
            said = str(err) or type(err).__name__
    partner = "has no partner: nothing at the other end of its ports speaks LACP (802.3ad)"
    return "; ".join((said, *(f"the bond {name} {partner}" for name in alone)))
