"""From any network of the kernel to any other, and back from the middle: against a kernel in memory."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netconf.kernel import convergence
from netconf.kernel.convergence import Overtaken, between, converge, with_others
from netconf.kernel.diff import diff, in_order
from netconf.kernel.operations import CreateLink, Operation, RemoveLink, SetLinkOptions, SetLinkUp, SetMaster
from netconf.kernel.state import KernelAddress, KernelRoute, KernelState, Link, RoutingRule
from tests.fakes.kernel import FakeKernel

_NICS = ("eth0", "eth1", "eth2")
_STATIC, _UNICAST = 4, 1
_FOREIGN = Link("c7", "veth", up=True, mac="52:54:00:00:00:c7", mtu=1500)  # of a container, where its other end is


@pytest.fixture(autouse=True, scope="module")
def _no_pause() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(convergence, "_PAUSE_S", 0)
    yield
    patch.undo()


def _pair(name: str, peer: str) -> list[Link]:
    both = ((name, peer, "a1"), (peer, name, "a2"))
    return [Link(end, "veth", up=True, peer=other, mac=f"52:54:00:00:00:{mac}", mtu=1500) for end, other, mac in both]


@st.composite
def pictures(draw: st.DrawFn) -> KernelState:
    links = [Link(nic, up=True, mac=f"52:54:00:00:00:0{number}", mtu=1500) for number, nic in enumerate(_NICS)]
    links.append(_FOREIGN)
    masters: dict[str, str] = {}
    if draw(st.booleans()):
        links += _pair("v1", draw(st.sampled_from(["v2", "v3"])))
    if draw(st.booleans()):
        mode = draw(st.sampled_from([0, 1, 4]))
        data = {"IFLA_BOND_MODE": mode, "IFLA_BOND_MIIMON": draw(st.sampled_from([100, 120]))}
        links.append(Link("bond0", "bond", up=True, mac="52:54:00:00:00:aa", mtu=1500, data=data))
        masters |= dict.fromkeys(draw(st.sets(st.sampled_from(_NICS), min_size=1)), "bond0")
    bases = [link.name for link in links if link.name not in masters]
    if draw(st.booleans()):
        tag, base = draw(st.sampled_from([7, 8])), draw(st.sampled_from(bases))
        links.append(Link("vlan0", "vlan", up=True, base=base, mtu=1500, data={"IFLA_VLAN_ID": tag}))
    if draw(st.booleans()):
        free = [link.name for link in links if link.name not in masters and link.name not in {x.base for x in links}]
        data = {"IFLA_BR_STP_STATE": draw(st.sampled_from([0, 1]))}
        links.append(Link("br0", "bridge", up=True, mac="52:54:00:00:00:bb", mtu=1500, data=data))
        masters |= dict.fromkeys(draw(st.sets(st.sampled_from(free))) if free else (), "br0")
    links = [replace(link, master=masters.get(link.name, ""), mtu=_mtu(draw, link, masters)) for link in links]
    holders = [link.name for link in links if link.name not in masters]
    addresses = [
        KernelAddress(name, f"192.0.2.{n}", 24)
        for n, name in enumerate(draw(st.sets(st.sampled_from(holders or [""]))))
    ]
    addresses = [address for address in addresses if address.link]
    routes = [
        KernelRoute(4, f"203.0.113.{n}", 32, 254, 0, _STATIC, 0, _UNICAST, link=a.link) for n, a in enumerate(addresses)
    ]
    rules = [RoutingRule(4, {"FRA_PRIORITY": number}) for number in draw(st.sets(st.sampled_from([1000, 2000])))]
    resolver = draw(st.sampled_from([None, "", "nameserver 192.0.2.53\n"]))
    return KernelState(tuple(links), tuple(addresses), tuple(routes), tuple(rules), resolver)


def _mtu(draw: st.DrawFn, link: Link, masters: dict[str, str]) -> int:
    return 1500 if link.name in masters else draw(st.sampled_from([1500, 1400]))


def always() -> AbstractContextManager[bool]:
    return nullcontext(True)


def same(one: KernelState, other: KernelState) -> bool:
    """As far as `other` says."""
    names = {link.name for link in one.links}
    alike = [set(map(repr, found)) == set(map(repr, said)) for found, said in _parts(one, other)]
    return diff(one, other) == () and names == {link.name for link in other.links} and all(alike)


def _parts(one: KernelState, other: KernelState) -> list[tuple[tuple[object, ...], tuple[object, ...]]]:
    bare = (
        tuple(replace(path, shown=None) for path in one.routes),
        tuple(replace(rule, shown=None) for rule in one.rules),
    )
    return [(one.addresses, other.addresses), (bare[0], other.routes), (bare[1], other.rules)]


@settings(max_examples=40)
@given(pictures(), pictures())
def test_there_and_back(before: KernelState, desired: KernelState) -> None:
    kernel = FakeKernel(before)
    assert converge(kernel, lambda _: desired, always) == ()
    assert same(kernel.now, desired)
    assert converge(kernel, lambda now: between(before, desired, now), always) == ()
    assert same(kernel.now, before)


@settings(max_examples=40)
@given(pictures())
def test_nothing_to_do(state: KernelState) -> None:
    assert diff(state, state) == ()


@settings(max_examples=40)
@given(pictures(), pictures(), st.integers(0, 30))
def test_back_from_the_middle(before: KernelState, desired: KernelState, number: int) -> None:
    kernel = FakeKernel(before)

    def until_then() -> AbstractContextManager[bool]:
        return nullcontext(len(kernel.done) < number)

    try:
        converge(kernel, lambda _: desired, until_then)
    except Overtaken:
        assert len(kernel.done) == number
    assert converge(kernel, lambda now: between(before, desired, now), always) == ()
    assert same(kernel.now, before)


@settings(max_examples=40)
@given(pictures(), pictures(), st.integers(0, 10))
def test_what_fails_once_on_the_way_back_is_tried_again(before: KernelState, desired: KernelState, number: int) -> None:
    kernel = FakeKernel(before)
    converge(kernel, lambda _: desired, always)
    asked: list[Operation] = []

    def once(operation: Operation) -> str | None:
        asked.append(operation)
        return "not now" if len(asked) == number else None

    kernel.refuses = once
    assert converge(kernel, lambda now: between(before, desired, now), always) == ()
    assert same(kernel.now, before)


def test_what_fails_for_good_is_told_and_keeps_the_rest_from_nothing() -> None:
    nic = Link("eth0", up=True)
    desired = KernelState((nic, Link("br0", "bridge", up=True)), (KernelAddress("eth0", "192.0.2.1", 24),))
    kernel = FakeKernel(KernelState((nic,)), refuses=lambda op: "no such kind" if isinstance(op, CreateLink) else None)
    assert "no such kind" in converge(kernel, lambda _: desired, always)
    assert kernel.now.addresses == desired.addresses


def test_what_others_made_meanwhile_stays() -> None:
    before = KernelState((Link("eth0", up=True),))
    desired = KernelState((Link("eth0", up=True), Link("br0", "bridge", up=True)))
    theirs = Link("br9", "bridge", up=True)
    now = KernelState(
        (*desired.links, theirs), (KernelAddress("br9", "192.0.2.9", 24),), rules=(RoutingRule(4, {"FRA_PRIORITY": 9}),)
    )
    kernel = FakeKernel(now)
    assert converge(kernel, lambda observed: between(before, desired, observed), always) == ()
    assert kernel.now.link("br0") is None
    assert kernel.now.link("br9") == theirs
    assert (kernel.now.addresses, kernel.now.rules) == (now.addresses, now.rules)


def test_a_bond_changes_its_mode_without_its_ports() -> None:
    bond = Link("bond0", "bond", up=True, data={"IFLA_BOND_MODE": 1})
    now = KernelState((Link("eth0", up=True, master="bond0"), bond))
    desired = KernelState((now.links[0], replace(bond, data={"IFLA_BOND_MODE": 2})))
    said = [operation for operation in diff(now, desired) if isinstance(operation, SetMaster | SetLinkUp)]
    assert said[:2] == [SetMaster("eth0", ""), SetLinkUp("bond0", False)]
    assert said[-1] == SetLinkUp("bond0", True)
    assert SetMaster("eth0", "bond0") in said


def test_a_port_of_a_bond_is_told_what_differs() -> None:
    bond = Link("bond0", "bond", up=True, data={"IFLA_BOND_MODE": 1})
    port = Link("eth0", up=True, master="bond0", port={"IFLA_BOND_SLAVE_QUEUE_ID": 2, "IFLA_BOND_SLAVE_PRIO": 0})
    more = replace(port, port={"IFLA_BOND_SLAVE_QUEUE_ID": 2, "IFLA_BOND_SLAVE_PRIO": 9})
    assert diff(KernelState((bond, port)), KernelState((bond, more))) == (
        SetLinkOptions("eth0", "bond_slave", {"IFLA_BOND_SLAVE_PRIO": 9}),
    )


def test_a_vlan_with_another_tag_is_made_anew_with_what_stands_on_it() -> None:
    vlan = Link("vlan0", "vlan", up=True, base="eth0", data={"IFLA_VLAN_ID": 7})
    upper = Link("vlan1", "vlan", up=True, base="vlan0", data={"IFLA_VLAN_ID": 9})
    now = KernelState((Link("eth0", up=True), vlan, upper))
    other = replace(vlan, data={"IFLA_VLAN_ID": 8})
    todo = diff(now, KernelState((now.links[0], other, upper)))
    assert todo[:4] == (RemoveLink("vlan1"), RemoveLink("vlan0"), CreateLink(other), CreateLink(upper))


def test_taps_of_vms_are_neither_made_nor_removed() -> None:
    tap = Link("tap0", "tun", up=True)
    assert diff(KernelState((tap,)), KernelState()) == ()
    assert diff(KernelState(), KernelState((tap,))) == ()


def test_a_pair_is_made_and_removed_once() -> None:
    v1, v2 = _pair("v1", "v2")
    assert [op for op in diff(KernelState(), KernelState((v1, v2))) if isinstance(op, CreateLink)] == [
        CreateLink(v1, v2)
    ]
    assert diff(KernelState((v1, v2)), KernelState()) == (RemoveLink("v2"),)


def test_a_pair_with_another_end_is_made_anew() -> None:
    now, desired = KernelState(tuple(_pair("v1", "v2"))), KernelState(tuple(_pair("v1", "v3")))
    kernel = FakeKernel(now)
    assert converge(kernel, lambda _: desired, always) == ()
    assert [(link.name, link.peer) for link in kernel.now.links] == [("v1", "v3"), ("v3", "v1")]


def test_a_veth_to_elsewhere_is_neither_made_nor_removed() -> None:
    assert diff(KernelState((_FOREIGN,)), KernelState()) == ()
    assert diff(KernelState(), KernelState((_FOREIGN,))) == ()


def test_a_pair_of_which_an_end_has_moved_into_a_container_is_not_made_again() -> None:
    v1, v2 = _pair("v1", "v2")
    moved = KernelState((replace(v1, peer=""),))
    assert diff(moved, KernelState((v1, v2), (KernelAddress("v2", "192.0.2.1", 24),))) == ()
    assert diff(KernelState((v1, v2)), moved) == ()


def test_what_others_make_on_the_way_there_stays() -> None:
    nic, theirs = Link("eth0", up=True), Link("br9", "bridge", up=True)
    before, desired = KernelState((nic, Link("br8", "bridge"))), KernelState((nic, Link("br0", "bridge", up=True)))
    held = KernelAddress("br9", "192.0.2.1", 24)
    kernel = FakeKernel(replace(before, links=(*before.links, theirs), addresses=(held,)))
    assert converge(kernel, lambda now: with_others(desired, before, now), always) == ()
    assert {link.name for link in kernel.now.links} == {"eth0", "br0", "br9"}
    assert kernel.now.addresses == (held,)


def test_the_lowest_comes_first_and_circles_end() -> None:
    links = (Link("br0", "bridge"), Link("vlan0", "vlan", base="bond0", master="br0"), Link("bond0", "bond"))
    assert [link.name for link in in_order(links)] == ["bond0", "vlan0", "br0"]
    assert len(in_order((Link("a", base="b"), Link("b", base="a")))) == 2
