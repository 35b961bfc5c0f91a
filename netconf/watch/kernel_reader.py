"""Reads the kernel's network into a view; everything here blocks for some milliseconds."""

import asyncio
import socket
from collections.abc import Callable, Collection
from dataclasses import replace

from netconf.watch import decode
from netconf.watch.changes import unreachable_gateways
from netconf.watch.netlink import Dumps, Overrun, kinds, listener, messages, receive
from netconf.watch.readings import Readings
from netconf.watch.view import Kernel, Speed, View, apply

_BATCH = 64  # datagrams at a time, so that the loop gets its turn
_MOST_BYTES = 32 << 20  # heard and not looked at yet; more than that is read anew from the kernel
_ROUTES = {decode.NEWROUTE, decode.DELROUTE, decode.DELADDR}


class NetlinkListener:
    """Collects what the kernel says on the running loop, untouched; `wake` is called when there is something."""

    def __init__(self, netns: str | None, buffer_bytes: int, wake: Callable[[], None]) -> None:
        self._netns, self._buffer_bytes, self._wake = netns, buffer_bytes, wake
        self._raw: list[bytes] = []
        self._bytes = 0
        self._overrun = False
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """From now on; what was heard before is forgotten."""
        self.close()
        self._raw, self._bytes, self._overrun = [], 0, False
        self._socket = listener(self._netns, self._buffer_bytes)
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def take(self) -> list[bytes]:
        """What was heard since the last time. Raises Overrun when something was lost; then it is to be opened anew."""
        if self._overrun:
            raise Overrun
        taken, self._raw, self._bytes = self._raw, [], 0
        return taken

    def _receive(self) -> None:
        assert self._socket is not None
        try:
            new = receive(self._socket, _BATCH)
        except Overrun:
            self._give_up(self._socket)
        else:
            self._raw += new
            self._bytes += sum(map(len, new))
            if self._bytes > _MOST_BYTES:
                self._give_up(self._socket)
        self._wake()

    def _give_up(self, listening: socket.socket) -> None:
        self._overrun = True
        self._raw = []
        asyncio.get_running_loop().remove_reader(listening)


class KernelReader:
    """Of one network namespace. Give each call a thread, one at a time."""

    def __init__(self, netns: str | None = None) -> None:
        self._dumps = Dumps(netns)
        self._readings = Readings(netns)

    def close(self) -> None:
        self._dumps.close()
        self._readings.close()

    def read_all(self, view: View) -> View:
        """Everything anew."""
        return self._with(view, self._dumps.kernel(), counted=True)

    def apply_messages(self, view: View, raw: list[bytes]) -> View:
        """What `raw`, as it was heard, makes of `view`."""
        kernel = apply(view.kernel, decode.decode_updates(messages(raw)))
        kernel = self._asked(kernel, kernel.links.keys() - view.kernel.links.keys())  # not all is said at birth
        if kinds(raw) & _ROUTES or _loses_routes(view.kernel, kernel):
            kernel = replace(kernel, routes=self._dumps.routes())
        return self._with(view, kernel)

    def count(self, view: View) -> View:
        """Counters, speeds and bonds: what changes without a word."""
        bonds = [index for index, link in view.kernel.links.items() if link.bond or link.bond_port]
        return self._with(view, self._asked(view.kernel, bonds), counted=True)

    def _asked(self, kernel: Kernel, indexes: Collection[int]) -> Kernel:
        """With what these links are now."""
        news = [one for index in indexes for one in decode.decode_updates(self._dumps.link(index))]
        return apply(kernel, news) if news else kernel

    def _with(self, view: View, kernel: Kernel, *, counted: bool = False) -> View:
        made = replace(view, kernel=kernel)
        return replace(
            made,
            speeds=self._speeds(view, kernel, all_links=counted),
            counters=self._readings.counters() if counted else view.counters,
            unreachable_gateways=unreachable_gateways(view.unreachable_gateways, made),
        )

    def _speeds(self, view: View, kernel: Kernel, *, all_links: bool) -> dict[int, Speed]:
        """Asked again of those that changed; `all_links`: of all."""
        was, now = view.kernel.links, kernel.links
        asked = [link for index, link in now.items() if all_links or was.get(index) != link]
        kept = {index: speed for index, speed in view.speeds.items() if index in now and now[index].carrier}
        found = {**kept, **self._readings.speeds(asked)}
        return found if found != view.speeds else dict(view.speeds)


def _loses_routes(was: Kernel, now: Kernel) -> bool:
    """IPv4 routes over a link that goes down or into a VRF go without a word."""
    return any(
        link is None or (link.up, link.controller) != (before.up, before.controller)
        for before, link in ((before, now.links.get(index)) for index, before in was.links.items())
        if link is not before
    )
