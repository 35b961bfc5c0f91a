"""The inside of what is made of others, as the kernel and NetworkManager tell of it."""

import socket
from typing import Any

from dbus_fast import Variant

from netconf.kernel.observe import from_netlink
from netconf.kinds import Bond, BondMode, BondPort, BridgePort, PortMode, PortVlan, Vlan, VlanProtocol, Vrf, Vxlan
from netconf.model import Interface, IpConfig, LinkType, Rule, RuleAction, WaitIp
from netconf.networkmanager.known import Known, known, with_known


def link(
    index: int, name: str, kind: str | None = None, data: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    info = {"linkinfo": {"IFLA_INFO_KIND": kind, "IFLA_INFO_DATA": data or {}}} if kind else {}
    return {"index": index, "ifname": name, "flags": 1, "ifi_type": 1, "mtu": 1500, "carrier": 1} | info | more


def found(*links: dict[str, Any], vlans: Any = ()) -> dict[str, Interface]:
    return {i.name: i for i in from_netlink(links, (), (), (), vlans).interfaces}


ETH1, ETH2 = link(2, "eth1", master=9), link(3, "eth2", master=9)


def test_a_bond_with_the_options_of_its_mode() -> None:
    data = {"IFLA_BOND_MODE": 1, "IFLA_BOND_MIIMON": 100, "IFLA_BOND_PRIMARY": 3, "IFLA_BOND_FAIL_OVER_MAC": 2}
    more = {"IFLA_BOND_AD_LACP_RATE": 1, "IFLA_BOND_AD_ACTOR_SYSTEM": "00:00:00:00:00:00"}
    bond0 = found(ETH1, ETH2, link(9, "bond0", "bond", data | more))["bond0"]
    options = (("fail_over_mac", "follow"), ("miimon", 100), ("primary", "eth2"))
    assert bond0.bond == Bond(BondMode.ACTIVE_BACKUP, ("eth1", "eth2"), options)
    lacp = found(link(9, "bond0", "bond", {"IFLA_BOND_MODE": 4} | more))["bond0"]
    assert lacp.bond == Bond(BondMode.LACP, (), (("lacp_rate", "fast"),))


def test_what_is_said_of_the_ports_of_a_bond() -> None:
    inside = {"IFLA_BOND_SLAVE_QUEUE_ID": 3, "IFLA_BOND_SLAVE_PRIO": -2}
    port = ETH1 | {"linkinfo": {"IFLA_INFO_SLAVE_KIND": "bond", "IFLA_INFO_SLAVE_DATA": inside}}
    backup = found(port, link(9, "bond0", "bond", {"IFLA_BOND_MODE": 1}))["bond0"].bond
    assert backup is not None
    assert backup.details == (BondPort("eth1", (("priority", -2), ("queue-id", 3))),)
    lacp = found(port, link(9, "bond0", "bond", {"IFLA_BOND_MODE": 4}))["bond0"].bond
    assert lacp is not None
    assert lacp.details == (BondPort("eth1", (("queue-id", 3),)),)  # no mode but those with one active port knows it


def test_what_stands_on_others() -> None:
    vlan = link(4, "v7", "vlan", {"IFLA_VLAN_ID": 7, "IFLA_VLAN_PROTOCOL": 0x88A8}, link=2)
    vxlan_data = {"IFLA_VXLAN_ID": 8, "IFLA_VXLAN_LINK": 2, "IFLA_VXLAN_GROUP": "239.1.1.1", "IFLA_VXLAN_PORT": 4789}
    links = found(ETH1, vlan, link(5, "x8", "vxlan", vxlan_data), link(9, "r", "vrf", {"IFLA_VRF_TABLE": 50}))
    assert links["v7"].vlan == Vlan("eth1", 7, VlanProtocol.IEEE_802_1AD)
    assert links["x8"].vxlan == Vxlan(8, "eth1", "239.1.1.1", learning=False)
    assert links["r"].vrf == Vrf(50, ("eth1",))


def test_the_other_end_of_a_veth_is_known_only_here() -> None:
    assert found(link(2, "a", "veth", link=3), link(3, "b", "veth", link=2))["a"].peer == "b"
    assert found(link(2, "a", "veth", link=3, link_netnsid=0), link(3, "b"))["a"].peer is None


def vlan_entry(index: int, *entries: tuple[int, int]) -> dict[str, Any]:
    attributes = [("IFLA_BRIDGE_VLAN_INFO", {"vid": vid, "flags": flags}) for vid, flags in entries]
    return {"index": index, "family": socket.AF_BRIDGE, "af_spec": {"attrs": attributes}}


def test_vlans_of_ports_beside_the_default_one() -> None:
    bridge = link(9, "br0", "bridge", {"IFLA_BR_VLAN_FILTERING": 1, "IFLA_BR_VLAN_DEFAULT_PVID": 1})
    pvid_untagged, untagged, begin, end = 6, 4, 8, 16
    entries = (
        vlan_entry(2, (1, untagged), (100, pvid_untagged), (500, begin), (503, end), (504, 0)),
        vlan_entry(3, (1, untagged), (12, pvid_untagged)),
        vlan_entry(4, (1, pvid_untagged)),
        vlan_entry(9, (1, pvid_untagged)),
    )
    inside = found(ETH1, ETH2, link(4, "eth3", master=9), bridge, vlans=entries)["br0"].bridge
    assert inside is not None
    assert inside.port("eth1") == BridgePort("eth1", PortVlan(PortMode.TRUNK, 100, True, ((500, 504),)))
    assert inside.port("eth2") == BridgePort("eth2", PortVlan(PortMode.ACCESS, 12))
    assert inside.port("eth3") == BridgePort("eth3", PortVlan())
    assert inside.filters


def test_rules_of_the_kernel_are_nobodys_wish() -> None:
    def rule(**more: Any) -> dict[str, Any]:
        return {"family": socket.AF_INET, "action": 1, "FRA_PRIORITY": 1000, "FRA_TABLE": 50} | more

    rules = (
        rule(src="192.0.2.0", src_len=24),
        rule(FRA_PROTOCOL=2),
        rule(family=socket.AF_INET6, action=6, FRA_TABLE=0, iifname="eth1", FRA_FWMARK=5, FRA_FWMASK=255),
        rule(action=2),
    )
    assert from_netlink((), (), (), rules).rules == (
        Rule(family=4, source="192.0.2.0/24", priority=1000, table=50),
        Rule(family=6, incoming="eth1", fwmark=5, fwmask=255, priority=1000, action=RuleAction.BLACKHOLE),
    )


def test_what_only_networkmanager_knows() -> None:
    said = known(
        {
            "connection": {"lldp": Variant("i", 1)},
            "user": {"data": Variant("a{ss}", {"nmstate.interface.description": "uplink"})},
            "ipv4": {
                "method": Variant("s", "auto"),
                "ignore-auto-dns": Variant("b", True),
                "route-metric": Variant("x", 7),
            },
            "ipv6": {"method": Variant("s", "dhcp"), "addr-gen-mode": Variant("i", 1)},
        }
    )
    assert dict(said.options4) == {
        "auto-dns": False,
        "auto-gateway": True,
        "auto-route-metric": 7,
        "auto-routes": True,
        "dhcp-send-hostname": True,
    }
    assert dict(said.options6)["addr-gen-mode"] == "stable-privacy"
    eth0 = with_known(Interface("eth0", LinkType.ETHERNET, ipv4=IpConfig()), said)
    assert (eth0.lldp, eth0.description) == (True, "uplink")
    assert eth0.ipv4 == IpConfig(enabled=True, dhcp=True, options=said.options4)
    assert eth0.ipv6 == IpConfig(enabled=True, dhcp=True, options=said.options6)
    assert known({}) == Known(options4=known({}).options4, options6=known({}).options6)


def test_a_nic_without_addresses_waits_for_none() -> None:
    """NetworkManager writes profiles of its own for NICs that it finds, also for those that become ports later."""
    found = known({group: {"may-fail": Variant("b", True)} for group in ("ipv4", "ipv6")})
    assert with_known(Interface("eth0", ipv4=IpConfig(enabled=False)), found).wait_ip is None
    assert with_known(Interface("eth0", ipv4=IpConfig(enabled=True)), found).wait_ip is WaitIp.ANY
