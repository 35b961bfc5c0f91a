"""Checkpoints of NetworkManager, one or several that end one after the other: a change is rolled back by them.

A checkpoint cannot restore an interface while another one has its name. So where something is made anew a second
checkpoint, taken after the first, ends a moment before it: it deletes the profiles that came since, and NetworkManager
takes away what they made. What has to come back after all else has a checkpoint of its own, taken before the first.
"""

import asyncio
from collections.abc import Iterable

from netconf.networkmanager.bus import Bus, BusRefused

# What was made has to be gone by then: took 4 s where 15 processes waited for each core of an emulated one.
_APART_S, _ALL_APART_S = 8, 10
_PROBE_EVERY_S = 0.1
_GONE_S = 30
_PATH = "/org/freedesktop/NetworkManager/Checkpoint/"


class CheckpointChain:
    """`numbers` are NetworkManager's, in the order in which the checkpoints were created."""

    def __init__(self, bus: Bus, numbers: Iterable[str]) -> None:
        self._bus = bus
        self.numbers = tuple(numbers)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(_PATH + number for number in self.numbers)

    async def extend(self, for_s: int) -> None:
        """The last one ends first."""
        apart_s = min(_APART_S, _ALL_APART_S // max(1, len(self.paths) - 1))
        for place, path in enumerate(reversed(self.paths)):
            await self._bus.extend_checkpoint(path, for_s + place * apart_s)

    async def is_whole(self) -> bool:
        return set(self.paths) <= set(await self._bus.checkpoints())

    async def end(self) -> None:
        """Of what is left of it: somebody may have died while they ended it."""
        there = await self._bus.checkpoints()
        for path in reversed(self.paths):
            if path in there:
                await self._bus.destroy_checkpoint(path)

    async def roll_back(self) -> list[str]:
        """What is left of it; returns the device paths whose earlier state could not be restored."""
        stuck: list[str] = []
        for path in reversed(self.paths):
            if path in await self._bus.checkpoints():
                stuck += await self._bus.roll_back_checkpoint(path)
                await self._wait_idle()
        return stuck

    async def _wait_idle(self) -> None:
        """What was made is on its way out when a checkpoint has been rolled back."""
        for _ in range(int(_GONE_S / _PROBE_EVERY_S)):
            if not await self._bus.activating():
                return
            await asyncio.sleep(_PROBE_EVERY_S)


async def create_chain(
    bus: Bus, names: tuple[str, ...], for_s: int, *, late: tuple[str, ...]
) -> tuple[dict[str, str], CheckpointChain]:
    """Interface name → device path, and checkpoints over those of `names` that exist; `late` are those of them that
    come back after the others.

    NetworkManager hears of a link that is gone a moment after the kernel and refuses a checkpoint over it then.
    """
    first = tuple(name for name in names if name not in late)
    devices = await bus.devices()
    while True:
        held = CheckpointChain(bus, ())
        try:
            for some in (late, first) if late else (first,):
                path = await bus.create_checkpoint([devices[name] for name in some if name in devices], for_s)
                held = CheckpointChain(bus, (*held.numbers, path.removeprefix(_PATH)))
            if late:
                await held.extend(for_s)
            return devices, held
        except BusRefused:
            await held.end()
            before, devices = devices, await bus.devices()
            if devices == before:
                raise


async def extend_chain(first: CheckpointChain, bus: Bus, for_s: int) -> CheckpointChain:
    """With the second checkpoint, which holds nothing but the loopback: one over nothing would hold everything."""
    devices = await bus.devices()
    path = await bus.create_checkpoint([devices["lo"]], for_s)
    both = CheckpointChain(bus, (*first.numbers, path.removeprefix(_PATH)))
    await both.extend(for_s)
    return both


def in_order(paths: Iterable[str]) -> tuple[str, ...]:
    """Checkpoints on the bus, the oldest first, by their numbers."""
    return tuple(sorted((path.removeprefix(_PATH) for path in paths), key=int))
