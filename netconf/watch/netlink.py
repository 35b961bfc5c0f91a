"""The kernel's door: a socket that hears of changes, and dumps of what there is, in any network namespace."""

import errno
import socket
import struct
from collections.abc import Iterator

from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from netconf.kernel import bond_ports
from netconf.kernel.link_info import Message
from netconf.kernel.namespace import inside
from netconf.watch import decode
from netconf.watch.view import Kernel, ObservedRoute, apply

bond_ports.teach()

BUFFER_BYTES = 8 << 20
_DATAGRAM_BYTES = 1 << 18
# From linux/netlink.h and linux/rtnetlink.h.
_SOL_NETLINK, _GET_STRICT = 270, 12
_REQUEST, _DUMP = 0x1, 0x300
_ERROR, _DONE = 2, 3
_INTERRUPTED = 0x10
_GROUPS = (1, 3, 5, 7, 9, 11)  # links, neighbours, IPv4 addresses and routes, IPv6 addresses and routes
_GETLINK, _GETADDR, _GETROUTE, _GETNEIGH = 18, 22, 26, 30
_UNICAST = 1
_EXT_MASK, _SKIP_STATS = 29, 0x8
_HEADER = struct.Struct("=IHHII")
_ADD_MEMBERSHIP = 1
_SO_RCVBUFFORCE = 33
_TRIES = 10


def listener(netns: str | None = None, buffer_bytes: int = BUFFER_BYTES) -> socket.socket:
    """A socket that hears of links, addresses, routes and neighbours from now on; does not block."""
    heard = _open(netns)
    try:
        heard.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer_bytes)
    except PermissionError:
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    for group in _GROUPS:
        heard.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
    heard.setblocking(False)
    return heard


def receive(listener: socket.socket, most: int) -> list[bytes]:
    """Up to `most` waiting datagrams. Raises Overrun when some were lost."""
    found: list[bytes] = []
    while len(found) < most:
        try:
            found.append(listener.recv(_DATAGRAM_BYTES))
        except BlockingIOError:
            break
        except OSError as err:
            if err.errno == errno.ENOBUFS:
                raise Overrun from err
            raise
    return found


class Overrun(Exception):
    """The kernel had more to say than the socket could keep."""


class Dumps:
    """Asks the kernel for all there is of something. Blocks for some milliseconds."""

    def __init__(self, netns: str | None = None) -> None:
        self._socket = _open(netns)
        self._socket.settimeout(10)
        self._socket.setsockopt(_SOL_NETLINK, _GET_STRICT, 1)
        self._number = 0

    def close(self) -> None:
        self._socket.close()

    def kernel(self) -> Kernel:
        asked = (
            (_GETLINK, struct.pack("=BxHiII", 0, 0, 0, 0, 0) + struct.pack("=HHI", 8, _EXT_MASK, _SKIP_STATS)),
            (_GETADDR, struct.pack("=BBBBI", 0, 0, 0, 0, 0)),
            (_GETNEIGH, struct.pack("=BxxxiHBB", 0, 0, 0, 0, 0)),
        )
        news = (one for kind, body in asked for one in decode.decode_updates(self._dump(kind, body)))
        return apply(Kernel(routes=self.routes()), news)

    def routes(self) -> frozenset[ObservedRoute]:
        """Without the kernel's own local table, of which there are several for each address."""
        asked = (
            struct.pack("=BBBBBBBBI", family, 0, 0, 0, 0, 0, 0, _UNICAST, 0)
            for family in (socket.AF_INET, socket.AF_INET6)
        )
        return frozenset().union(*(decode.routes(self._dump(_GETROUTE, body)) for body in asked))

    def link(self, index: int) -> Iterator[Message]:
        """One link; nothing when it is gone."""
        body = struct.pack("=BxHiII", 0, 0, index, 0, 0) + struct.pack("=HHI", 8, _EXT_MASK, _SKIP_STATS)
        try:
            yield from messages(self._ask(_GETLINK, _REQUEST, body)[0])
        except OSError as err:
            if err.errno != errno.ENODEV:
                raise

    def _dump(self, kind: int, body: bytes) -> Iterator[Message]:
        """A table that changed while it was read is read again. Messages are large, so they are made one at a time."""
        for _ in range(_TRIES):
            data, whole = self._ask(kind, _REQUEST | _DUMP, body)
            if whole:
                break
        return messages(data)

    def _ask(self, kind: int, flags: int, body: bytes) -> tuple[list[bytes], bool]:
        """What came, and whether nothing changed meanwhile."""
        self._number += 1
        self._socket.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, self._number, 0) + body)
        found, whole = [], True
        while True:
            data = self._socket.recv(_DATAGRAM_BYTES)
            ends, undisturbed = _end(data, self._number)
            whole = whole and undisturbed
            if ends is None:  # the rest of an earlier answer
                continue
            found.append(data)
            if ends or not flags & _DUMP:
                return found, whole


def _end(data: bytes, expected: int) -> tuple[bool | None, bool]:
    """Whether the answer ends in `data` (None: it is not to `expected`), and whether it is undisturbed so far."""
    at, whole = 0, True
    while at + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if sequence != expected:
            return None, True
        whole = whole and not flags & _INTERRUPTED
        if kind == _ERROR:
            code = struct.unpack_from("=i", data, at + _HEADER.size)[0]
            if code:
                raise OSError(-code, errno.errorcode.get(-code, "netlink said no"))
        if kind in (_DONE, _ERROR):
            return True, whole
        at += (max(length, _HEADER.size) + 3) & ~3
    return False, whole


def messages(data: list[bytes]) -> Iterator[Message]:
    marshal = MarshalRtnl()
    for datagram in data:
        yield from marshal.parse(datagram)


def kinds(data: list[bytes]) -> set[int]:
    """The types of the messages in `data`, without taking them apart."""
    found = set()
    for datagram in data:
        at = 0
        while at + _HEADER.size <= len(datagram):
            length, kind, *_ = _HEADER.unpack_from(datagram, at)
            found.add(kind)
            at += (max(length, _HEADER.size) + 3) & ~3
    return found


def _open(netns: str | None) -> socket.socket:
    def make() -> socket.socket:
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)

    made = inside(netns, make)
    made.bind((0, 0))
    return made
