"""Whether another machine has an IPv4 address already: asked by ARP probes, which claim nothing (RFC 5227, 2.1.1)."""

import asyncio
import contextlib
import socket
import struct
from ipaddress import IPv4Address

from netconf.errors import Failed

_PROBES, _APART_S, _WAIT_S = 3, 0.5, 1.5
_ETH_P_ARP = 0x0806
_ARP = struct.Struct("!6s6sH HHBBH 6s4s6s4s")  # Ethernet, then ARP for Ethernet and IPv4 (RFC 826)
_EVERYBODY, _NOBODY = b"\xff" * 6, bytes(6)
_REQUEST, _REPLY = 1, 2
_LARGEST = 2048


class NotAsked(Failed):
    what = "Cannot ask whether another machine has {address}"
    why = "{reason}"
    mend = "Bring {interface} up, and ask as root"


async def owners(interface: str, address: IPv4Address) -> tuple[str, ...]:
    """The MAC addresses that say that `address` is theirs, on the link of `interface`, which has to be up. Takes three
    seconds. Raises NotAsked."""
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ARP)) as line:
            line.bind((interface, _ETH_P_ARP))
            line.setblocking(False)
            own = line.getsockname()[4]
            return await _asked(line, own, address)
    except OSError as err:
        raise NotAsked(address=address, interface=interface, reason=err.strerror or str(err)) from err


async def _asked(line: socket.socket, own: bytes, address: IPv4Address) -> tuple[str, ...]:
    loop, found = asyncio.get_running_loop(), dict[str, None]()

    async def listen() -> None:
        while True:
            if (owner := owner_in(await loop.sock_recv(line, _LARGEST), own, address)) is not None:
                found[owner] = None

    listening = asyncio.ensure_future(listen())
    try:
        for _ in range(_PROBES):
            await loop.sock_sendall(line, probe(own, address))
            await asyncio.sleep(_APART_S)
        await asyncio.sleep(_WAIT_S)
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
    return tuple(found)


def probe(own: bytes, address: IPv4Address) -> bytes:
    """The frame that asks for it, without an address of its own."""
    nothing = bytes(4)
    return _ARP.pack(_EVERYBODY, own, _ETH_P_ARP, 1, 0x0800, 6, 4, _REQUEST, own, nothing, _NOBODY, address.packed)


def owner_in(frame: bytes, own: bytes, address: IPv4Address) -> str | None:
    """Who says in this frame that the address is theirs, or is about to take it, too."""
    if len(frame) < _ARP.size:
        return None
    _, _, kind, _, _, _, _, operation, sender, says, _, asks = _ARP.unpack_from(frame)
    if kind != _ETH_P_ARP or sender == own:
        return None
    claims = says == address.packed
    probes = operation == _REQUEST and says == bytes(4) and asks == address.packed
    return ":".join(f"{byte:02x}" for byte in sender) if claims or probes else None
