"""What a change takes away is named in its plan, and needs a word where an interface becomes a port."""

from dataclasses import replace
from typing import Any

import pytest

from hosted_engine.deploy.answers import parse as answers
from hosted_engine.deploy.network import placement
from hosted_engine.management_network import on_bridge
from netconf.document import parse
from netconf.errors import GoesUnsaid
from netconf.model import (
    BY_ADVERTISEMENT,
    BY_DHCP,
    Dns,
    IpConfig,
    NetworkState,
    Route,
    RouteOfOthers,
)
from netconf.planning.plan import plan
from netconf.screens.layout import document
from netconf.screens.observed import layout_of
from tests.integration.lockout.documents import TO_BRIDGE
from tests.unit.deploy.test_answers import three
from tests.unit.netconf.desired import (
    DEFAULT,
    DHCP,
    HOST,
    OFF,
    OTHERS,
    RA,
    V6,
    bond,
    bridge,
    descriptions,
    desired_document,
    nic,
    route,
    v4,
    v6,
    why,
    with_eth0,
)
from tests.unit.netconf.states import DOCUMENT

MOVED = [route("0.0.0.0/0", "192.0.2.1", "br0")]
ON_BOND = [route("0.0.0.0/0", "192.0.2.1", "bond0")]


@pytest.mark.parametrize(
    ("given", "observed", "lost"),
    [
        (desired_document(bridge("eth0")), HOST, "192.0.2.11/24, Route 0.0.0.0/0 over 192.0.2.1 on eth0"),
        (desired_document(bond("eth0", "eth1")), HOST, "192.0.2.11/24, Route 0.0.0.0/0 over 192.0.2.1 on eth0"),
        (desired_document(bond("eth1", "eth0"), bridge("bond0")), HOST, "192.0.2.11/24"),
        (desired_document(bridge("eth0", ipv4=v4("192.0.2.12"))), HOST, "192.0.2.11/24"),
        (desired_document(bridge("eth0", ipv4=v4("192.0.2.12")), routes=MOVED), HOST, "192.0.2.11/24"),
        (desired_document(bridge("eth0", ipv4=v4())), HOST, "Route 0.0.0.0/0 over 192.0.2.1 on eth0"),
        (desired_document(bridge("eth0"), {"name": "eth0", "mtu": 1400}), HOST, "192.0.2.11/24"),
        (desired_document(bridge("eth0"), {"name": "eth0", "ipv6": OFF}), HOST, "192.0.2.11/24"),
        (desired_document(bridge("eth0"), {"name": "eth0", "ipv4": OFF}), with_eth0(ipv6=V6), "2001:db8::11/64"),
        (desired_document(bridge("eth0"), {"name": "eth0", "ipv4": OFF}), with_eth0(ipv6=RA), "2001:db8::77/64"),
        (desired_document(bridge("eth0")), with_eth0(ipv4=DHCP), "192.0.2.77/24 by DHCP"),
        (desired_document(bridge("eth0", ipv4={"enabled": True, "dhcp": True}), routes=MOVED), HOST, "192.0.2.11/24"),
        (
            desired_document({"name": "vrf9", "type": "vrf", "vrf": {"route-table-id": 9, "port": ["eth0"]}}),
            HOST,
            "Route 0.0.0.0/0 over 192.0.2.1 on eth0",
        ),
        (
            desired_document(bridge("eth0")),
            replace(with_eth0(ipv4=IpConfig(True)), routes=(), others=OTHERS),
            "Route 203.0.113.0/24 over 192.0.2.9 on eth0 and 4 more",
        ),
    ],
)
def test_what_a_port_would_lose_needs_a_word(given: dict[str, Any], observed: NetworkState, lost: str) -> None:
    refused = why(given, observed)
    assert isinstance(refused, GoesUnsaid)
    assert "eth0" in refused.text.what
    assert lost in refused.text.why
    assert "say" in refused.text.mend.lower()
    assert plan(parse(given), observed)  # what was confirmed once is not asked again


LENT = (
    RouteOfOthers(Route("0.0.0.0/0", "192.0.2.1", "eth0", 100), BY_DHCP),
    RouteOfOthers(Route("::/0", "fe80::1", "eth0", 100), BY_ADVERTISEMENT),
)


@pytest.mark.parametrize(
    ("given", "observed", "named"),
    [
        (
            desired_document(bridge("eth0"), {"name": "eth0", "ipv4": OFF}),
            HOST,
            [
                "Take IPv4 away from eth0 (it has 192.0.2.11/24)",
                "No longer: Route 0.0.0.0/0 over 192.0.2.1 on eth0",
                "Names are no longer resolved by 192.0.2.53, which came with eth0",
            ],
        ),
        (
            desired_document(bond("eth0", "eth1", ipv4=v4()), routes=ON_BOND),
            HOST,
            [
                "Take 192.0.2.11/24 away from eth0",
                "No longer: Route 0.0.0.0/0 over 192.0.2.1 on eth0",
                "Route 0.0.0.0/0 over 192.0.2.1 on bond0",
            ],
        ),
        (
            desired_document(bridge("eth0", ipv4={"enabled": True, "dhcp": True})),
            replace(
                with_eth0(ipv4=DHCP),
                routes=(),
                others=(RouteOfOthers(Route("0.0.0.0/0", "192.0.2.1", "eth0"), BY_DHCP), *OTHERS),
            ),
            [
                "Take 192.0.2.77/24 by DHCP away from eth0",
                "No longer: Route 0.0.0.0/0 over 192.0.2.1 on eth0 (by DHCP)",
                "No longer: 5 routes on eth0 (by bgp)",
            ],
        ),
        (
            desired_document({"name": "eth0", "state": "absent"}),
            replace(HOST, others=OTHERS[:2]),
            [
                "Take the configuration of eth0 away (it has 192.0.2.11/24)",
                "No longer: Route 0.0.0.0/0 over 192.0.2.1 on eth0",
                "No longer: Route 203.0.113.0/24 over 192.0.2.9 on eth0 (by bgp)",
                "No longer: Route 203.0.114.0/24 over 192.0.2.9 on eth0 (by bgp)",
            ],
        ),
        (
            desired_document({"name": "eth0", "ipv4": v4("192.0.2.77"), "ipv6": v6()}),
            replace(with_eth0(ipv4=DHCP, ipv6=RA), routes=(), others=LENT),
            [
                "No longer: Route 0.0.0.0/0 over 192.0.2.1 on eth0 (by DHCP)",
                "No longer: Route ::/0 over fe80::1 on eth0 (by router advertisement)",
            ],
        ),
        (
            desired_document(
                {"name": "eth0", "ipv4": v4("192.0.2.77")}, routes=[route("0.0.0.0/0", "192.0.2.1", "eth0")]
            ),
            replace(with_eth0(ipv4=DHCP, ipv6=RA), routes=(), others=LENT),
            ["Route 0.0.0.0/0 over 192.0.2.1 on eth0"],
        ),
        (
            desired_document({"name": "eth0", "state": "down"}),
            HOST,
            ["No longer: Route 0.0.0.0/0 over 192.0.2.1 on eth0"],
        ),
        (
            desired_document(routes=[route("0.0.0.0/0", "192.0.2.254", "eth0")]),
            HOST,
            ["No longer: Route 0.0.0.0/0 over 192.0.2.1 on eth0", "Route 0.0.0.0/0 over 192.0.2.254 on eth0"],
        ),
        (
            desired_document({"name": "eth0", "ipv6": OFF}),
            with_eth0(ipv6=V6),
            ["Take IPv6 away from eth0 (it has 2001:db8::11/64)"],
        ),
    ],
)
def test_whatever_goes_is_named(given: dict[str, Any], observed: NetworkState, named: list[str]) -> None:
    found = descriptions(given, observed)
    assert [step for step in found if step in named] == named
    assert {step for step in found if step.startswith("No longer")} <= set(named)


@pytest.mark.parametrize(
    "given", [{"name": "eth0", "mtu": 1400}, {"name": "eth0", "description": "front"}, {"name": "eth1"}]
)
def test_a_change_of_the_link_alone_takes_nothing_away(given: dict[str, Any]) -> None:
    observed = replace(HOST, others=OTHERS)
    assert not [
        step for step in descriptions(desired_document(given), observed) if "No longer" in step or "away" in step
    ]


@pytest.mark.parametrize(
    "given",
    [TO_BRIDGE, DOCUMENT, on_bridge(placement(answers(three()), answers(three()).nodes[0])).document],
    ids=["lockout", "foundation", "deploy"],
)
def test_the_documents_of_the_product_say_enough(given: dict[str, Any]) -> None:
    name = next(i["name"] for i in given["interfaces"] if i["name"] not in ("ovirtmgmt",))
    address = next(a for i in parse(given).interfaces if i.ipv4 is not None for a in i.ipv4.addresses)
    had = nic(name, ipv4=IpConfig(True, addresses=(address,)), ipv6=RA)
    observed = NetworkState((had, *HOST.interfaces[:1]), (), Dns())
    if name == "eth0" or "host0" in name:
        observed = replace(observed, routes=(replace(DEFAULT, interface=name),))
    if given is TO_BRIDGE or given is DOCUMENT:
        assert descriptions(given, observed)
    else:
        assert any("2001:db8::77/64" in step for step in descriptions(given, observed))


def test_the_form_says_enough() -> None:
    observed = replace(with_eth0(ipv6=V6), routes=(DEFAULT, Route("198.18.0.0/15", "192.0.2.9", "eth0", 100)))
    layout = replace(layout_of(observed), bridge=True)
    found = descriptions(document(layout), observed)
    assert "No longer: Route 198.18.0.0/15 over 192.0.2.9 on eth0" in found
