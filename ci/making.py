"""Times how layouts are made and taken back by several means; runs as root in a machine of its own, wherever that is.

The machine has NetworkManager and the NICs eth1 to eth3, on which nothing is configured.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from statistics import median

from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus
from pyroute2 import IPRoute

from ci.layouts import LAYOUTS, Layout
from netconf.backend import Backend
from netconf.errors import Problem
from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.networkmanager.backend import NetworkManager
from netconf.networkmanager.recovery import wait_until

TIMES = 3
_WITHIN_S = 600
_GONE_S = 60
_BOOT_S = 120
_LINKS = Path("/sys/class/net")

Times = tuple[float, float]  # made after, back after, in seconds
Method = Callable[[Layout], Awaitable[Times]]
Found = dict[tuple[str, str], Times]  # by layout and means


def verified(backend: Backend) -> Method:
    """The product: it is made when it was observed to be so."""
    network = Network(backend)

    async def make(layout: Layout) -> Times:
        begun = time.monotonic()
        change = await network.change(layout.document, confirm_within_s=_WITHIN_S)
        made = time.monotonic()
        assert change.checkpoint is not None
        await network.roll_back(change.checkpoint)
        return made - begun, time.monotonic() - made

    return make


async def by_nmcli(layout: Layout) -> Times:
    """What an operator would do else: profiles, each started and waited for."""
    begun = time.monotonic()
    names = [f"bench{number}" for number, _ in enumerate(layout.profiles)]
    for name, profile in zip(names, layout.profiles, strict=True):
        await _nmcli("connection", "add", "con-name", name, "autoconnect", "no", *profile.split())
    for name in names:
        await _nmcli("connection", "up", name)
    made = time.monotonic()
    await _nmcli("connection", "delete", *names)
    return made - begun, time.monotonic() - made


async def by_hand(layout: Layout) -> Times:
    """The work itself: nothing is looked at, and nothing would go back."""
    return await asyncio.to_thread(_by_hand, layout)


def _by_hand(layout: Layout) -> Times:
    begun = time.monotonic()
    with IPRoute() as kernel:
        layout.make(kernel)
    made = time.monotonic()
    with IPRoute() as kernel:
        for name in layout.links:
            kernel.link("del", ifname=name)
    return made - begun, time.monotonic() - made


async def _nmcli(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec("nmcli", *arguments, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0, arguments


async def timed(methods: dict[str, Method], layouts: Iterable[str]) -> Found:
    """The medians of several rounds through all of it, after one that warms up."""
    times: dict[tuple[str, str], list[Times]] = {(layout, name): [] for layout in layouts for name in methods}
    for _ in range(1 + TIMES):
        for (layout, name), found in times.items():
            found.append(await methods[name](LAYOUTS[layout]))
            await _gone(LAYOUTS[layout])
    return {key: _medians(found[1:]) for key, found in times.items()}


def _medians(found: list[Times]) -> Times:
    made, back = zip(*found, strict=True)
    return median(made), median(back)


async def _gone(layout: Layout) -> None:
    async def is_gone() -> bool:
        return not any((_LINKS / name).exists() for name in layout.links)

    assert await wait_until(is_gone, _GONE_S)


async def _networkmanager_runs() -> bool:
    try:
        await NetworkManager().show()
    except Problem:
        return False
    return True


async def end_networkmanager() -> None:
    """That of this machine's bus, of which there may be others beside it."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    name, asked = "org.freedesktop.DBus", ["org.freedesktop.NetworkManager"]
    reply = await bus.call(Message(name, "/", name, "GetConnectionUnixProcessID", signature="s", body=asked))
    assert reply is not None
    bus.disconnect()
    os.kill(reply.body[0], signal.SIGKILL)


async def main(layouts: list[str]) -> list[tuple[str, str, Times]]:
    """Layout, means, times."""
    assert await wait_until(_networkmanager_runs, _BOOT_S)
    found = await timed({"NetworkManager": verified(NetworkManager()), "nmcli": by_nmcli}, layouts)
    await end_networkmanager()
    with tempfile.TemporaryDirectory() as folder:
        found |= await timed({"kernel": verified(Kernel(folder=Path(folder))), "pyroute2": by_hand}, layouts)
    return [(layout, dependencies, times) for (layout, dependencies), times in found.items()]


if __name__ == "__main__":
    # What a watchdog loads is compiled on a node, and here from the second time on.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print("result", json.dumps(asyncio.run(main(sys.argv[1:]))))  # noqa: T201 - what the caller reads
