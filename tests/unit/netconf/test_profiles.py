"""What NetworkManager is told."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from dbus_fast import Variant

from netconf.document import parse
from netconf.kinds import Bond, BondMode, BondPort, Bridge, BridgePort, PortMode, PortVlan, Vlan
from netconf.model import Address, Dns, Interface, IpConfig, LinkState, LinkType, NetworkState, WaitIp
from netconf.networkmanager.known import known
from netconf.networkmanager.profiles import MARK, Profile
from netconf.networkmanager.work import Work, work
from netconf.planning.plan import plan
from tests.unit.netconf.states import AFTER, BEFORE, DOCUMENT, MAC, OFF, bridge, nic


def made(desired: NetworkState, observed: NetworkState) -> Work:
    numbers = count(1)
    return work(desired, observed, plan(desired, observed), change="c1", new_uuid=lambda: f"uuid-{next(numbers)}")


def plain(profile: Profile) -> dict[str, dict[str, Any]]:
    def value(found: Any) -> Any:
        if isinstance(found, list):
            return [value(item) for item in found]
        if isinstance(found, dict):
            return {key: value(item) for key, item in found.items()}
        return value(found.value) if hasattr(found, "signature") else found

    return {group: {key: value(v) for key, v in settings.items()} for group, settings in profile.settings.items()}


def test_the_management_bridge_and_its_port() -> None:
    todo = made(parse(DOCUMENT), BEFORE)
    assert [(p.interface, p.controller) for p in todo.profiles] == [("ovirtmgmt", None), ("host0", "ovirtmgmt")]
    assert todo.touched == ("ovirtmgmt", "host0")
    ovirtmgmt, host0 = (plain(profile) for profile in todo.profiles)
    assert ovirtmgmt["connection"] == {
        "id": "trivet ovirtmgmt",
        "uuid": "uuid-1",
        "type": "bridge",
        "interface-name": "ovirtmgmt",
        "autoconnect": True,
        "autoconnect-priority": 100,
        "autoconnect-retries": 0,
    }
    assert ovirtmgmt["user"] == {"data": {MARK: "c1"}}
    assert ovirtmgmt["bridge"] == {"stp": False, "forward-delay": 0}
    assert ovirtmgmt["802-3-ethernet"] == {"assigned-mac-address": MAC}
    assert ovirtmgmt["ipv4"] == {
        "method": "manual",
        "address-data": [{"address": "192.0.2.11", "prefix": 24}],
        "route-data": [{"dest": "0.0.0.0", "prefix": 0, "next-hop": "192.0.2.1"}],
        "ignore-auto-dns": True,
        "dns": [0x010200C0],
        "dns-search": ["example.org"],
    }
    assert ovirtmgmt["ipv6"] == {"method": "disabled"}
    assert host0["connection"]["type"] == "802-3-ethernet"
    assert (host0["connection"]["master"], host0["connection"]["slave-type"]) == ("ovirtmgmt", "bridge")
    assert set(host0) == {"connection", "user", "802-3-ethernet"}


def test_a_change_of_the_bridge_brings_its_ports_along() -> None:
    ipv4 = IpConfig(True, addresses=(Address("192.0.2.12", 24),))
    desired = NetworkState((Interface("ovirtmgmt", LinkType.LINUX_BRIDGE, ipv4=ipv4),))
    bridge_profile, port = (plain(profile) for profile in made(desired, AFTER).profiles)
    assert bridge_profile["ipv4"]["address-data"] == [{"address": "192.0.2.12", "prefix": 24}]
    assert bridge_profile["ipv4"]["route-data"][0]["metric"] == 100
    assert bridge_profile["802-3-ethernet"] == {"assigned-mac-address": MAC}
    assert port["connection"]["interface-name"] == "host0"


def test_dhcp_and_mtu_on_a_nic() -> None:
    ip = IpConfig(enabled=True, dhcp=True)
    desired = NetworkState((Interface("host0", mtu=9000, ipv4=ip, ipv6=IpConfig(enabled=True, autoconf=True)),))
    (host0,) = (plain(profile) for profile in made(desired, BEFORE).profiles)
    assert host0["802-3-ethernet"] == {"mtu": 9000}
    assert host0["ipv4"]["method"] == "auto"
    assert host0["ipv6"]["method"] == "auto"


def test_dns_alone_goes_to_the_interface_of_the_default_route() -> None:
    todo = made(NetworkState(dns=Dns(("192.0.2.2", "2001:db8::1"), ())), AFTER)
    ovirtmgmt = plain(todo.profiles[0])
    assert ovirtmgmt["connection"]["interface-name"] == "ovirtmgmt"
    assert ovirtmgmt["ipv4"]["dns"] == [0x020200C0]
    assert "dns-search" not in ovirtmgmt["ipv4"]


def test_ipv6_addresses_and_link_local_only() -> None:
    static = IpConfig(True, addresses=(Address("2001:db8::1", 64),))
    for ipv6, method in ((static, "manual"), (IpConfig(enabled=True), "link-local"), (OFF, "disabled")):
        desired = NetworkState((Interface("host0", mtu=1400, ipv6=ipv6),))
        (host0,) = (plain(profile) for profile in made(desired, BEFORE).profiles)
        assert host0["ipv6"]["method"] == method


def test_removing_pulling_and_taking_down() -> None:
    gone = NetworkState((Interface("ovirtmgmt", LinkType.LINUX_BRIDGE, LinkState.ABSENT),))
    assert made(gone, AFTER) == Work((), remove=("ovirtmgmt",), down=("host0",))
    empty = NetworkState((bridge(),))
    assert made(empty, AFTER).down == ("host0",)
    down = NetworkState((Interface("host0", state=LinkState.DOWN),))
    assert made(down, NetworkState((nic(),))) == Work((), down=("host0",))


def test_a_port_that_is_down_comes_up_with_its_bond() -> None:
    desired = NetworkState((Interface("bond0", LinkType.BOND, bond=Bond(BondMode.LACP, ("host0",))),))
    observed = NetworkState((replace(nic(ipv4=OFF), state=LinkState.DOWN),))
    assert [(p.interface, p.controller) for p in made(desired, observed).profiles] == [
        ("bond0", None),
        ("host0", "bond0"),
    ]


def test_a_port_stays_one_when_something_else_of_it_changes() -> None:
    (host0,) = made(NetworkState((Interface("host0", mtu=9000),)), AFTER).profiles
    assert host0.controller == "ovirtmgmt"
    assert plain(host0)["802-3-ethernet"] == {"mtu": 9000}


def test_what_stands_on_a_bond_is_set_up_after_its_ports() -> None:
    bond = Interface("bond0", LinkType.BOND, bond=Bond(BondMode.XOR, ("host0",)))
    vlan = Interface("bond0.7", LinkType.VLAN, vlan=Vlan("bond0", 7))
    todo = made(NetworkState((vlan, bond)), NetworkState((nic(ipv4=OFF),)))
    assert [p.interface for p in todo.profiles] == ["bond0", "host0", "bond0.7"]
    assert todo.profiles[2].above == ("bond0", "host0")
    assert plain(todo.profiles[2])["vlan"] == {"parent": "bond0", "id": 7, "flags": 1}  # without it no VLAN in it works
    again = made(NetworkState((replace(bond, bond=Bond(BondMode.LACP)),)), STACKED)
    assert [p.interface for p in again.profiles] == ["bond0", "host0", "bond0.7"]


STACKED = NetworkState(
    (
        nic(ipv4=OFF, controller="bond0"),
        Interface("bond0", LinkType.BOND, bond=Bond(BondMode.XOR, ("host0",))),
        Interface("bond0.7", LinkType.VLAN, vlan=Vlan("bond0", 7)),
    )
)


def test_what_is_made_anew_goes_first_the_uppermost_before_the_others() -> None:
    vlan = Interface("bond0.7", LinkType.VLAN, vlan=Vlan("bond0", 8))
    assert made(NetworkState((vlan,)), STACKED).recreate == ("bond0.7",)
    options = Interface("bond0", LinkType.BOND, bond=Bond(options=(("xmit_hash_policy", "layer3+4"),)))
    assert made(NetworkState((options,)), STACKED).recreate == ("bond0.7", "bond0")
    gone = Interface("bond0.7", LinkType.VLAN, LinkState.ABSENT)
    assert made(NetworkState((options, gone)), STACKED).recreate == ("bond0",)


def test_vlans_of_a_port() -> None:
    vlan = PortVlan(PortMode.TRUNK, 100, True, ((500, 503),))
    inside = Bridge(("host0",), details=(BridgePort("host0", vlan),))
    desired = NetworkState((Interface("br0", LinkType.LINUX_BRIDGE, bridge=inside),))
    br0, host0 = (plain(profile) for profile in made(desired, NetworkState((nic(ipv4=OFF),))).profiles)
    assert br0["bridge"]["vlan-filtering"]
    assert host0["bridge-port"] == {
        "vlans": [
            {"vid-start": 100, "vid-end": 100, "pvid": True, "untagged": True},
            {"vid-start": 500, "vid-end": 503},
        ]
    }


def test_how_dhcp_servers_know_the_host() -> None:
    ipv4 = IpConfig(True, dhcp=True, options=(("dhcp-client-id", "iaid+duid"), ("dhcp-custom-hostname", "n1")))
    ipv6 = IpConfig(True, dhcp=True, autoconf=True, options=(("dhcp-duid", "uuid"), ("token", "::7")))
    (made_one,) = made(NetworkState((Interface("host0", ipv4=ipv4, ipv6=ipv6),)), BEFORE).profiles
    host0 = plain(made_one)
    assert host0["ipv4"].items() >= {"dhcp-client-id": "duid", "dhcp-hostname": "n1", "dhcp-iaid": "mac"}.items()
    assert host0["ipv6"].items() >= {"dhcp-duid": "lease", "token": "::7", "addr-gen-mode": 0}.items()
    said = known(made_one.settings)
    assert set(ipv4.options) <= set(said.options4)
    assert set(ipv6.options) <= set(said.options6)


def test_a_token_in_the_notation_of_networkmanager() -> None:
    said = known({"ipv6": {"token": Variant("s", "::0.26.0.43")}})
    assert dict(said.options6)["token"] == "::1a:2b"


def test_what_is_not_said_any_more_is_not_in_the_profile() -> None:
    observed = replace(nic(), ipv4=IpConfig(True, dhcp=True, options=(("dhcp-client-id", "ll"),)))
    desired = NetworkState((Interface("host0", ipv4=IpConfig(True, dhcp=True, options=(("dhcp-client-id", ""),))),))
    (profile,) = made(desired, NetworkState((observed,))).profiles
    assert "dhcp-client-id" not in plain(profile)["ipv4"]
    assert known(profile.settings).options4 == known({"ipv4": {}}).options4


@pytest.mark.parametrize("wait", WaitIp)
def test_which_addresses_are_waited_for(wait: WaitIp) -> None:
    ip = IpConfig(True, dhcp=True)
    (profile,) = made(NetworkState((Interface("host0", mtu=1400, ipv4=ip, wait_ip=wait),)), BEFORE).profiles
    assert known(profile.settings).wait_ip is wait


def test_the_ports_of_a_bond_and_what_is_said_of_them() -> None:
    details = (BondPort("host0", (("priority", -5), ("queue-id", 2))),)
    bond = Interface("bond0", LinkType.BOND, bond=Bond(BondMode.ACTIVE_BACKUP, ("host0",), (), details))
    here = NetworkState((nic(ipv4=OFF),))
    _, host0 = (plain(profile) for profile in made(NetworkState((bond,)), here).profiles)
    assert host0["bond-port"] == {"prio": -5, "queue-id": 2}
    now = replace(bond, bond=Bond(BondMode.ACTIVE_BACKUP, ("host0",), (), (BondPort("host0", (("queue-id", 2),)),)))
    stays = NetworkState((replace(now, mtu=1400),)), NetworkState((nic(ipv4=OFF, controller="bond0"), now))
    assert plain(made(*stays).profiles[1])["bond-port"] == {"queue-id": 2}


def test_name_servers_are_part_of_what_asks_for_an_address_by_dhcp() -> None:
    lent = Interface("ovirtmgmt", LinkType.LINUX_BRIDGE, ipv4=IpConfig(True, dhcp=True))
    todo = made(NetworkState((lent,), dns=Dns(("192.0.2.54",))), replace(AFTER, routes=()))
    (ovirtmgmt,) = (plain(profile) for profile in todo.profiles if profile.interface == "ovirtmgmt")
    assert ovirtmgmt["ipv4"]["dns"] == [0x360200C0]
    assert ovirtmgmt["ipv4"]["ignore-auto-dns"] is True


def test_name_servers_change_where_the_earlier_ones_came_from_too() -> None:
    eth1 = replace(nic("eth1"), mac="52:54:00:00:00:02", ipv4=IpConfig(True, addresses=(Address("198.51.100.11", 24),)))
    observed = replace(
        BEFORE, interfaces=(*BEFORE.interfaces, eth1), dns=Dns(("198.51.100.1",), (), (("eth1", "198.51.100.1"),))
    )
    todo = made(NetworkState(dns=Dns(("192.0.2.54",))), observed)
    assert {profile.interface for profile in todo.profiles} == {"host0", "eth1"}
