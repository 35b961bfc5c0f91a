"""Addresses that come from somewhere else, IPv6 alone, VLANs in VLANs, and NICs known by their MAC address."""

from typing import Any

from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.sections import HERE, OFF, THERE, Fact, bridge, gone, link, up, v4, vlan
from tests.integration.netconf.world import World, cable, ping

_THERE_6, _BEYOND_6 = "2001:db8::1", "2001:db8:9::1"
_NO_NIC = {"name": "nic1", "type": "ethernet", "state": "absent"}
_AFTER = {"interfaces": [_NO_NIC]}
_STATIC_6 = {"enabled": True, "address": [{"ip": "2001:db8::11", "prefix-length": 64}]}
_ASKED_6 = {"enabled": True, "autoconf": True, "dhcp": True, "addr-gen-mode": "eui64"}
_DHCP = {"enabled": True, "dhcp": True}
_DUID = "00:03:00:01:52:54:00:00:00:77"
_TOKEN = {"enabled": True, "autoconf": True, "token": "::1a:2b"}
_DEFAULT_6 = {"destination": "::/0", "next-hop-address": _THERE_6, "next-hop-interface": "nic1"}


def _served(*ranges: str, hosts: tuple[str, ...] = ()) -> World:
    """One cable to a host that gives addresses away; `hosts` get their own."""
    options = " ".join((*(f"--dhcp-range={given}" for given in ranges), *(f"--dhcp-host={host}" for host in hosts)))
    known = "--conf-file=/dev/null --port=0 --user=root --leasefile-ro --pid-file=/run/lan.pid --enable-ra"
    return World(
        ("lan",),
        (
            cable("nic1", "lan", "p1"),
            "-n lan address add 2001:db8:9::1/128 dev lo",
            "-n lan address add 198.51.100.1/24 dev p1",
            "-n lan address add 2001:db8::1/64 dev p1 nodad",
            "-n lan link set p1 up",
            *((f"ip netns exec lan dnsmasq {known} {options}",) if ranges else ()),
        ),
    )


def _nic(**more: Any) -> Document:
    return up("nic1", "ethernet", **more)


def _asked(*, of: str, version: int, path: str, value: object) -> Fact:
    return ("ip", "-j", f"-{version}", "address", "show", "scope", "global", "dev", of), f"0.addr_info.0.{path}", value


ADDRESSING = (
    Case(
        "ipv6-alone",
        (
            Stage({"interfaces": [_nic(ipv6={"enabled": True})]}, blocked=(ping(_THERE_6),)),  # link-local only
            Stage(
                {"interfaces": [_nic(ipv6=_STATIC_6)], "routes": {"config": [_DEFAULT_6]}},
                passes=(ping(_THERE_6), ping(_BEYOND_6), ping("2001:db8::11", place="lan")),
                blocked=(ping(THERE),),
            ),
        ),
        _AFTER,
        ("veth",),
        _served(),
    ),
    Case(
        "ipv6-by-router-advertisement",
        (
            Stage(
                {"interfaces": [_nic(ipv6={"enabled": True, "autoconf": True, "addr-gen-mode": "eui64"})]},
                (_asked(of="nic1", version=6, path="dynamic", value=True),),
                passes=(ping(_THERE_6), ping(_BEYOND_6)),
            ),
        ),
        _AFTER,
        ("veth",),
        _served("2001:db8::,ra-only,64,1h"),
    ),
    Case(
        "dhcp-and-dhcpv6",
        (
            Stage(
                {"interfaces": [_nic(ipv4=_DHCP, ipv6=_ASKED_6)]},
                (_asked(of="nic1", version=4, path="local", value="198.51.100.50"),),
                # Up is a NIC with IPv4: DHCPv6 may take its time.
                passes=(ping("2001:db8::50", place="lan"), ping(THERE), ping(_THERE_6), ping(_BEYOND_6)),
            ),
            Stage(
                {"interfaces": [bridge("br0", "nic1", ipv4=_DHCP, ipv6=_ASKED_6)]},
                (link("nic1", "master", "br0"), _asked(of="br0", version=4, path="local", value="198.51.100.50")),
                passes=(ping("2001:db8::50", place="lan"), ping(THERE)),
            ),
        ),
        {"interfaces": [*gone("br0")["interfaces"], _NO_NIC]},
        ("veth",),
        _served("198.51.100.50,198.51.100.50,1h", "2001:db8::50,2001:db8::50,64,1h"),
    ),
    Case(
        "known-to-dhcp-servers-by-an-id",
        (
            Stage(
                {
                    "interfaces": [
                        _nic(ipv4=_DHCP | {"dhcp-client-id": "01:aa:bb"}, ipv6=_ASKED_6 | {"dhcp-duid": _DUID})
                    ]
                },
                (_asked(of="nic1", version=4, path="local", value="198.51.100.77"),),
                passes=(ping("2001:db8::77", place="lan"),),
            ),
            Stage(
                {"interfaces": [_nic(ipv4=_DHCP | {"dhcp-client-id": "01:aa:cc"})]},
                (_asked(of="nic1", version=4, path="local", value="198.51.100.78"),),
            ),
            Stage({"interfaces": [_nic(ipv6=_TOKEN)]}, passes=(ping("2001:db8::1a:2b", place="lan"),)),
        ),
        _AFTER,
        ("veth",),
        _served(
            "198.51.100.50,198.51.100.60,1h",
            "2001:db8::50,2001:db8::60,slaac,64,1h",
            hosts=("id:01:aa:bb,198.51.100.77", "id:01:aa:cc,198.51.100.78", f"id:{_DUID},[2001:db8::77]"),
        ),
    ),
    Case(
        "vlan-in-a-vlan",
        (
            Stage(
                {
                    "interfaces": [
                        _nic(),
                        up("outer", "vlan", vlan={"base-iface": "nic1", "id": 100, "protocol": "802.1ad"}),
                        vlan("inner", "outer", 10, ipv4=v4(HERE)),
                    ]
                },
                (link("outer", "linkinfo.info_data.protocol", "802.1ad"), link("inner", "link", "outer")),
                passes=(ping(THERE),),
            ),
            Stage(
                {"interfaces": [up("outer", "vlan", vlan={"base-iface": "nic1", "id": 200, "protocol": "802.1ad"})]},
                (link("inner", "linkinfo.info_data.id", 10),),
                passes=(ping("198.51.100.2"),),
                blocked=(ping(THERE),),
            ),
        ),
        {"interfaces": [*gone("inner", "outer")["interfaces"], _NO_NIC]},
        ("veth", "8021q"),
        World(
            ("lan", "one", "two"),
            (
                cable("nic1", "lan", "p1"),
                "-n lan link set p1 up",
                *(
                    line
                    for place, tag, ip in (("one", 100, THERE), ("two", 200, "198.51.100.2"))
                    for line in (
                        f"-n lan link add link p1 name s{tag} type vlan proto 802.1ad id {tag}",
                        f"-n lan link set s{tag} netns {place}",
                        f"-n {place} link set s{tag} up",
                        f"-n {place} link add link s{tag} name c10 type vlan id 10",
                        f"-n {place} address add {ip}/24 dev c10",
                        f"-n {place} link set c10 up",
                    )
                ),
            ),
        ),
    ),
    Case(
        "nic-by-its-mac",
        (
            Stage(
                {
                    "interfaces": [
                        {"name": "uplink", "type": "ethernet", "identifier": "mac-address"}
                        | {"mac-address": "52:54:00:00:01:03", "ipv4": OFF, "ipv6": OFF},
                        up("br0", "linux-bridge", bridge={"port": [{"name": "uplink"}]}, ipv4=v4(HERE)),
                    ]
                },
                (link("eth3", "master", "br0"),),
            ),
        ),
        {"interfaces": [*gone("br0")["interfaces"], _NO_NIC | {"name": "eth3"}]},
        ("virtio_net",),
    ),
)
