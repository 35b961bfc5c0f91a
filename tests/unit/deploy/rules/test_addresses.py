"""An address that no machine can have, or that another could not reach, is refused by the name of its kind."""

import pytest

from hosted_engine.deploy.rules import addresses


@pytest.mark.parametrize(
    "text",
    [
        "192.0.2.11/24",
        "10.0.0.1/8",
        "172.16.255.254/12",
        "192.0.2.0/31",
        "192.0.2.1/31",
        "100.64.3.0/10",
        "198.51.100.255/23",
        "198.51.101.0/23",
        "192.0.2.254/24",
        "8.8.8.8/7",
        "192.0.2.1/30",
    ],
)
def test_addresses_that_machines_have(text: str) -> None:
    assert addresses.why_not_machine_address(text) is None


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("192.0.2.0/24", "is the address of the network 192.0.2.0/24 itself"),
        ("192.0.2.128/25", "is the address of the network"),
        ("10.0.0.0/8", "is the address of the network"),
        ("192.0.2.255/24", "is the broadcast address of the network 192.0.2.0/24"),
        ("192.0.2.127/25", "is the broadcast address of the network"),
        ("192.0.2.3/30", "is the broadcast address of the network"),
        ("255.255.255.255/24", "is the broadcast address of every network"),
        ("127.0.0.1/8", "is a loopback address"),
        ("127.255.3.4/24", "is a loopback address"),
        ("224.0.0.1/24", "is a multicast address"),
        ("239.255.255.250/8", "is a multicast address"),
        ("169.254.1.1/16", "is a link-local address"),
        ("0.0.0.0/0", "is the unspecified address"),
        ("0.0.0.0/24", "is the unspecified address"),
        ("0.1.2.3/8", "is an address of “this network”"),
        ("240.0.0.1/24", "is a reserved address"),
        ("250.1.2.3/24", "is a reserved address"),
        ("192.0.2.1/32", "has no room for a second machine"),
        ("192.0.2.1/0", "holds addresses of “this network”"),
        ("64.0.0.1/1", "holds addresses of “this network”"),
        ("126.0.0.1/7", "holds loopback addresses (127.0.0.0/8)"),
        ("192.0.2.1/1", "holds link-local addresses"),
        ("168.1.2.3/7", "holds link-local addresses"),
        ("2001:db8::11/64", "is an IPv6 address"),
        ("::1/128", "is an IPv6 address"),
        ("fe80::1/64", "is an IPv6 address"),
        ("::ffff:192.0.2.1/96", "is an IPv6 address"),
        ("192.0.2.11", "with its prefix length"),
        ("192.0.2.11/", "with its prefix length"),
        ("192.0.2.11/33", "with its prefix length"),
        ("192.0.2.11/-1", "with its prefix length"),
        ("192.0.2.11/24/24", "with its prefix length"),
        ("192.0.2.11/0.0.0.255", "with its prefix length"),
        ("192.0.2.11/255.255.255.0", "with its prefix length"),
        ("192.0.2.011/24", "with its prefix length"),
        ("192.0.2/24", "with its prefix length"),
        ("192.0.2.256/24", "with its prefix length"),
        (" 192.0.2.11/24", "with its prefix length"),
        ("192.0.2.11/24\n", "with its prefix length"),
        ("node1/24", "with its prefix length"),
        ("3221225985/24", "with its prefix length"),
        ("", "with its prefix length"),
    ],
)
def test_addresses_that_no_machine_can_have(text: str, description: str) -> None:
    assert description in (addresses.why_not_machine_address(text) or "accepted")


@pytest.mark.parametrize("rule", [addresses.why_not_gateway, addresses.why_not_name_server])
@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("127.0.0.53", "is a loopback address"),
        ("0.0.0.0", "is the unspecified address"),
        ("255.255.255.255", "is the broadcast address of every network"),
        ("224.0.0.251", "is a multicast address"),
        ("169.254.169.254", "is a link-local address"),
        ("241.0.0.1", "is a reserved address"),
        ("192.0.2.1/24", "has a prefix length"),
        ("2001:db8::1", "is an IPv6 address"),
        ("fe80::1%eno1", "is an IPv6 address"),
        ("gateway.example", "is no address"),
        ("", "is no address"),
    ],
)
def test_gateways_and_name_servers_that_nobody_reaches(rule: type, text: str, description: str) -> None:
    assert description in (rule(text) or "accepted")
    assert rule("192.0.2.1") is None


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("ff02::1", "multicast"),
        ("::", "unspecified"),
        ("::ffff:192.0.2.1", "write 192.0.2.1"),
        ("4000::1", "reserved"),
        ("0.0.0.0", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("fe80::1%a", "no add"),
    ],
)
def test_addresses_that_no_certificate_is_good_for(text: str, description: str) -> None:
    assert description in (addresses.why_not_certificate_address(text) or "accepted")


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "2001:db8::10", "192.0.2.10", "fe80::1", "169.254.0.9"])
def test_addresses_that_a_certificate_may_be_good_for(text: str) -> None:
    assert addresses.why_not_certificate_address(text) is None


def test_no_more_name_servers_than_are_asked() -> None:
    assert addresses.why_not_name_servers(["192.0.2.1"] * 3) is None
    assert "no more than 3" in (addresses.why_not_name_servers(["192.0.2.1"] * 4) or "")
