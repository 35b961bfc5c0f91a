"""What lies beyond the NICs of a machine under test: hosts and switches in namespaces, and traffic to them.

Commands are lines of words, for `ip` if they begin with no other program's name. NICs that lead there are ends of veth
pairs in the machine.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

Ask = Callable[..., Coroutine[Any, Any, str]]  # ("ip", "-j", …) → what the command says
_TRIES = 150
_PROGRAMS = ("ping", "ip", "sh", "python3")
_WORKS = ", 0% packet loss"


@dataclass(frozen=True, slots=True)
class World:
    """`places` are namespaces; `lines` build what is in them and the cables to them. All goes with its places."""

    places: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


NOTHING_BEYOND = World()


@dataclass(frozen=True, slots=True)
class Event:
    """Something happens out there: `do`, then the pings of `passes` still get through, then `undo`."""

    do: str
    undo: str
    passes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """Pings that go on while a change is made; at most `lost` of them may get no answer."""

    ping: str
    lost: int = 0


def cable(nic: str, place: str, end: str) -> str:
    """A NIC of the machine whose cable ends in `place`."""
    return f"link add {nic} type veth peer name {end} netns {place}"


def ping(target: str, *, place: str = "", size: int = 0) -> str:
    """One ping from `place` (the machine itself without one); with a size in bytes it may not be fragmented."""
    there = f"ip netns exec {place} " if place else ""
    return f"{there}ping -q -c 1 -W 1 {f'-M do -s {size - 28} ' if size else ''}{target}"


def command_of(line: str) -> tuple[str, ...]:
    words = tuple(line.split())
    return words if words[0] in _PROGRAMS else ("ip", *words)


@asynccontextmanager
async def built(world: World, ask: Ask) -> AsyncIterator[None]:
    try:
        for place in world.places:
            await ask("ip", "netns", "add", place)
            await ask("ip", "-n", place, "link", "set", "lo", "up")
        for line in world.lines:
            await ask(*command_of(line))
        yield
    finally:
        for place in world.places:
            await ask("sh", "-c", f"kill $(ip netns pids {place}) 2>/dev/null; ip netns del {place}")


async def passes(command: str, ask: Ask) -> bool:
    """Whether a ping gets through, in time: ARP, duplicate address detection and LACP need some."""
    for _ in range(_TRIES):
        if await _works(command, ask):
            return True
        await asyncio.sleep(0.2)
    return False


async def blocked(command: str, ask: Ask) -> bool:
    """Whether a ping that got through before comes to get through no more."""
    for _ in range(_TRIES):
        if not await _works(command, ask):
            return True
        await asyncio.sleep(0.2)
    return False


async def _works(command: str, ask: Ask) -> bool:
    return _WORKS in await ask("sh", "-c", f"{command} 2>/dev/null")


@asynccontextmanager
async def streaming(streams: tuple[Stream, ...], ask: Ask) -> AsyncIterator[list[str]]:
    """Fills the list with what was lost too often."""
    wrong: list[str] = []
    started = [
        asyncio.create_task(ask("sh", "-c", f"echo $$ >/run/stream{n}; exec {s.ping.replace('-c 1', '-i 0.1')}"))
        for n, s in enumerate(streams)
    ]
    try:
        yield wrong
    finally:
        for number, (stream, task) in enumerate(zip(streams, started, strict=True)):
            await ask("sh", "-c", f"kill -INT $(cat /run/stream{number})")
            sent, received = _counts(await task)
            if sent == 0 or sent - received > stream.lost:
                wrong.append(f"{stream.ping}: {sent - received} of {sent} lost")


def _counts(output: str) -> tuple[int, int]:
    """Out of ping's `12 packets transmitted, 11 received, …`."""
    line = next((line for line in output.splitlines() if "packets transmitted" in line), "0 0 0 0")
    words = line.split()
    return int(words[0]), int(words[3])
