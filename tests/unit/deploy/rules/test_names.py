"""A name that a host, an interface or a user cannot have, or that means another thing to some program, is refused."""

import pytest

from hosted_engine.deploy.rules import names

BOTH = [
    ("", "is empty"),
    ("Node1", "has capital letters"),
    ("node_1", "is no host name"),
    ("-node", "is no host name"),
    ("node-", "is no host name"),
    ("no de", "is no host name"),
    ("node1\n", "is no host name"),
    ("knöten", "is no host name"),
    ("node/1", "is no host name"),
    ("*", "is no host name"),
    ("n" * 64, "is no host name"),
    ("n" * 65, "is longer than 64 characters"),
    ("1", "ends with the number 1"),
    ("0001", "ends with the number 0001"),
    ("0x7f", "ends with the number 0x7f"),
    ("3221225994", "ends with the number"),
    ("localhost", "every machine knows itself"),
    ("localhost6", "every machine knows itself"),
    ("ip6-loopback", "every machine knows itself"),
    ("ip6-allnodes", "every machine knows itself"),
    ("localdomain", "every machine knows itself"),
    ("192.0.2.10", "is an address and no name"),
    ("2001:db8::1", "is an address and no name"),
    ("::1", "is an address and no name"),
]


@pytest.mark.parametrize(("text", "description"), BOTH)
def test_names_that_neither_node_nor_engine_can_have(text: str, description: str) -> None:
    assert description in (names.why_not_node_name(text) or "accepted")
    assert description in (names.why_not_engine_name(text) or "accepted")


@pytest.mark.parametrize("text", ["node1", "n", "1a", "a1", "x-9", "n" * 63, "0xg", "7-11", "edge--3", "xn--knten-jua"])
def test_names_that_nodes_have(text: str) -> None:
    assert names.why_not_node_name(text) is None


@pytest.mark.parametrize("text", ["node1.example", "localhost.localdomain", "node.", "a..b", ".a", "node1.1"])
def test_names_that_no_node_has(text: str) -> None:
    assert names.why_not_node_name(text) is not None


@pytest.mark.parametrize("text", ["engine", "engine.branch-7.example", "1.example", "3com.net", "a." * 31 + "aa"])
def test_names_that_engines_have(text: str) -> None:
    assert names.why_not_engine_name(text) is None


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("engine.1", "ends with the number 1"),
        ("192.0.2", "ends with the number 2"),
        ("192.0.2.010", "ends with the number 010"),
        ("192.0.2.300", "ends with the number 300"),
        ("engine.0x1f", "ends with the number 0x1f"),
        ("engine.", "is no host name"),
        (".engine", "is no host name"),
        ("engine..example", "is no host name"),
        ("engine.example:443", "is no host name"),
        ("https://engine", "is no host name"),
        ("engine.localhost", "every machine knows itself"),
        ("localhost.localdomain", "every machine knows itself"),
        ("e" * 60 + ".example", "is longer than 64 characters"),
    ],
)
def test_names_that_no_engine_has(text: str, description: str) -> None:
    assert description in (names.why_not_engine_name(text) or "accepted")


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1", "::1", "api.example", "192.0.2.77", "e" * 60 + ".example"])
def test_what_a_certificate_may_be_good_for(text: str) -> None:
    assert names.why_not_certificate_name(text) is None


@pytest.mark.parametrize(
    "text",
    ["*.example", "", "a b", "API.example", "0.0.0.0", "ff02::1", "x" * 254, "a.7", "engine.example:443", "é.test"],
)
def test_what_a_certificate_may_not_be_good_for(text: str) -> None:
    assert names.why_not_certificate_name(text) is not None


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "is empty"),
        ("a" * 16, "is longer than the 15 characters"),
        ("é" * 8, "is longer than the 15 characters"),
        (".", "is the name of a folder"),
        ("..", "is the name of a folder"),
        ("a/b", "holds what"),
        ("eth0:1", "holds what"),
        ("a b", "holds what"),
        ("a\tb", "holds what"),
        ("eno1\n", "holds what"),
        ("eno1\x00", "holds what"),
        ("e\x1b[1m", "holds what"),
        ("eno\xa01", "holds what"),
        ("eth%d", "holds what"),
        ("brücke", "holds what"),
        ("all", "kernel keeps"),
        ("default", "kernel keeps"),
        ("bonding_masters", "kernel keeps"),
        ("lo", "loopback interface"),
    ],
)
def test_names_that_neither_bridge_nor_nic_can_have(text: str, description: str) -> None:
    assert description in (names.why_not_bridge(text) or "accepted")
    assert description in (names.why_not_nic(text) or "accepted")


@pytest.mark.parametrize(
    "text", ["-br", "br.100", "br@eno1", "br+", "vnet0", "vnet12", "tap3", "veth7", "a,b", "~", "bond0", "virbr0"]
)
def test_names_that_no_management_bridge_has(text: str) -> None:
    assert names.why_not_bridge(text) is not None


@pytest.mark.parametrize("text", ["ovirtmgmt", "br0", "_br", "9", "vnet", "a" * 15, "Br-mgmt_1", "vnetx"])
def test_names_that_bridges_have(text: str) -> None:
    assert names.why_not_bridge(text) is None


@pytest.mark.parametrize("text", ["eno1", "enp0s31f6", "bond0.100", "wlp2s0", "host0", "eth0@x", "a" * 15])
def test_names_that_nics_have(text: str) -> None:
    assert names.why_not_nic(text) is None


@pytest.mark.parametrize("text", ["vnet0", "tap12", "macvtap1", "virbr0", "-eno1"])
def test_names_that_no_nic_has(text: str) -> None:
    assert names.why_not_nic(text) is not None


@pytest.mark.parametrize("text", ["engine.invalid", "10.2.0.192.in-addr.arpa", "a.onion", "localhost6.localdomain6"])
def test_names_under_which_no_engine_is_found(text: str) -> None:
    assert names.why_not_engine_name(text) is not None


@pytest.mark.parametrize("text", ["admin@internal", "a.b-c_d+e@corp.example", "x@y", "7@internal"])
def test_users(text: str) -> None:
    assert names.why_not_user(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "admin",
        "@internal",
        "admin@",
        "a@b@c",
        "a b@internal",
        "a:b@internal",
        "admin@internal\n",
        "a\x00@internal",
        "<admin>@internal",
        "admin@in/ternal",
        "é@internal",
        "a" * 60 + "@internal",
        "-a@internal",
        '"a"@internal',
    ],
)
def test_users_that_could_not_sign_in(text: str) -> None:
    assert names.why_not_user(text) is not None


@pytest.mark.parametrize("text", ["lab", "branch-7", "a.b_c", "x" * 40])
def test_site_names(text: str) -> None:
    assert names.why_not_site_name(text) is None


@pytest.mark.parametrize("text", ["", "a b", "x" * 41, "lab\n", "é", "a/b", "a\x00", ".", "..", "-", "--help", "_"])
def test_site_names_that_are_none(text: str) -> None:
    assert names.why_not_site_name(text) is not None


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "0" * 64 + "\n", "0" * 32 + ":" * 32])
def test_what_is_no_fingerprint(text: str) -> None:
    assert names.why_not_fingerprint(text) is not None
    assert names.why_not_fingerprint("0123456789abcdef" * 4) is None
