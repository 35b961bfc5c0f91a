"""Pairs of veth in documents and plans: what is wished of one end goes for the other."""

from dataclasses import replace
from typing import Any

import pytest

from netconf.document import parse, render
from netconf.errors import (
    BadDocument,
    HasDependents,
    Loop,
    NeedsPeer,
    NotChangeable,
    OneEndDown,
    OtherType,
    PeerKept,
    Refused,
)
from netconf.kinds import Bridge, Vlan
from netconf.model import Address, Interface, IpConfig, LinkState, LinkType, NetworkState
from netconf.planning.completion import complete
from netconf.planning.merge import expected_state
from netconf.planning.plan import plan
from netconf.planning.unavailable import prune_unavailable
from tests.unit.netconf.states import OFF, nic


def ip(address: str) -> IpConfig:
    return IpConfig(enabled=True, addresses=(Address(address, 24),))


BARE = NetworkState((nic(), nic("eth1", OFF)), routes=())
V1 = Interface("v1", LinkType.VETH, mtu=1500, carrier=True, ipv4=ip("198.51.100.11"), ipv6=OFF, peer="v1p")
V1P = Interface("v1p", LinkType.VETH, mtu=1500, carrier=True, ipv4=OFF, ipv6=OFF, peer="v1")
ELSEWHERE = Interface("c7", LinkType.VETH, mtu=1500, carrier=True, ipv4=ip("203.0.113.11"), ipv6=OFF)
THERE = NetworkState((*BARE.interfaces, V1, V1P, ELSEWHERE), routes=())
PAIR: dict[str, Any] = {"name": "v1", "type": "veth", "veth": {"peer": "v1p"}}


def descriptions(observed: NetworkState, *interfaces: dict[str, Any]) -> list[str]:
    return [step.description for step in plan(parse({"interfaces": list(interfaces)}), observed)]


def become(observed: NetworkState, *interfaces: dict[str, Any]) -> NetworkState:
    desired = complete(parse({"interfaces": list(interfaces)}), observed)
    return expected_state(desired, observed)


def bridge(*ports: str) -> dict[str, Any]:
    return {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": port} for port in ports]}}


def test_one_end_is_named_and_both_are_made() -> None:
    address = {"ipv4": {"enabled": True, "address": [{"ip": "192.0.2.11", "prefix-length": 24}]}}
    assert descriptions(BARE, PAIR | address) == [
        "Make the veth v1 to v1p with 192.0.2.11/24",
        "Make the veth v1p to v1",
    ]
    assert become(BARE, PAIR).interface("v1p") == Interface("v1p", LinkType.VETH, peer="v1")


@pytest.mark.parametrize("kind", [{"type": "veth"}, {"type": "ethernet"}, {}])
def test_the_other_end_need_not_say_what_it_is(kind: dict[str, str]) -> None:
    assert descriptions(BARE, {"name": "v1p", "mtu": 1400} | kind, PAIR) == [
        "Make the veth v1p to v1",
        "Make the veth v1 to v1p",
    ]
    assert (become(BARE, {"name": "v1p", "mtu": 1400} | kind, PAIR).interface("v1p") or V1).mtu == 1400


def test_a_pair_is_made_before_what_it_is_a_port_of() -> None:
    assert descriptions(BARE, bridge("v1p"), PAIR) == [
        "Make the veth v1p to v1",
        "Make the bridge br0 over v1p",
        "Make the veth v1 to v1p",
    ]


def test_what_is_so_needs_nothing() -> None:
    assert descriptions(THERE, PAIR) == []
    assert plan(parse(render(THERE)), THERE) == ()


def test_of_a_pair_that_is_there_the_other_end_is_left_alone() -> None:
    assert [i.name for i in complete(parse({"interfaces": [PAIR | {"mtu": 1400}]}), THERE).interfaces] == ["v1"]


@pytest.mark.parametrize("name", ["v1", "v1p"])
def test_with_one_end_the_other_goes(name: str) -> None:
    gone = {"name": name, "state": "absent"}
    assert sorted(descriptions(THERE, gone)) == ["Remove v1 (it has 198.51.100.11/24)", "Remove v1p"]
    assert {i.name for i in become(THERE, gone).interfaces} == {"host0", "eth1", "c7"}


def test_both_ends_may_be_named_to_go() -> None:
    gone = [{"name": "v1", "state": "absent"}, {"name": "v1p", "type": "ethernet", "state": "absent"}]
    assert sorted(descriptions(THERE, *gone)) == ["Remove v1 (it has 198.51.100.11/24)", "Remove v1p"]


@pytest.mark.parametrize(
    "desired", [{"name": "v1", "type": "ethernet"}, {"name": "c7"}, {"name": "c7", "type": "veth"}]
)
def test_a_nic_and_a_veth_to_elsewhere_are_only_bared(desired: dict[str, str]) -> None:
    name = desired["name"]
    has = {"v1": "198.51.100.11/24", "c7": "203.0.113.11/24"}[name]
    assert descriptions(THERE, desired | {"state": "absent"}) == [
        f"Take the configuration of {name} away (it has {has})"
    ]
    assert become(THERE, desired | {"state": "absent"}).interface(name) is not None


def test_an_end_that_is_down_stays() -> None:
    assert descriptions(THERE, {"name": "v1p", "state": "down"}) == ["Bring v1p down"]
    down = replace(THERE, interfaces=(*BARE.interfaces, V1, replace(V1P, state=LinkState.DOWN)))
    assert plan(parse(render(down)), down) == ()


_BRIDGE = Interface("v1p", LinkType.LINUX_BRIDGE, bridge=Bridge(()))
_VLAN = Interface("v1p.7", LinkType.VLAN, vlan=Vlan("v1p", 7))
_GONE = {"name": "v1", "state": "absent"}


@pytest.mark.parametrize(
    ("observed", "desired", "error", "message"),
    [
        (BARE, [{"name": "v1", "type": "veth"}], NeedsPeer, "does not say its other end"),
        (BARE, [PAIR, {"name": "v1p", "state": "down"}], OneEndDown, "v1p, its other end, is to be down"),
        (THERE, [PAIR | {"veth": {"peer": "v2"}}], NotChangeable, "v1 a veth to v2: it is a veth to v1p"),
        (
            THERE,
            [{"name": "c7", "type": "veth", "veth": {"peer": "v2"}}],
            NotChangeable,
            "a veth to another network namespace",
        ),
        (THERE, [{"name": "v2", "type": "veth", "veth": {"peer": "v1p"}}], NotChangeable, "v1p a veth to v2"),
        (NetworkState((_BRIDGE,)), [PAIR], OtherType, "v1p a veth: it is a linux-bridge"),
        (THERE, [_GONE, {"name": "v1p", "mtu": 1400}], PeerKept, "v1p, its other end, would go with it"),
        (NetworkState((*THERE.interfaces, _VLAN)), [_GONE], HasDependents, "v1p.7 stands on it"),
        (THERE, [bridge("v1", "v1p")], Loop, "round and round"),
        (BARE, [bridge("v1", "v1p"), PAIR], Loop, "round and round"),
    ],
)
def test_what_cannot_be(observed: NetworkState, desired: list[Any], error: type[Refused], message: str) -> None:
    with pytest.raises(error) as caught:
        descriptions(observed, *desired)
    assert message in str(caught.value)


def test_two_ends_in_one_bridge_are_borne_when_it_is_so() -> None:
    looped = Interface("br0", LinkType.LINUX_BRIDGE, bridge=Bridge(("v1", "v1p"), stp=False, forward_delay_s=0))
    ports = tuple(replace(end, controller="br0", ipv4=OFF) for end in (V1, V1P))
    assert descriptions(replace(THERE, interfaces=(*ports, looped)), bridge("v1", "v1p")) == []
    assert "Make the bridge br0 over v1, v1p" in descriptions(
        THERE,
        bridge("v1", "v1p") | {"bridge": {**bridge("v1", "v1p")["bridge"], "options": {"stp": {"enabled": True}}}},
    )


@pytest.mark.parametrize(
    ("desired", "path", "message"),
    [
        ([PAIR | {"name": "v1p"}], "interfaces[0].veth.peer", "v1p cannot be its own other end"),
        (
            [PAIR, PAIR | {"name": "v1p"} | {"veth": {"peer": "x"}}],
            "interfaces[0].veth.peer",
            "has x for its other end",
        ),
        ([PAIR, PAIR | {"name": "v2"}], "interfaces[1].veth.peer", "v1p is the other end of v1 already"),
        ([PAIR, {"name": "v1p", "state": "absent"}], "interfaces[0].veth.peer", "this document removes it"),
        ([{"name": "v1p", "type": "dummy"}, PAIR], "interfaces[1].veth.peer", "v1p is a dummy"),
        ([PAIR, bridge("v1p"), bridge("v1p") | {"name": "br1"}], "interfaces[2].bridge.port", "it is one of br0"),
        ([PAIR | {"veth": {}}], "interfaces[0].veth.peer", "is missing"),
    ],
)
def test_a_mistake_and_its_path(desired: list[Any], path: str, message: str) -> None:
    with pytest.raises(BadDocument) as caught:
        parse({"interfaces": desired})
    assert message in {finding.path: finding.message for finding in caught.value.findings}[path]


def test_after_a_boot_a_pair_can_be_made_again_and_so_can_what_it_is_a_port_of() -> None:
    over = Interface("br0", LinkType.LINUX_BRIDGE, bridge=Bridge(("v1p",)))
    confirmed = NetworkState((V1, over), routes=())
    assert prune_unavailable(confirmed, BARE) == confirmed
