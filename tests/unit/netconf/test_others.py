"""Routes of others: seen, told apart from ours, and given back where a backend has lost them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netconf.backend import NOTHING
from netconf.document import parse
from netconf.facade import Network
from netconf.kernel.observe import from_netlink
from netconf.kernel.operations import SetRoute
from netconf.kernel.others import of_others, staying, to_restore
from netconf.kernel.state import Hop, KernelRoute, KernelState, Link
from netconf.model import BY_DHCP, Checkpoint, NetworkState, Route, RouteOfOthers
from netconf.planning.completion import complete
from netconf.planning.plan import Step
from tests.unit.netconf.desired import DHCP as LEASED
from tests.unit.netconf.desired import HOST, bridge, desired_document, v4, with_eth0
from tests.unit.netconf.states import checkpoint
from tests.unit.netconf.test_backend_watchdog import Machine, Mortal
from tests.unit.netconf.test_observe import link, route

STATIC, BGP, DHCP, RA, KERNEL = 4, 186, 16, 9, 2


def path(number: int = 113, protocol: int = BGP, **more: Any) -> KernelRoute:
    plain = KernelRoute(4, f"203.0.{number}.0", 24, 254, 20, protocol, 0, 1, gateway="192.0.2.1", link="host0")
    return replace(plain, **more)


UP = KernelState((Link("host0", up=True),))


def test_they_are_seen_with_who_made_them() -> None:
    hops = [{"RTA_GATEWAY": "192.0.2.1", "oif": 2}, {"RTA_GATEWAY": "192.0.2.2", "oif": 3}]
    messages = [
        route(2, proto=BGP, dst="203.0.113.0", dst_len=24),
        route(2, proto=DHCP),
        route(2, proto=77, dst="203.0.114.0", dst_len=24, table=7),
        {**route(0, proto=11, dst="203.0.115.0", dst_len=24), "gateway": None, "RTA_MULTIPATH": hops},
        {**route(2, dst="203.0.116.0", dst_len=24), "gateway": None, "RTA_VIA": {"addr": "fe80::1"}},
        route(2, proto=KERNEL, dst="192.0.2.0", dst_len=24),
        route(2),
        route(2, proto=BGP, type=6),
    ]
    observed = from_netlink([link(2, "host0"), link(3, "eth1")], (), messages)
    assert [(o.route.destination, o.route.next_hop, o.route.interface, o.by) for o in observed.others] == [
        ("203.0.113.0/24", "192.0.2.1", "host0", "bgp"),
        ("0.0.0.0/0", "192.0.2.1", "host0", BY_DHCP),
        ("203.0.114.0/24", "192.0.2.1", "host0", "protocol 77"),
        ("203.0.115.0/24", "192.0.2.1", "host0", "zebra"),
        ("203.0.115.0/24", "192.0.2.2", "eth1", "zebra"),
        ("203.0.116.0/24", "fe80::1", "host0", "hand"),
    ]
    assert [r.destination for r in observed.routes or ()] == ["0.0.0.0/0"]
    assert observed == replace(observed, others=())  # what others do is no change of ours


def test_what_comes_by_itself_is_not_given() -> None:
    mine = [path(), path(114, STATIC), path(115, 3)]
    theirs = [path(116, DHCP), path(117, RA), path(118, KERNEL), path(119, link="", gateway="", type=6)]
    assert of_others(replace(UP, routes=(*mine, *theirs))) == tuple(mine)


hops = st.sampled_from([(), (Hop("192.0.2.1", "host0", 0, False), Hop("192.0.2.2", "host0", 0, False))])
paths = st.builds(
    path,
    st.integers(0, 5),
    st.sampled_from([3, STATIC, 11, BGP]),
    metric=st.integers(0, 2),
    table=st.sampled_from([254, 77]),
    hops=hops,
    options=st.sampled_from([{}, {"RTAX_MTU": 1300}]),
)


@given(st.lists(paths, unique_by=lambda p: (p.to, p.metric, p.table, p.hops)), st.data())
def test_whatever_is_lost_is_given_back_once(before: list[KernelRoute], data: st.DataObject) -> None:
    left = data.draw(
        st.lists(st.sampled_from(before), unique_by=lambda p: (p.to, p.metric, p.table)) if before else st.just([])
    )
    now = list(left)
    for operation in to_restore(before, replace(UP, routes=tuple(left))):
        assert isinstance(operation, SetRoute)
        (now.append if operation.there else now.remove)(operation.route)
    assert {(p.to, p.table, p.hops) for p in now} == {(p.to, p.table, p.hops) for p in before}
    assert to_restore(before, replace(UP, routes=tuple(now))) == ()


def test_one_that_networkmanager_has_made_with_another_metric_is_there() -> None:
    assert to_restore([path(protocol=STATIC)], replace(UP, routes=(path(protocol=STATIC, metric=101),))) == ()
    assert to_restore([path()], replace(UP, routes=(path(metric=101),))) == (SetRoute(path(), True),)


def test_one_that_has_lost_its_source_is_made_anew() -> None:
    was, now = path(protocol=3, source="192.0.2.11"), path(protocol=STATIC)
    assert to_restore([was], replace(UP, routes=(now,))) == (SetRoute(now, False), SetRoute(was, True))


def test_nothing_is_given_over_what_is_down() -> None:
    assert to_restore([path()], KernelState((Link("host0", up=False),))) == ()
    assert to_restore([path()], KernelState()) == ()


OFF = {"enabled": False}


@pytest.mark.parametrize(
    ("desired", "stays"),
    [
        (desired_document({"name": "eth0", "mtu": 1400}), True),
        (desired_document(bridge("eth1")), True),
        (desired_document({"name": "eth0", "ipv6": OFF}), True),
        (desired_document({"name": "eth0", "ipv4": {"enabled": True, "dhcp": True}}), True),
        (desired_document({"name": "eth0", "ipv4": OFF}), False),
        (desired_document({"name": "eth0", "state": "down"}), False),
        (desired_document({"name": "eth0", "state": "absent"}), False),
        (desired_document(bridge("eth0")), False),
        (desired_document({"name": "vrf9", "type": "vrf", "vrf": {"route-table-id": 9, "port": ["eth0"]}}), False),
    ],
)
def test_they_stay_as_long_as_the_interface_has_their_family(desired: dict[str, Any], stays: bool) -> None:
    found = staying(complete(parse(desired), HOST), HOST)
    assert found(path(link="eth0")) is stays
    assert found(path(link="", hops=(Hop("192.0.2.1", "eth0", 0, False),))) is stays
    assert found(path(link="eth22"))


@pytest.mark.parametrize(("protocol", "stays"), [(DHCP, False), (BGP, True)])
def test_what_a_lease_brought_goes_with_it(protocol: int, stays: bool) -> None:
    observed = with_eth0(ipv4=LEASED)
    found = staying(complete(parse(desired_document({"name": "eth0", "ipv4": v4("192.0.2.77")})), observed), observed)
    assert found(path(protocol=protocol, link="eth0")) is stays


class Forgetful(Mortal):
    """As NetworkManager: it starts an interface anew for whatever is changed of it, and knows its own routes alone."""

    async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
        made = await super().apply(desired, steps, confirm_within_s)
        self.lose()
        return made

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        await super().roll_back(checkpoint)
        self.lose()

    async def roll_back_unconfirmed(self, plugged: Mapping[str, str] = NOTHING) -> None:
        waits = bool(self._changes.unfinished())
        await super().roll_back_unconfirmed(plugged)
        if waits:
            self.lose()

    def lose(self) -> None:
        kernel = self._executor(self._resolv_conf)
        kernel.now = replace(kernel.now, routes=())  # type: ignore[attr-defined]


@pytest.fixture
def machine(tmp_path: File) -> Machine:
    found = Machine(tmp_path)
    found.kernel.now = found.before = replace(found.before, routes=(path(metric=0), path(114, 3, metric=0, table=78)))
    found.nm = Forgetful(folder=tmp_path / "nm", executor=lambda _: found.kernel, watch=lambda *_: None)
    return found


NARROW = {"interfaces": [{"name": "host0", "type": "ethernet", "mtu": 1400}]}


def routes(machine: Machine) -> set[str]:
    return {repr(replace(found, shown=None)) for found in machine.kernel.now.routes}


async def test_they_stay_through_a_change_and_its_way_back(machine: Machine) -> None:
    before = routes(machine)
    change = await machine.network().change(NARROW)
    assert routes(machine) == before
    await machine.network().roll_back(checkpoint(change))
    assert routes(machine) == before
    assert machine.kernel.now.link("host0") == machine.before.link("host0")


async def test_they_come_back_when_another_process_settles_the_change(machine: Machine) -> None:
    before = routes(machine)
    await machine.network().change(NARROW)
    await machine.network().roll_back_unconfirmed()
    assert routes(machine) == before


async def test_confirmed_they_are_not_minded_any_more(machine: Machine) -> None:
    change = await machine.network().change(NARROW)
    await machine.network().confirm(checkpoint(change))
    machine.kernel.now = replace(machine.kernel.now, routes=())
    await Network(machine.nm, rollback=machine.rollback).roll_back_unconfirmed()
    assert routes(machine) == set()


def test_a_route_of_others_is_no_wish() -> None:
    other = RouteOfOthers(Route("203.0.113.0/24", "192.0.2.1", "eth0"), "bgp")
    assert NetworkState(others=(other,)) == NetworkState()
