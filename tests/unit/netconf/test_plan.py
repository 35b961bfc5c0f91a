"""What is done to a network, from wish and observation."""

from dataclasses import replace

import pytest

from netconf.document import parse
from netconf.errors import (
    AddressesOnPort,
    HasDependents,
    MtuTooLarge,
    NeedsMode,
    NeedsPeer,
    NoSuchInterface,
    NoSuchMac,
    OtherType,
    PortTaken,
    Refused,
)
from netconf.kinds import Bond, BondMode, Bridge, Vlan
from netconf.model import (
    Address,
    Dns,
    Interface,
    IpConfig,
    LinkState,
    LinkType,
    NetworkState,
    Route,
    RouteMatch,
    Rule,
    WaitIp,
)
from netconf.planning.completion import complete, ports
from netconf.planning.plan import plan
from tests.unit.netconf.states import AFTER, BEFORE, DOCUMENT, MAC, OFF, STATIC, bridge, default, nic

DESIRED = parse(DOCUMENT)
TAP = Interface("vnet0", LinkType.TUN, mac="fe:54:00:00:00:09", controller="ovirtmgmt", ipv4=OFF, ipv6=OFF)


NO_DEFAULT = "No longer: Route 0.0.0.0/0 over 192.0.2.1 on host0"


def descriptions(desired: NetworkState, observed: NetworkState) -> list[str]:
    return [step.description for step in plan(desired, observed)]


def test_the_address_moves_from_the_nic_to_the_bridge() -> None:
    assert descriptions(DESIRED, BEFORE) == [
        "Make the bridge ovirtmgmt over host0 with 192.0.2.11/24",
        "Take IPv4 away from host0 (it has 192.0.2.11/24)",
        NO_DEFAULT,
        "Route 0.0.0.0/0 over 192.0.2.1 on ovirtmgmt",
    ]


def test_a_settled_host_needs_nothing() -> None:
    assert descriptions(DESIRED, AFTER) == []


def test_a_new_bridge_has_the_mac_of_its_first_port() -> None:
    assert [i.mac for i in complete(DESIRED, BEFORE).interfaces] == [MAC, None]
    assert [i.mac for i in complete(DESIRED, AFTER).interfaces] == [None, None]
    copying = NetworkState((replace(bridge("host0"), mac=None, copy_mac_from="host0"),))
    assert complete(copying, AFTER).interfaces[0].mac == MAC


def test_taps_of_vms_are_no_drift() -> None:
    ovirtmgmt = bridge("host0", "vnet0")
    observed = replace(AFTER, interfaces=(nic(ipv4=OFF, controller="ovirtmgmt"), ovirtmgmt, TAP))
    assert descriptions(DESIRED, observed) == []
    assert ports("ovirtmgmt", observed) == ("host0",)


def test_ports_come_and_go() -> None:
    extra = replace(nic("eth1", ipv4=OFF, controller="ovirtmgmt"), mac="52:54:00:00:00:02")
    free = nic(ipv4=OFF)
    observed = replace(AFTER, interfaces=(free, extra, bridge("eth1")))
    assert descriptions(DESIRED, observed) == ["Plug host0 into ovirtmgmt", "Pull eth1 out of ovirtmgmt"]


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        (Interface("host0", mtu=9000), ["Set the MTU of host0 to 9000 (it is 1500)"]),
        (Interface("host0", mac="52:54:00:00:00:09"), [f"Give host0 the MAC address 52:54:00:00:00:09 (it has {MAC})"]),
        (Interface("host0", state=LinkState.DOWN, mtu=9000), ["Bring host0 down (it has 192.0.2.11/24)", NO_DEFAULT]),
        (
            Interface("host0", ipv4=IpConfig(enabled=True, dhcp=True)),
            ["Get the IPv4 address of host0 by DHCP (it has 192.0.2.11/24)"],
        ),
        (
            Interface("host0", ipv6=IpConfig(enabled=True, autoconf=True)),
            ["Get IPv6 addresses of host0 from router advertisements"],
        ),
        (
            Interface("host0", ipv4=IpConfig(True, addresses=(Address("192.0.2.12", 24),))),
            ["Give host0 192.0.2.12/24", "Take 192.0.2.11/24 away from host0"],
        ),
        (Interface("host0", ipv4=OFF), ["Take IPv4 away from host0 (it has 192.0.2.11/24)", NO_DEFAULT]),
        (Interface("host0", ipv6=OFF), []),
        (Interface("host0"), []),
        (Interface("eth9", state=LinkState.ABSENT), []),
    ],
)
def test_one_interface(desired: Interface, expected: list[str]) -> None:
    assert descriptions(NetworkState((desired,)), BEFORE) == expected


def test_from_dhcp_to_static() -> None:
    lent = IpConfig(enabled=True, dhcp=True, addresses=(Address("192.0.2.77", 24),))
    observed = NetworkState((nic(ipv4=lent),))
    desired = NetworkState((Interface("host0", ipv4=STATIC),))
    assert descriptions(desired, observed) == [
        "Stop asking for IPv4 addresses of host0 (it has 192.0.2.77/24 by DHCP)",
        "Give host0 192.0.2.11/24",
    ]
    assert descriptions(NetworkState((Interface("host0", ipv4=IpConfig(enabled=True, dhcp=True)),)), observed) == []


def test_options_of_a_bridge() -> None:
    desired = NetworkState((replace(bridge("host0"), bridge=Bridge(None, stp=True, forward_delay_s=4)),))
    assert descriptions(desired, AFTER) == [
        "Turn STP of ovirtmgmt on",
        "Set the forward delay of ovirtmgmt to 4 s (it is 0 s)",
    ]


def test_the_forward_delay_of_a_bridge_without_stp_means_nothing() -> None:
    desired = NetworkState((replace(bridge("host0"), bridge=Bridge(None, stp=False, forward_delay_s=9)),))
    assert descriptions(desired, AFTER) == []


def test_a_bridge_is_removed_and_a_nic_cannot_be() -> None:
    gone = (
        Interface("ovirtmgmt", LinkType.LINUX_BRIDGE, LinkState.ABSENT),
        Interface("host0", state=LinkState.ABSENT),
    )
    assert descriptions(NetworkState(gone), AFTER) == [
        "Remove ovirtmgmt (it has 192.0.2.11/24)",
        "No longer: Route 0.0.0.0/0 over 192.0.2.1 on ovirtmgmt",
    ]


def test_routes_with_and_without_metric() -> None:
    observed = replace(BEFORE, routes=(default("host0"),))
    assert descriptions(NetworkState(routes=(Route("0.0.0.0/0", "192.0.2.1", "host0"),)), observed) == []
    assert descriptions(NetworkState(routes=(Route("0.0.0.0/0", "192.0.2.1", "host0", 7),)), observed) == [
        "Route 0.0.0.0/0 over 192.0.2.1 on host0"
    ]


def test_dns() -> None:
    assert descriptions(NetworkState(dns=BEFORE.dns), BEFORE) == []
    assert descriptions(NetworkState(dns=Dns(("192.0.2.2",), ("example.net",))), BEFORE) == [
        "Resolve names by 192.0.2.2, searching example.net"
    ]


@pytest.mark.parametrize(
    ("desired", "observed", "error", "message"),
    [
        (NetworkState((Interface("eth9"),)), BEFORE, NoSuchInterface, "Choose one of host0"),
        (NetworkState((bridge("eth9"),)), BEFORE, NoSuchInterface, "eth9"),
        (NetworkState(routes=(default("eth9"),)), BEFORE, NoSuchInterface, "eth9"),
        (NetworkState((Interface("ovirtmgmt"),)), AFTER, OtherType, "it is a linux-bridge"),
        (NetworkState((replace(bridge("host0"), name="br1"),)), AFTER, PortTaken, "ovirtmgmt"),
        (NetworkState((nic(ipv4=IpConfig(True, dhcp=True)),)), AFTER, AddressesOnPort, "a port of ovirtmgmt"),
        (NetworkState((Interface("host0", wait_ip=WaitIp.IPV4),)), AFTER, AddressesOnPort, "a port of ovirtmgmt"),
    ],
)
def test_what_cannot_be(desired: NetworkState, observed: NetworkState, error: type[Refused], message: str) -> None:
    with pytest.raises(error) as caught:
        plan(desired, observed)
    assert message in str(caught.value)


ETH = [Interface(f"eth{n}", mac=f"52:54:00:00:00:0{n}", mtu=1500, ipv4=OFF, ipv6=OFF) for n in range(4)]
BARE = NetworkState(tuple(ETH), ())
BOND = Interface("bond0", LinkType.BOND, bond=Bond(BondMode.LACP, ("eth1", "eth2")))
VLAN = Interface("bond0.7", LinkType.VLAN, vlan=Vlan("bond0", 7))
OVER = Interface("br7", LinkType.LINUX_BRIDGE, bridge=Bridge(("bond0.7",)))
STACK = NetworkState(
    (
        *ETH[:1],
        *(replace(nic, controller="bond0") for nic in ETH[1:3]),
        ETH[3],
        BOND,
        replace(VLAN, controller="br7"),
        OVER,
    )
)


def test_what_others_stand_on_is_made_first_and_removed_last() -> None:
    assert descriptions(NetworkState((OVER, VLAN, BOND)), BARE) == [
        "Make the bond bond0 (802.3ad) over eth1, eth2",
        "Make the VLAN bond0.7 over bond0",
        "Make the bridge br7 over bond0.7",
    ]
    assert descriptions(NetworkState((OVER, VLAN, BOND)), STACK) == []
    gone = tuple(Interface(name, LinkType.OTHER, LinkState.ABSENT) for name in ("bond0", "bond0.7", "br7"))
    assert descriptions(NetworkState(gone), STACK) == ["Remove br7", "Remove bond0.7", "Remove bond0"]


def test_a_bond_changes_in_place() -> None:
    desired = replace(BOND, bond=Bond(BondMode.ACTIVE_BACKUP, ("eth1", "eth3"), (("miimon", 100),)))
    assert descriptions(NetworkState((desired,)), STACK) == [
        "Plug eth3 into bond0",
        "Pull eth2 out of bond0",
        "Change the mode of bond0 to active-backup (it is 802.3ad)",
    ]


def test_a_port_moves_between_bridges() -> None:
    bridges = (
        Interface("br1", LinkType.LINUX_BRIDGE, bridge=Bridge(())),
        Interface("br2", LinkType.LINUX_BRIDGE, bridge=Bridge(("eth1",))),
    )
    now = NetworkState((replace(ETH[1], controller="br1"), replace(bridges[0], bridge=Bridge(("eth1",))), bridges[1]))
    now = replace(now, interfaces=(*now.interfaces[:2], replace(bridges[1], bridge=Bridge(()))))
    assert descriptions(NetworkState(bridges), now) == ["Pull eth1 out of br1", "Plug eth1 into br2"]


def test_a_nic_is_found_by_its_mac() -> None:
    port = Interface("uplink", mac="52:54:00:00:00:01", by_mac=True, mtu=9000)
    desired = NetworkState((port, replace(BOND, bond=Bond(BondMode.LACP, ("uplink",)))), (default("uplink"),))
    done = complete(desired, BARE)
    assert [(i.name, i.mac) for i in done.interfaces] == [("eth1", None), ("bond0", "52:54:00:00:00:01")]
    assert done.interfaces[1].ports == ("eth1",)
    assert done.routes == (default("eth1"),)


def test_rules_and_routes_that_go() -> None:
    now = replace(BEFORE, rules=(Rule(family=4, source="10.0.0.0/8", priority=9, table=50),))
    desired = NetworkState(
        gone=(RouteMatch(interface="host0"),), gone_rules=(Rule(table=50),), rules=(Rule(family=4, table=7),)
    )
    assert descriptions(desired, now) == [
        "No longer: Route 0.0.0.0/0 over 192.0.2.1 on host0",
        "No longer: Rule for IPv4 from 10.0.0.0/8 with priority 9: look up in table 50",
        "Rule for IPv4 : look up in table 7",
    ]
    assert descriptions(NetworkState(rules=now.rules), now) == []


@pytest.mark.parametrize(
    ("desired", "error", "message"),
    [
        (Interface("bond0", LinkType.OTHER, LinkState.ABSENT), HasDependents, "bond0.7 stands on it"),
        (Interface("bond1", LinkType.BOND, bond=Bond(None, ("eth3",))), NeedsMode, "mode"),
        (replace(VLAN, mtu=1501), MtuTooLarge, "lets 1500 through"),
        (replace(VLAN, name="v", vlan=Vlan("eth9", 7)), NoSuchInterface, "eth9"),
        (Interface("x", mac="52:54:00:00:00:77", by_mac=True), NoSuchMac, "none"),
        (replace(OVER, name="br8"), PortTaken, "br7"),
        (Interface("v0", LinkType.VETH), NeedsPeer, "does not say its other end"),
    ],
)
def test_what_cannot_be_in_a_stack(desired: Interface, error: type[Refused], message: str) -> None:
    observed = replace(STACK, interfaces=tuple(replace(i, mtu=1500) for i in STACK.interfaces))
    with pytest.raises(error) as caught:
        plan(NetworkState((desired,)), observed)
    assert message in str(caught.value)
