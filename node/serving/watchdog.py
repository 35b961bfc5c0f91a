"""Tells systemd that the process serves, and that its loop still turns: without that word systemd starts it anew.

The protocol is one datagram (sd_notify(3)), which these lines are; the libraries for it are a binding that needs
libsystemd to build, and one that nobody has kept since 2017.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

SHARE = 4  # tries in the time that systemd waits, so that one that is lost or late costs nothing


def notify(state: str) -> None:
    """`READY=1`, `WATCHDOG=1`. Does nothing where nobody listens, and never waits."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.sendto(state.encode(), address)


def watchdog_s() -> float | None:
    """How long systemd waits for a word of this process, None when it does not."""
    usec, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not usec.isdecimal() or int(usec) == 0 or pid not in ("", str(os.getpid())):
        return None
    return int(usec) / 1_000_000


async def pet(alive: Callable[[], Awaitable[object]] | None = None) -> None:
    """Give word for as long as the loop turns that this runs in, and `alive` returns. What blocks in other threads does
    not stop it."""
    while (within_s := watchdog_s()) is not None:
        if alive is not None:
            await alive()
        notify("WATCHDOG=1")
        await asyncio.sleep(within_s / SHARE)
