"""What a host is when a wish has come true."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, example, given, settings

from netconf.errors import Refused
from netconf.kinds import Bond, BondMode, BondPort, Bridge, BridgePort, PortMode, PortVlan, Vlan
from netconf.model import Interface, IpConfig, LinkState, LinkType, NetworkState, Route
from netconf.planning.completion import complete
from netconf.planning.merge import expected_state
from netconf.planning.plan import plan
from tests.unit.netconf.states import AFTER, BEFORE, OFF, bridge, default, nic
from tests.unit.netconf.test_document_property import states

NICS = tuple(
    Interface(f"eth{n}", mac=f"52:54:00:00:00:0{n}", permanent_mac=f"52:54:00:00:00:0{n}", mtu=1500, ipv4=OFF, ipv6=OFF)
    for n in range(4)
)
BARE = NetworkState((*NICS, Interface("uplink0", LinkType.ETHERNET, mtu=1500, carrier=True, ipv4=OFF, ipv6=OFF)), ())


@example(
    NetworkState(
        (
            Interface(
                "br0",
                LinkType.LINUX_BRIDGE,
                bridge=Bridge(("eth0",), details=(BridgePort("eth0", PortVlan(PortMode.ACCESS, 1)),)),
            ),
        )
    )
)
@example(
    NetworkState(
        (
            Interface(
                "bond0",
                LinkType.BOND,
                bond=Bond(BondMode.XOR, ("eth0",), details=(BondPort("eth0", (("queue-id", 0),)),)),
            ),
        )
    )
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(states)
def test_a_wish_that_has_come_true_leaves_nothing_to_do(desired: NetworkState) -> None:
    desired = replace(desired, gone=(), gone_rules=())  # what comes and goes in one document is another test's
    try:
        plan(desired, BARE)
    except Refused:
        assume(False)
    assert plan(desired, expected_state(complete(desired, BARE), BARE)) == ()


def one(desired: Interface, observed: NetworkState) -> Interface:
    found = expected_state(complete(NetworkState((desired,)), observed), observed).interface(desired.name)
    assert found is not None
    return found


def test_another_mode_keeps_no_options_of_the_earlier_one() -> None:
    current = Bond(BondMode.LACP, ("eth1",), (("lacp_rate", "fast"), ("miimon", 100), ("updelay", 0)))
    observed = replace(BARE, interfaces=(*BARE.interfaces, Interface("bond0", LinkType.BOND, bond=current)))
    more = Interface("bond0", LinkType.BOND, bond=Bond(None, None, (("miimon", 50),)))
    assert one(more, observed).bond == Bond(BondMode.LACP, ("eth1",), (("lacp_rate", "fast"), ("miimon", 50)))
    other = Interface("bond0", LinkType.BOND, bond=Bond(BondMode.TLB))
    assert one(other, observed).bond == Bond(BondMode.TLB, ("eth1",))


def test_links_are_watched_in_one_way() -> None:
    current = Bond(BondMode.XOR, ("eth1",), (("miimon", 100), ("updelay", 200)))
    observed = replace(BARE, interfaces=(*BARE.interfaces, Interface("bond0", LinkType.BOND, bond=current)))
    asked = (("arp_interval", 100), ("arp_ip_target", "192.0.2.1"))
    assert one(Interface("bond0", LinkType.BOND, bond=Bond(options=asked)), observed).bond == replace(
        current, options=asked
    )


def test_vlans_of_ports_that_the_wish_does_not_name_stay() -> None:
    vlan = BridgePort("eth1", PortVlan(PortMode.ACCESS, 5))
    current = Interface("br0", LinkType.LINUX_BRIDGE, bridge=Bridge(("eth1",), False, 0, details=(vlan,)))
    port = replace(NICS[1], controller="br0")
    observed = NetworkState((NICS[0], port, NICS[2], NICS[3], current), ())
    desired = Interface("br0", LinkType.LINUX_BRIDGE, bridge=Bridge(("eth1", "eth2")))
    found = one(desired, observed).bridge
    assert found is not None
    assert (found.ports, found.details) == (("eth1", "eth2"), (vlan,))
    assert found.filters


def test_what_comes_by_itself_is_not_asked_for() -> None:
    vlan = Interface("eth1.5", LinkType.VLAN, vlan=Vlan("eth1", 5), mac=NICS[1].mac, mtu=9000)
    observed = NetworkState((replace(NICS[1], mtu=9000), vlan))
    desired = Interface("eth1.5", LinkType.VLAN, ipv4=IpConfig(enabled=True, dhcp=True))
    assert (one(desired, observed).mac, one(desired, observed).mtu) == (None, None)
    assert one(Interface("eth1"), observed).mtu == 9000


def test_routes_go_with_the_address_that_moved_to_a_bridge() -> None:
    desired = NetworkState((bridge("host0"),), (default("ovirtmgmt"),))
    assert expected_state(complete(desired, BEFORE), BEFORE).routes == (default("ovirtmgmt"),)


def test_a_route_gives_way_to_one_to_the_same_place() -> None:
    other = Route("0.0.0.0/0", "192.0.2.254", "ovirtmgmt")
    assert expected_state(NetworkState(routes=(other,)), AFTER).routes == (other,)
    second = replace(other, metric=200)
    assert expected_state(NetworkState(routes=(second,)), AFTER).routes == (second, default("ovirtmgmt"))


def test_a_removed_bridge_frees_its_ports() -> None:
    gone = NetworkState((Interface("ovirtmgmt", LinkType.LINUX_BRIDGE, LinkState.ABSENT),))
    (host0,) = expected_state(gone, AFTER).interfaces
    assert (host0.name, host0.controller) == (nic().name, None)
