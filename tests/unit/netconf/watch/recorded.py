"""What a real kernel said: see tests/integration/netconf/record.py."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from netconf.watch import decode
from netconf.watch.netlink import messages
from netconf.watch.view import Kernel, apply

_FILE = Path(__file__).parents[3] / "data" / "netlink" / "changes.json"
_RECORDED = json.loads(_FILE.read_text())
EVENTS: tuple[bytes, ...] = tuple(bytes.fromhex(datagram) for datagram in _RECORDED["events"])


def dump(when: str) -> Kernel:
    """`before` or `after` all that happened."""
    routes4, routes6, *rest = ([bytes.fromhex(datagram) for datagram in data] for data in _RECORDED[when])
    routes = decode.routes(messages([*routes4, *routes6]))
    return apply(Kernel(routes=routes), (one for data in rest for one in decode.decode_updates(messages(data))))


def after_events(kernel: Kernel, events: Iterable[bytes]) -> Kernel:
    return apply(kernel, decode.decode_updates(messages(list(events))))


def in_batches(kernel: Kernel, sizes: Sequence[int]) -> Kernel:
    """All events, so many at a time."""
    rest = list(EVENTS)
    for size in sizes:
        kernel, rest = after_events(kernel, rest[:size]), rest[size:]
    return after_events(kernel, rest)
