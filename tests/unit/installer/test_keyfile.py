"""The profiles of an installed node as keyfiles; NetworkManager 1.52's own reader takes these (tests/integration)."""

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

import pytest
from dbus_fast import Variant

from installer.answers import Ip, NetworkAnswers
from installer.keyfile import keyfile
from installer.network_plan import plan_network
from installer.sysinfo import Nic, SysInfo
from tests.unit.installer.given import ID

NICS = (Nic(name="enp1s0", mac="52:54:00:00:00:01"), Nic(name="enp2s0", mac="52:54:00:00:00:02"))


def keyfiles(answers: NetworkAnswers) -> dict[str, str]:
    made, reasons = plan_network(answers, SysInfo(nics=NICS), ID)
    assert made is not None, reasons
    return {profile.interface: keyfile(profile.settings) for profile in made.profiles}


def sections(text: str) -> dict[str, list[str]]:
    blocks = (block.splitlines() for block in text.split("\n\n"))
    return {lines[0].strip("[]"): lines[1:] for lines in blocks if lines}


def test_dhcp_on_one_nic() -> None:
    (found,) = keyfiles(NetworkAnswers(nics=("52:54:00:00:00:01",))).values()
    assert sections(found) == {
        "connection": [
            "id=trivet enp1s0",
            "uuid=ff1274d6-4987-5cb4-ad7c-c27058576af7",
            "type=802-3-ethernet",
            "interface-name=enp1s0",
            "autoconnect=true",
            "autoconnect-priority=100",
            "autoconnect-retries=0",
        ],
        "user": [f"trivet.change=installation {ID}"],
        "802-3-ethernet": [],
        "ipv4": ["method=auto", "dhcp-iaid=mac"],
        "ipv6": ["method=disabled"],
    }


def test_a_vlan_over_a_bond_with_static_addresses() -> None:
    found = keyfiles(
        NetworkAnswers(
            nics=("52:54:00:00:00:01", "enp2s0"),
            vlan=7,
            mtu=9000,
            ipv4=Ip.STATIC,
            address=IPv4Interface("192.0.2.11/24"),
            gateway=IPv4Address("192.0.2.1"),
            ipv6=Ip.STATIC,
            address6=IPv6Interface("2001:db8::11/64"),
            gateway6=IPv6Address("2001:db8::1"),
            dns=(IPv4Address("192.0.2.53"), IPv6Address("2001:db8::53")),
            search=("example.org",),
        )
    )
    assert list(found) == ["bond0", "enp1s0", "enp2s0", "bond0.7"]
    bond, port, top = (sections(found[name]) for name in ("bond0", "enp1s0", "bond0.7"))
    assert bond["bond"] == ["mode=active-backup"]
    assert bond["802-3-ethernet"] == ["mtu=9000", "cloned-mac-address=52:54:00:00:00:01"]
    assert "master=bond0" in port["connection"]
    assert top["vlan"] == ["parent=bond0", "id=7", "flags=1"]
    assert top["ipv4"] == [
        *("method=manual", "address1=192.0.2.11/24", "route1=0.0.0.0/0,192.0.2.1", "ignore-auto-dns=true"),
        *("dns=192.0.2.53;", "dns-search=example.org;"),
    ]
    assert top["ipv6"] == [
        *("method=manual", "address1=2001:db8::11/64", "route1=::/0,2001:db8::1", "ignore-auto-dns=true"),
        *("dns=2001:db8::53;", "dns-search=example.org;"),
    ]


def test_what_is_not_known_is_never_left_out_in_silence() -> None:
    with pytest.raises(ValueError, match="no way is known to write vlans"):
        keyfile({"bridge-port": {"vlans": Variant("aa{sv}", [])}})
    route = {"dest": Variant("s", "::"), "prefix": Variant("u", 0), "table": Variant("u", 5)}
    with pytest.raises(ValueError, match="route with"):
        keyfile({"ipv6": {"route-data": Variant("aa{sv}", [route])}})


def test_text_is_escaped_as_key_files_want_it() -> None:
    assert keyfile({"connection": {"id": Variant("s", " a\\b\nc")}}) == "[connection]\nid=\\sa\\\\b\\nc\n"
