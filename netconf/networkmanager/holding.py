"""What a change goes back by, whatever dies: a checkpoint of NetworkManager's, or two where something is made anew.

A checkpoint cannot restore an interface while another one has its name. So a second checkpoint, taken after the first,
ends a moment before it: it deletes the profiles that came since, and NetworkManager takes away what they made.
"""

import asyncio
from collections.abc import Iterable

from netconf.networkmanager.bus import Bus, BusSaidNo

_APART_S = (
    8  # what was made has to be gone by then: took 4 s where 15 processes waited for each core of an emulated one
)
_LOOK_EVERY_S = 0.1
_GONE_S = 30
_PATH = "/org/freedesktop/NetworkManager/Checkpoint/"


class Hold:
    """`numbers` are NetworkManager's, in the order in which the checkpoints were created."""

    def __init__(self, bus: Bus, numbers: Iterable[str]) -> None:
        self._bus = bus
        self.numbers = tuple(numbers)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(_PATH + number for number in self.numbers)

    async def extend(self, for_s: int) -> None:
        """The last one ends first."""
        for apart, path in enumerate(reversed(self.paths)):
            await self._bus.extend_checkpoint(path, for_s + apart * _APART_S)

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
                stuck = await self._bus.roll_back_checkpoint(path)
                await self._settled()
        return stuck

    async def _settled(self) -> None:
        """What was made is on its way out when a checkpoint has been rolled back."""
        for _ in range(int(_GONE_S / _LOOK_EVERY_S)):
            if not await self._bus.activating():
                return
            await asyncio.sleep(_LOOK_EVERY_S)


async def hold(bus: Bus, names: tuple[str, ...], for_s: int) -> tuple[dict[str, str], Hold]:
    """Interface name → device path, and a checkpoint over those of `names` that exist.

    NetworkManager hears of a link that is gone a moment after the kernel and refuses a checkpoint over it then.
    """
    devices = await bus.devices()
    while True:
        try:
            path = await bus.create_checkpoint([devices[name] for name in names if name in devices], for_s)
            return devices, Hold(bus, (path.removeprefix(_PATH),))
        except BusSaidNo:
            before, devices = devices, await bus.devices()
            if devices == before:
                raise


async def hold_more(first: Hold, bus: Bus, for_s: int) -> Hold:
    """With the second checkpoint, which holds nothing but the loopback: one over nothing would hold everything."""
    devices = await bus.devices()
    path = await bus.create_checkpoint([devices["lo"]], for_s)
    both = Hold(bus, (*first.numbers, path.removeprefix(_PATH)))
    await both.extend(for_s)
    return both


def in_order(paths: Iterable[str]) -> tuple[str, ...]:
    """Checkpoints on the bus, the oldest first, by their numbers."""
    return tuple(sorted((path.removeprefix(_PATH) for path in paths), key=int))
