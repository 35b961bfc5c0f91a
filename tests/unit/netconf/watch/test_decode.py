"""The kernel's messages as they are understood: those recorded, and those that nobody here can record."""

import struct

import pytest

from netconf.model import Address
from netconf.watch import decode, lacp
from netconf.watch.netlink import kinds, messages
from netconf.watch.origin import origin
from netconf.watch.view import Answering, BondPort, BondState, Link, Neighbour, NmLinkInfo, ObservedAddress, Origin
from tests.unit.netconf.watch.recorded import EVENTS, dump


def attribute(kind: int, *parts: bytes) -> bytes:
    inside = b"".join(parts)
    return struct.pack("=HH", 4 + len(inside), kind) + inside + bytes(-len(inside) % 4)


def newlink(index: int, name: str, *attributes: bytes) -> bytes:
    body = struct.pack("=BxHiII", 0, 1, index, 0x10003, 0) + attribute(3, name.encode() + b"\0") + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), decode.NEWLINK, 0, 0, 0) + body


def read(data: bytes) -> Link:
    (found,) = decode.decode_updates(messages([data]))
    assert isinstance(found, Link)
    return found


def test_a_port_of_a_bond_with_lacp() -> None:
    """As drivers/net/bonding/bond_netlink.c writes it."""
    slave = (
        attribute(1, b"\0"),  # active
        attribute(2, b"\0"),  # MII up
        attribute(3, struct.pack("=I", 2)),
        attribute(4, bytes(6)),
        attribute(5, struct.pack("=H", 0)),
        attribute(6, struct.pack("=H", 1)),
        attribute(7, b"\x3d"),
        attribute(8, struct.pack("=H", 0x3F)),
        attribute(9, struct.pack("=i", 0)),
    )
    info = attribute(18, attribute(4, b"bond\0"), attribute(5, *slave))
    found = read(newlink(7, "eth1", info, attribute(10, struct.pack("=I", 9))))
    assert found.bond_port == BondPort(True, True, 2, 1, 0x3D, 0x3F)
    assert found.controller == 9
    assert lacp.format_state(found.bond_port, BondState("802.3ad", aggregator=1)) == "collecting-distributing"


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (BondPort(True, True, 0, 1, 0x3D, 0x3D), "collecting-distributing"),
        (BondPort(True, True, 0, 1, 0x1D, 0x0D), "collecting"),
        (BondPort(True, True, 0, 1, 0x0D, 0x05), "waiting for the partner"),
        (BondPort(True, True, 0, 1, 0x05, 0x05), "negotiating"),
        (BondPort(True, True, 0, 1, 0x45, 0x01), "no partner"),
        (BondPort(True, True, 0, 1, 0x8D, 0x01), "partner fell silent"),
        (BondPort(True, True, 0, 2, 0x3D, 0x3D), "in another aggregator"),
        (BondPort(False, False, 1, 1, 0x45, 0x00), "no carrier"),
        (BondPort(True, True), ""),
    ],
)
def test_lacp_in_words(port: BondPort, expected: str) -> None:
    assert lacp.format_state(port, BondState("802.3ad", aggregator=1)) == expected
    assert lacp.format_state(port, BondState("active-backup")) == ""


def test_a_link_whose_base_is_elsewhere() -> None:
    found = read(newlink(2, "host0", attribute(5, struct.pack("=I", 17)), attribute(37, struct.pack("=i", 0))))
    assert (found.base, found.base_elsewhere) == (None, True)


def test_a_kind_that_nobody_here_knows_breaks_nothing() -> None:
    info = attribute(18, attribute(1, b"gadget\0"), attribute(2, b"\xff" * 11), attribute(4, b"huh\0"))
    assert read(newlink(2, "x", info, attribute(250, b"news"))).kind == "gadget"


def test_a_link_that_leaves_a_bridge_is_not_gone() -> None:
    """The kernel says so with DELLINK, of the family AF_BRIDGE."""
    body = struct.pack("=BxHiII", 7, 1, 2, 0, 0) + attribute(3, b"eth0\0")
    data = struct.pack("=IHHII", 16 + len(body), decode.DELLINK, 0, 0, 0) + body
    assert list(decode.decode_updates(messages([data]))) == []


def test_what_was_recorded() -> None:
    after = dump("after")
    eth0 = next(link for link in after.links.values() if link.name == "eth0")
    assert (eth0.kind, eth0.up, eth0.carrier, eth0.mtu) == ("veth", True, True, 1500)
    origins = {str(one.address): origin(one) for one in after.addresses.values() if one.index == eth0.index}
    assert origins.pop("192.0.2.5/24") is Origin.STATIC
    assert origins.pop("192.0.2.6/24") is Origin.STATIC
    assert set(origins.values()) <= {Origin.LINK_LOCAL, Origin.STATIC}
    neighbours = [one for one in after.neighbours.values() if one.ip == "192.0.2.1"]
    assert all(one.state is Answering.PERMANENT for one in neighbours)
    assert kinds(list(EVENTS)) >= {decode.NEWLINK, decode.DELLINK, decode.NEWADDR, decode.DELADDR, decode.NEWROUTE}


def test_neighbours_that_need_no_asking_are_none() -> None:
    for state, expected in ((0x40, None), (0x02, Answering.REACHABLE), (0x20, Answering.FAILED)):
        body = struct.pack("=BxxxiHBB", 2, 2, state, 0, 1) + attribute(1, bytes((192, 0, 2, 9)))
        data = struct.pack("=IHHII", 16 + len(body), decode.NEWNEIGH, 0, 0, 0) + body
        (found,) = decode.decode_updates(messages([data]))
        assert (found.state if isinstance(found, Neighbour) else None) is expected


STATIC6 = ObservedAddress(2, Address("2001:db8::5", 64), 6)


@pytest.mark.parametrize(
    ("address", "link_info", "expected"),
    [
        (ObservedAddress(2, Address("192.0.2.5", 24), 4), None, Origin.STATIC),
        (ObservedAddress(2, Address("192.0.2.5", 24), 4, lent=True), None, Origin.DHCP),
        (ObservedAddress(2, Address("192.0.2.5", 24), 4), NmLinkInfo("lan", asks4=True), Origin.DHCP),
        (ObservedAddress(2, Address("169.254.1.1", 16), 4, scope=253), None, Origin.LINK_LOCAL),
        (ObservedAddress(1, Address("127.0.0.1", 8), 4, scope=254), None, Origin.KERNEL),
        (ObservedAddress(2, Address("fe80::1", 64), 6, scope=253, proto=3), None, Origin.LINK_LOCAL),
        (STATIC6, NmLinkInfo("lan", asks4=True), Origin.STATIC),
        (ObservedAddress(2, Address("2001:db8::5", 64), 6, lent=True), None, Origin.ROUTER),
        (ObservedAddress(2, Address("2001:db8::5", 64), 6, proto=2), None, Origin.ROUTER),
        (ObservedAddress(2, Address("2001:db8::5", 64), 6, flags=0x101, lent=True), None, Origin.ROUTER),
        (ObservedAddress(2, Address("2001:db8::5", 128), 6, lent=True), None, Origin.DHCP),
    ],
)
def test_origins(address: ObservedAddress, link_info: NmLinkInfo | None, expected: Origin) -> None:
    assert origin(address, link_info) is expected
