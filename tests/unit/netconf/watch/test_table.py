"""What `trivet net watch` prints first, in 80 columns, and the same as plain values."""

import json
from dataclasses import replace

from netconf.kinds import LldpNeighbour
from netconf.model import Address
from netconf.watch import document
from netconf.watch.readings import parse_counters
from netconf.watch.table import table
from netconf.watch.view import (
    Answering,
    BondPort,
    BondState,
    Counters,
    Kernel,
    Link,
    Neighbour,
    NmLinkInfo,
    ObservedAddress,
    ObservedRoute,
    Speed,
    View,
    apply,
)

LONG = Address("2001:db8:1111:2222:3333:4444:5555:6666", 128)
UPDATES = (
    Link(1, "lo", "loopback", up=True, carrier=True),
    Link(2, "enp129s0f0npv12", up=True, carrier=True),
    Link(3, "eth1", up=True, controller=4, bond_port=BondPort(False, False, 3, 1, 0x45, 0)),
    Link(4, "bond0", "bond", up=True, carrier=True, bond=BondState("802.3ad", aggregator=1)),
    ObservedAddress(1, Address("127.0.0.1", 8), 4, scope=254),
    ObservedAddress(2, Address("192.0.2.5", 24), 4, lent=True, flags=0x08),
    ObservedAddress(2, LONG, 6),
    ObservedAddress(2, Address("fe80::5", 64), 6, scope=253),
    Neighbour(2, "192.0.2.1", "", Answering.FAILED),
)
ROUTES = frozenset({ObservedRoute("0.0.0.0/0", "192.0.2.1", 2, 100, 254, "dhcp")})
VIEW = View(
    replace(apply(Kernel(), UPDATES), routes=ROUTES),
    speeds={2: Speed(25000, "full"), 4: Speed(100, "half")},
    counters={"eth1": Counters(rx_errors=7)},
    nm_links={"enp129s0f0npv12": NmLinkInfo("lan", lldp=(LldpNeighbour("switch-a", "02:aa", "7"),))},
    drift=("Remove br0",),
    unreachable_gateways=frozenset({(2, "192.0.2.1")}),
)

EXPECTED = """\
INTERFACE       STATE   SPEED ADDRESS AND ORIGIN
bond0           up       100M
  ! half duplex: the other end does not negotiate
  ! no LACP partner
enp129s0f0npv12 up        25G 192.0.2.5/24 dhcp
                              2001:db8:1111:2222:3333:4444:5555:6666/128 static
  ! another machine has 192.0.2.5
  ! the gateway 192.0.2.1 does not answer
eth1            no link       port of bond0
  ! 7 frames received and 0 sent with errors so far
  ! bond0 cannot use it (3 failures so far)
lo              up            127.0.0.1/8 kernel
Default route over 192.0.2.1 on enp129s0f0npv12 (dhcp)
enp129s0f0npv12 is plugged into port 7 of switch-a
Not as it was confirmed; to do: Remove br0"""


def test_the_table() -> None:
    assert table(VIEW) == EXPECTED
    assert all(len(line) <= 80 for line in EXPECTED.splitlines())


def test_the_same_as_plain_values() -> None:
    said = json.loads(json.dumps(document.render(VIEW)))
    by_name = {one["name"]: one for one in said["interfaces"]}
    assert by_name["bond0"]["bond"]["partner_mac"] is None
    assert by_name["eth1"]["bond_port"] == {
        "active": False,
        "mii_up": False,
        "failures": 3,
        "aggregator": 1,
        "lacp": "no carrier",
    }
    assert by_name["eth1"]["lldp"] == "not listened for"
    assert by_name["enp129s0f0npv12"]["lldp"][0]["port"] == "7"
    assert by_name["enp129s0f0npv12"]["addresses"][0] == {
        "address": "192.0.2.5/24",
        "origin": "dhcp",
        "duplicate": True,
    }
    assert said["neighbours"] == [
        {"interface": "enp129s0f0npv12", "ip": "192.0.2.1", "mac": None, "state": "silent", "gateway": True}
    ]
    assert said["drift"] == ["Remove br0"]


def test_counters_as_the_kernel_prints_them() -> None:
    said = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
    lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0
eth0:1:98765 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0
"""
    same = Counters(98765, 2, 3, 4, 5, 6, 7, 8)
    assert parse_counters(said) == {"lo": replace(same, rx_bytes=1), "eth0:1": same}
