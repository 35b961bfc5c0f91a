"""What the kernel tells nobody by itself: counters and speeds of links, read every few seconds, cheaply."""

import array
import fcntl
import os
import socket
import struct
from collections.abc import Iterable, Mapping

from netconf.kernel.namespace import inside
from netconf.watch.view import Counters, Link, Speed

_SPEEDY = ("ethernet", "bond", "veth")  # whose driver knows one of its own
# From linux/sockios.h and linux/ethtool.h.
_SIOCETHTOOL = 0x8946
_GLINKSETTINGS = 0x4C
_DUPLEX = {0: "half", 1: "full"}
_UNKNOWN_SPEED = 0xFFFFFFFF


class Readings:
    """Of one network namespace. /proc/net/dev is one read for all links, 1,000 of them in a few milliseconds."""

    def __init__(self, netns: str | None = None) -> None:
        # /proc/thread-self: a thread in another namespace has another /proc/net than its process.
        self._dev = inside(netns, lambda: os.open("/proc/thread-self/net/dev", os.O_RDONLY | os.O_CLOEXEC))
        self._socket = inside(netns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def close(self) -> None:
        os.close(self._dev)
        self._socket.close()

    def counters(self) -> Mapping[str, Counters]:
        os.lseek(self._dev, 0, os.SEEK_SET)
        parts = iter(lambda: os.read(self._dev, 1 << 16), b"")
        return parse_counters(b"".join(parts).decode())

    def speeds(self, links: Iterable[Link]) -> Mapping[int, Speed]:
        return {link.index: self._speed(link.name) for link in links if link.kind in _SPEEDY and link.carrier}

    def _speed(self, name: str) -> Speed:
        """ethtool's link settings; the first answer says how long the bit maps are, the second has everything."""
        try:
            words = struct.unpack_from("=b", self._settings(name, 0), 15)[0]
            said = self._settings(name, -words) if words < 0 else b""
        except OSError:  # gone, or its driver does not know
            return Speed()
        if not said:
            return Speed()
        mbps, duplex = struct.unpack_from("=IB", said, 4)
        return Speed(mbps if 0 < mbps < _UNKNOWN_SPEED else None, _DUPLEX.get(duplex))

    def _settings(self, name: str, counts: int) -> bytes:
        settings = array.array("B", struct.pack("=IIBBBBBBBb", _GLINKSETTINGS, 0, 0, 0, 0, 0, 0, 0, 0, counts))
        settings.frombytes(bytes(48 - len(settings) + 12 * counts))
        request = struct.pack("16sP16x", name.encode(), settings.buffer_info()[0])
        fcntl.ioctl(self._socket, _SIOCETHTOOL, request)
        return settings.tobytes()


def parse_counters(text: str) -> Mapping[str, Counters]:
    """Of /proc/net/dev, which has two lines of headings."""
    found = {}
    for line in text.splitlines()[2:]:
        name, _, figures = line.rpartition(":")
        rx_bytes, rx_packets, rx_errors, rx_dropped, *_, tx_bytes, tx_packets, tx_errors, tx_dropped = (
            int(figure) for figure in figures.split()[:12]
        )
        found[name.strip()] = Counters(
            rx_bytes, rx_packets, rx_errors, rx_dropped, tx_bytes, tx_packets, tx_errors, tx_dropped
        )
    return found
