"""What a form can say of the management network: documents from answers, answers from what is observed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netconf.document import parse
from netconf.kinds import Bond, BondMode, Bridge, Vlan
from netconf.model import Address, Dns, Interface, IpConfig, LinkType, NetworkState, Route
from netconf.planning.plan import plan
from netconf.screens.layout import Before, Ip, Layout, document
from netconf.screens.observed import layout_of, mistakes
from tests.unit.netconf.states import AFTER, BEFORE, DOCUMENT, MAC

_OFF = IpConfig()
_4 = (_OFF, IpConfig(True, dhcp=True), IpConfig(True, addresses=(Address("192.0.2.11", 24), Address("192.0.2.12", 24))))
_6 = (
    _OFF,
    IpConfig(True),
    IpConfig(True, autoconf=True, addresses=(Address("2001:db8::5054:ff:fe00:1", 64),)),
    IpConfig(True, dhcp=True, autoconf=True),
    IpConfig(True, dhcp=True),
    IpConfig(True, addresses=(Address("2001:db8::11", 64),)),
)
_GATEWAYS = {"0.0.0.0/0": "192.0.2.1", "::/0": "fe80::1"}


@st.composite
def hosts(draw: st.DrawFn) -> NetworkState:
    """A host whose management network is one that the form can say, beside a NIC for something else."""
    mtu = draw(st.sampled_from((1500, 9000)))
    nics = draw(st.sampled_from((("eth0",), ("eth0", "eth1"))))
    links = [Interface(name, mac=MAC, mtu=mtu, carrier=True, ipv4=_OFF, ipv6=_OFF) for name in nics]
    if len(nics) > 1 or draw(st.booleans()):
        bond = Bond(draw(st.sampled_from(BondMode)), nics, (("miimon", 100),))
        links = [replace(nic, controller="bond7") for nic in links]
        links.append(Interface("bond7", LinkType.BOND, mtu=mtu, carrier=True, ipv4=_OFF, ipv6=_OFF, bond=bond))
    if draw(st.booleans()):
        vlan = Vlan(links[-1].name, draw(st.integers(1, 4094)))
        narrow = draw(st.sampled_from((mtu, 1400)))
        links.append(Interface("mgmt", LinkType.VLAN, mtu=narrow, carrier=True, ipv4=_OFF, ipv6=_OFF, vlan=vlan))
    if draw(st.booleans()):
        inside = Bridge((links[-1].name,), stp=draw(st.booleans()), forward_delay_s=15)
        links[-1] = replace(links[-1], controller="br0")
        width = links[-1].mtu
        links.append(
            Interface("br0", LinkType.LINUX_BRIDGE, mtu=width, carrier=True, ipv4=_OFF, ipv6=_OFF, bridge=inside)
        )
    ipv4, ipv6 = draw(st.sampled_from(_4)), draw(st.sampled_from(_6))
    links[-1] = top = replace(links[-1], ipv4=ipv4, ipv6=ipv6)
    static = [place for place, ip in (("0.0.0.0/0", ipv4), ("::/0", ipv6)) if ip.static and ip.addresses]
    routes = tuple(Route(p, _GATEWAYS[p], top.name, 100) for p in static if draw(st.booleans()))
    dns = draw(st.sampled_from((None, Dns(), Dns(("192.0.2.1", "2001:db8::1"), ("example.org",)))))
    other = Interface("wan", mac="52:54:00:00:00:09", mtu=1500, carrier=False, ipv4=_OFF, ipv6=_OFF)
    return NetworkState((*links, other), routes, dns)


@given(hosts())
def test_what_is_observed_wishes_for_nothing_else(host: NetworkState) -> None:
    layout = layout_of(host)
    assert mistakes(layout) == {}
    assert plan(parse(document(layout)), host) == ()
    assert "wan" not in layout.nics


@given(hosts(), hosts())
def test_any_host_can_be_laid_out_as_any_other(one: NetworkState, other: NetworkState) -> None:
    """Whether it can be carried out is for the plan to say; it is never a document with mistakes."""
    asked = replace(layout_of(other), before=layout_of(one).before, bond_name=layout_of(one).bond_name)
    assert mistakes(asked) == {}


def test_a_host_of_which_nothing_is_known_yet() -> None:
    layout = layout_of(NetworkState((Interface("lo", LinkType.LOOPBACK),)))
    assert (layout.nics, layout.ipv4) == ((), Ip.DHCP)
    assert mistakes(layout) == {"nics": "choose at least one"}


def test_the_document_of_the_foundation_can_be_said() -> None:
    moved = replace(layout_of(BEFORE), bridge=True, ipv6=Ip.OFF)
    said = {step.description for step in plan(parse(DOCUMENT), BEFORE)}
    assert {step.description for step in plan(parse(document(moved)), BEFORE)} == said
    assert plan(parse(document(moved)), AFTER) == ()


def test_another_gateway_takes_the_place_of_the_earlier_one() -> None:
    said = plan(parse(document(replace(layout_of(BEFORE), gateway4="192.0.2.254"))), BEFORE)
    assert [step.description.split(" on ")[0] for step in said] == [
        "No longer: Route 0.0.0.0/0 over 192.0.2.1",
        "Route 0.0.0.0/0 over 192.0.2.254",
    ]


def test_what_the_earlier_layout_needed_goes() -> None:
    nic = replace(layout_of(AFTER), bridge=False)
    desired = parse(document(nic))
    assert "Remove ovirtmgmt (it has 192.0.2.11/24)" in [step.description for step in plan(desired, AFTER)]


def test_a_vlan_of_a_nic_with_a_long_name_has_a_short_one() -> None:
    layout = Layout(nics=("enp129s0f1np1",), vlan="4000", before=Before())
    assert parse(document(layout)).interface("vlan4000") is not None


STATIC = Layout(nics=("eth0",), ipv4=Ip.STATIC, address4="192.0.2.11/24", ipv6=Ip.STATIC, address6="2001:db8::1/64")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("nics", {"nics": ()}),
        ("bond", {"nics": ("eth0", "eth1")}),
        ("bond", {"bond": "round about"}),
        ("vlan", {"vlan": "4095"}),
        ("vlan", {"vlan": "ten"}),
        ("vlan", {"vlan": "ten", "bridge": False}),
        ("mtu", {"mtu": "12"}),
        ("mtu", {"mtu": "wide"}),
        ("address4", {"address4": ""}),
        ("address4", {"address4": "192.0.2.11"}),
        ("address4", {"address4": "192.0.2.11/33"}),
        ("address4", {"address4": "192.0.2.300/24"}),
        ("address4", {"address4": "2001:db8::1/64"}),
        ("address4", {"address4": "192.0.2.11/24, 192.0.2.11/24"}),
        ("gateway4", {"gateway4": "192.0.3.1"}),
        ("gateway4", {"gateway4": "192.0.2.11"}),
        ("gateway4", {"gateway4": "router"}),
        ("gateway4", {"gateway4": "fe80::1"}),
        ("gateway4", {"gateway4": "router", "before": Before((Interface("eth0"),), (("0.0.0.0/0", "192.0.2.1"),))}),
        ("address6", {"address6": ""}),
        ("address6", {"address6": "2001:db8::1/129"}),
        ("gateway6", {"gateway6": "2001:db9::1"}),
        ("gateway6", {"gateway6": "router"}),
        ("dns", {"dns": "192.0.2.1, dns.example.org"}),
        ("search", {"search": "example.org, exa/mple"}),
        ("bridge", {"bridge_name": "a bridge"}),
    ],
)
def test_each_mistake_is_told_beside_its_field(field: str, wrong: dict[str, object]) -> None:
    assert mistakes(STATIC) == {}
    found = mistakes(replace(STATIC, **wrong))  # type: ignore[arg-type]
    assert list(found) == [field]
    assert found[field]


def test_all_mistakes_are_told_at_once() -> None:
    wrong = replace(STATIC, nics=(), vlan="x", mtu="x", address4="x", gateway4="x", gateway6="x", dns="x y", search="/")
    assert set(mistakes(wrong)) == {"nics", "vlan", "mtu", "address4", "gateway4", "gateway6", "dns", "search"}
