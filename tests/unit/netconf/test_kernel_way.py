"""From any network of the kernel to any other, and back from the middle: against a kernel in memory."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netconf.kernel import going
from netconf.kernel.going import Overtaken, between, go, with_others
from netconf.kernel.operations import Configure, Make, Operation, Plug, Remove, Turn
from netconf.kernel.picture import Choice, Held, Link, Path, Picture
from netconf.kernel.way import in_order, way
from tests.fakes.kernel import FakeKernel

_NICS = ("eth0", "eth1", "eth2")
_STATIC, _UNICAST = 4, 1
_FOREIGN = Link("c7", "veth", up=True, mac="52:54:00:00:00:c7", mtu=1500)  # of a container, where its other end is


@pytest.fixture(autouse=True, scope="module")
def _no_pause() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(going, "_PAUSE_S", 0)
    yield
    patch.undo()


def _pair(name: str, peer: str) -> list[Link]:
    both = ((name, peer, "a1"), (peer, name, "a2"))
    return [Link(end, "veth", up=True, peer=other, mac=f"52:54:00:00:00:{mac}", mtu=1500) for end, other, mac in both]


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
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
        Held(name, f"192.0.2.{n}", 24) for n, name in enumerate(draw(st.sets(st.sampled_from(holders or [""]))))
    ]
    addresses = [address for address in addresses if address.link]
    routes = [Path(4, f"203.0.113.{n}", 32, 254, 0, _STATIC, 0, _UNICAST, link=a.link) for n, a in enumerate(addresses)]
    rules = [Choice(4, {"FRA_PRIORITY": number}) for number in draw(st.sets(st.sampled_from([1000, 2000])))]
    resolver = draw(st.sampled_from([None, "", "nameserver 192.0.2.53\n"]))
    return Picture(tuple(links), tuple(addresses), tuple(routes), tuple(rules), resolver)


def _mtu(draw: st.DrawFn, link: Link, masters: dict[str, str]) -> int:
    return 1500 if link.name in masters else draw(st.sampled_from([1500, 1400]))


def always() -> AbstractContextManager[bool]:
    return nullcontext(True)


def same(one: Picture, other: Picture) -> bool:
    """As far as `other` says."""
    names = {link.name for link in one.links}
    alike = [set(map(repr, found)) == set(map(repr, said)) for found, said in _parts(one, other)]
    return way(one, other) == () and names == {link.name for link in other.links} and all(alike)


def _parts(one: Picture, other: Picture) -> list[tuple[tuple[object, ...], tuple[object, ...]]]:
    bare = (
        tuple(replace(path, shown=None) for path in one.routes),
        tuple(replace(rule, shown=None) for rule in one.rules),
    )
    return [(one.addresses, other.addresses), (bare[0], other.routes), (bare[1], other.rules)]


@settings(max_examples=40)
@given(pictures(), pictures())
def test_there_and_back(before: Picture, wished: Picture) -> None:
    kernel = FakeKernel(before)
    assert go(kernel, lambda _: wished, always) == ()
    assert same(kernel.now, wished)
    assert go(kernel, lambda now: between(before, wished, now), always) == ()
    assert same(kernel.now, before)


@settings(max_examples=40)
@given(pictures())
def test_nothing_to_do(picture: Picture) -> None:
    assert way(picture, picture) == ()


@settings(max_examples=40)
@given(pictures(), pictures(), st.integers(0, 30))
def test_back_from_the_middle(before: Picture, wished: Picture, number: int) -> None:
    kernel = FakeKernel(before)

    def until_then() -> AbstractContextManager[bool]:
        return nullcontext(len(kernel.done) < number)

    try:
        go(kernel, lambda _: wished, until_then)
    except Overtaken:
        assert len(kernel.done) == number
    assert go(kernel, lambda now: between(before, wished, now), always) == ()
    assert same(kernel.now, before)


@settings(max_examples=40)
@given(pictures(), pictures(), st.integers(0, 10))
def test_what_fails_once_on_the_way_back_is_tried_again(before: Picture, wished: Picture, number: int) -> None:
    kernel = FakeKernel(before)
    go(kernel, lambda _: wished, always)
    asked: list[Operation] = []

    def once(operation: Operation) -> str | None:
        asked.append(operation)
        return "not now" if len(asked) == number else None

    kernel.refuses = once
    assert go(kernel, lambda now: between(before, wished, now), always) == ()
    assert same(kernel.now, before)


def test_what_fails_for_good_is_told_and_keeps_the_rest_from_nothing() -> None:
    nic = Link("eth0", up=True)
    wished = Picture((nic, Link("br0", "bridge", up=True)), (Held("eth0", "192.0.2.1", 24),))
    kernel = FakeKernel(Picture((nic,)), refuses=lambda op: "no such kind" if isinstance(op, Make) else None)
    assert "no such kind" in go(kernel, lambda _: wished, always)
    assert kernel.now.addresses == wished.addresses


def test_what_others_made_meanwhile_stays() -> None:
    before = Picture((Link("eth0", up=True),))
    wished = Picture((Link("eth0", up=True), Link("br0", "bridge", up=True)))
    theirs = Link("br9", "bridge", up=True)
    now = Picture((*wished.links, theirs), (Held("br9", "192.0.2.9", 24),), rules=(Choice(4, {"FRA_PRIORITY": 9}),))
    kernel = FakeKernel(now)
    assert go(kernel, lambda seen: between(before, wished, seen), always) == ()
    assert kernel.now.link("br0") is None
    assert kernel.now.link("br9") == theirs
    assert (kernel.now.addresses, kernel.now.rules) == (now.addresses, now.rules)


def test_a_bond_changes_its_mode_without_its_ports() -> None:
    bond = Link("bond0", "bond", up=True, data={"IFLA_BOND_MODE": 1})
    now = Picture((Link("eth0", up=True, master="bond0"), bond))
    goal = Picture((now.links[0], replace(bond, data={"IFLA_BOND_MODE": 2})))
    said = [operation for operation in way(now, goal) if isinstance(operation, Plug | Turn)]
    assert said[:2] == [Plug("eth0", ""), Turn("bond0", False)]
    assert said[-1] == Turn("bond0", True)
    assert Plug("eth0", "bond0") in said


def test_a_port_of_a_bond_is_told_what_differs() -> None:
    bond = Link("bond0", "bond", up=True, data={"IFLA_BOND_MODE": 1})
    port = Link("eth0", up=True, master="bond0", port={"IFLA_BOND_SLAVE_QUEUE_ID": 2, "IFLA_BOND_SLAVE_PRIO": 0})
    more = replace(port, port={"IFLA_BOND_SLAVE_QUEUE_ID": 2, "IFLA_BOND_SLAVE_PRIO": 9})
    assert way(Picture((bond, port)), Picture((bond, more))) == (
        Configure("eth0", "bond_slave", {"IFLA_BOND_SLAVE_PRIO": 9}),
    )


def test_a_vlan_with_another_tag_is_made_anew_with_what_stands_on_it() -> None:
    vlan = Link("vlan0", "vlan", up=True, base="eth0", data={"IFLA_VLAN_ID": 7})
    upper = Link("vlan1", "vlan", up=True, base="vlan0", data={"IFLA_VLAN_ID": 9})
    now = Picture((Link("eth0", up=True), vlan, upper))
    other = replace(vlan, data={"IFLA_VLAN_ID": 8})
    todo = way(now, Picture((now.links[0], other, upper)))
    assert todo[:4] == (Remove("vlan1"), Remove("vlan0"), Make(other), Make(upper))


def test_taps_of_vms_are_neither_made_nor_removed() -> None:
    tap = Link("tap0", "tun", up=True)
    assert way(Picture((tap,)), Picture()) == ()
    assert way(Picture(), Picture((tap,))) == ()


def test_a_pair_is_made_and_removed_once() -> None:
    v1, v2 = _pair("v1", "v2")
    assert [op for op in way(Picture(), Picture((v1, v2))) if isinstance(op, Make)] == [Make(v1, v2)]
    assert way(Picture((v1, v2)), Picture()) == (Remove("v2"),)


def test_a_pair_with_another_end_is_made_anew() -> None:
    now, goal = Picture(tuple(_pair("v1", "v2"))), Picture(tuple(_pair("v1", "v3")))
    kernel = FakeKernel(now)
    assert go(kernel, lambda _: goal, always) == ()
    assert [(link.name, link.peer) for link in kernel.now.links] == [("v1", "v3"), ("v3", "v1")]


def test_a_veth_to_elsewhere_is_neither_made_nor_removed() -> None:
    assert way(Picture((_FOREIGN,)), Picture()) == ()
    assert way(Picture(), Picture((_FOREIGN,))) == ()


def test_a_pair_of_which_an_end_has_moved_into_a_container_is_not_made_again() -> None:
    v1, v2 = _pair("v1", "v2")
    moved = Picture((replace(v1, peer=""),))
    assert way(moved, Picture((v1, v2), (Held("v2", "192.0.2.1", 24),))) == ()
    assert way(Picture((v1, v2)), moved) == ()


def test_what_others_make_on_the_way_there_stays() -> None:
    nic, theirs = Link("eth0", up=True), Link("br9", "bridge", up=True)
    before, wished = Picture((nic, Link("br8", "bridge"))), Picture((nic, Link("br0", "bridge", up=True)))
    held = Held("br9", "192.0.2.1", 24)
    kernel = FakeKernel(replace(before, links=(*before.links, theirs), addresses=(held,)))
    assert go(kernel, lambda now: with_others(wished, before, now), always) == ()
    assert {link.name for link in kernel.now.links} == {"eth0", "br0", "br9"}
    assert kernel.now.addresses == (held,)


def test_the_lowest_comes_first_and_circles_end() -> None:
    links = (Link("br0", "bridge"), Link("vlan0", "vlan", base="bond0", master="br0"), Link("bond0", "bond"))
    assert [link.name for link in in_order(links)] == ["bond0", "vlan0", "br0"]
    assert len(in_order((Link("a", base="b"), Link("b", base="a")))) == 2
