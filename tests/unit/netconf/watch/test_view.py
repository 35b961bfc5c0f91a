"""Whatever happened and however it was heard, the view ends up as the kernel is."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netconf.model import Address
from netconf.watch.view import Answering, Kernel, Link, Neighbour, ObservedAddress, ObservedRoute, Removed, apply
from tests.unit.netconf.watch.recorded import EVENTS, after_events, dump, in_batches

ETH = Link(2, "eth0", up=True, carrier=True)
OWN_ADDRESS = ObservedAddress(2, Address("192.0.2.5", 24), 4)
THERE = Neighbour(2, "192.0.2.1", "02:00:00:00:00:01", Answering.REACHABLE)


def without_routes(kernel: Kernel) -> Kernel:
    """Routes are read anew when one changed, not followed."""
    return replace(kernel, routes=frozenset())


def test_what_was_recorded_is_worth_it() -> None:
    before, after = dump("before"), dump("after")
    assert {link.name for link in before.links.values()} == {"lo"}
    names = {link.name: link for link in after.links.values()}
    assert {"lo", "eth0", "cable0", "br0"} <= names.keys()
    assert "lan1" not in names
    assert names["cable0"].carrier_changes >= 4
    assert len(after.addresses) > 3
    assert len(EVENTS) > 50


@settings(max_examples=30)
@given(st.lists(st.integers(1, 20), max_size=20))
def test_heard_in_any_batches_it_ends_as_the_kernel_is(sizes: list[int]) -> None:
    assert without_routes(in_batches(dump("before"), sizes)) == without_routes(dump("after"))


@settings(max_examples=30)
@given(st.integers(0, len(EVENTS)))
def test_news_older_than_what_was_read_does_no_harm(begin: int) -> None:
    """The socket listens before the first look, so that what it saw is heard once more."""
    assert without_routes(after_events(dump("after"), EVENTS[begin:])) == without_routes(dump("after"))


@settings(max_examples=30)
@given(st.lists(st.sampled_from(EVENTS)))
def test_nonsense_is_forgotten_with_the_next_look(events: list[bytes]) -> None:
    """No message breaks anything, in whatever order, and what was read already is not changed by what comes later."""
    read = dump("after")
    after_events(read, events)
    assert read == dump("after")


def test_a_link_takes_along_what_hangs_on_it() -> None:
    other = replace(OWN_ADDRESS, index=3)
    kernel = apply(Kernel(), (ETH, OWN_ADDRESS, THERE, Link(3, "eth1"), other))
    kernel = replace(kernel, routes=frozenset({ObservedRoute("0.0.0.0/0", "192.0.2.1", 2, 0, 254, "static")}))
    left = apply(kernel, (Removed(2, Link),))
    assert left == apply(Kernel(), (Link(3, "eth1"), other))


def test_a_renamed_link_is_the_same_one() -> None:
    kernel = apply(apply(Kernel(), (ETH, OWN_ADDRESS)), (replace(ETH, name="lan"),))
    assert [link.name for link in kernel.links.values()] == ["lan"]
    assert kernel.addresses == {OWN_ADDRESS.key: OWN_ADDRESS}


@pytest.mark.parametrize("there", [OWN_ADDRESS, THERE])
def test_what_goes_goes(there: ObservedAddress | Neighbour) -> None:
    kernel = apply(Kernel(), (ETH, there))
    assert apply(kernel, (Removed(there.key, type(there)),)) == apply(Kernel(), (ETH,))
    assert apply(Kernel(), (Removed(there.key, type(there)),)) == Kernel()
