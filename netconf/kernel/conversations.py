"""Whom this host talks to over TCP, and how long ago it heard of each."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from pyroute2 import DiagSocket
from pyroute2.netlink.exceptions import NetlinkError

from netconf.errors import Failed
from netconf.kernel.link_info import Message, nested, number

_ESTABLISHED = 1 << 1  # TCP_ESTABLISHED of net/tcp_states.h, as a mask
_WITH_TIMES = 1 << 1  # INET_DIAG_INFO of linux/inet_diag.h, as a mask


class NotReported(Failed):
    what = "Cannot tell whom this machine talks to"
    why = "the kernel says: {reason}"
    mend = "Load the module tcp_diag, or say with --confirm-by how the change is to be confirmed"


@dataclass(frozen=True, slots=True)
class Conversation:
    """An open connection to another host; `received_s` is how long ago something came over it."""

    peer: str
    port: int
    received_s: float


def conversations() -> tuple[Conversation, ...]:
    """Blocks for some milliseconds. Raises NotReported."""
    try:
        with DiagSocket() as kernel:
            kernel.bind()
            return from_diag(
                answer
                for family in (socket.AF_INET, socket.AF_INET6)
                for answer in kernel.get_sock_stats(states=_ESTABLISHED, family=family, extensions=_WITH_TIMES)
            )
    except (NetlinkError, OSError) as err:
        raise NotReported(reason=err.args[-1]) from err


def from_diag(answers: Iterable[Message]) -> tuple[Conversation, ...]:
    """Those with other hosts. Link-local ones are left out: they go on whatever becomes of the configuration."""
    found = []
    for answer in answers:
        here, peer = _address(answer, "idiag_src"), _address(answer, "idiag_dst")
        if here == peer or peer.is_loopback or peer.is_link_local:
            continue
        times = (number(nested(answer, "INET_DIAG_INFO", f"tcpi_last_{what}_recv")) for what in ("ack", "data"))
        found.append(Conversation(str(peer), number(answer.get("idiag_dport")), min(times) / 1000))
    return tuple(found)


def _address(answer: Message, key: str) -> IPv4Address | IPv6Address:
    found = ip_address(str(answer.get(key)))
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
