"""What the engine knows of the networks of its nodes, and which events come of it."""

from typing import Any

import msgspec
import pytest

from hosted_engine.engine.nodes import network_updates
from hosted_engine.engine.nodes.network import NodeNetwork, ObservedLinks, Rates
from hosted_engine.store.repositories import SqlRepository
from node.api.messages.network import BondPortReport, LinkCounters, NetworkEvent
from tests.fakes.engine import node_id
from tests.fakes.node.network import BRIDGE, NIC
from tests.unit.engine.scenes import events_of
from tests.unit.fleet.hand_clock import run_ready_tasks
from tests.unit.fleet.site import Site

ONE = node_id(1)
PORT = BondPortReport(active=True, mii_up=True)
DOWN = msgspec.structs.replace(NIC, carrier=False)
PULLED = NetworkEvent(kind="link-down", description="host0 lost its carrier", interface="host0")
PLUGGED = NetworkEvent(kind="link-up", description="host0 has a carrier", interface="host0")
FLAPS = NetworkEvent(kind="link-flapping", description="host0 comes and goes", interface="host0")


def known(site: Site) -> NodeNetwork:
    found = site.world.readings.of(ONE).network
    assert found is not None
    return found


def network_events(site: Site) -> list[str]:
    return [name for name in events_of(site.world) if name.startswith(("HOST_", "VDS_NETWORKS"))]


async def test_links_are_known_from_hello_on_and_no_event_comes_of_it(site: Site) -> None:
    assert [link.name for link in known(site).nics()] == ["host0"]
    assert network_events(site) == []


async def test_a_nic_that_goes_down_and_up(site: Site) -> None:
    site.machine(ONE).change_link(DOWN, PULLED)
    await run_ready_tasks()
    assert not known(site).links["host0"].carrier
    assert network_events(site) == ["HOST_INTERFACE_STATE_DOWN"]
    site.machine(ONE).change_link(NIC, PLUGGED)
    await run_ready_tasks()
    assert network_events(site) == ["HOST_INTERFACE_STATE_DOWN", "HOST_INTERFACE_STATE_UP"]


async def test_news_without_a_change_are_no_event(site: Site) -> None:
    """What came in while HELLO was gathered is told twice by the node."""
    site.machine(ONE).change_link(DOWN, PULLED)
    site.machine(ONE).change_link(DOWN, PULLED)
    await run_ready_tasks()
    assert network_events(site) == ["HOST_INTERFACE_STATE_DOWN"]


async def test_a_nic_that_flaps_is_followed_without_events(site: Site) -> None:
    site.machine(ONE).change_link(DOWN, FLAPS)
    site.machine(ONE).change_link(NIC)
    site.machine(ONE).change_link(DOWN)
    await run_ready_tasks()
    assert not known(site).links["host0"].carrier
    assert network_events(site) == []


async def test_a_link_that_is_gone(site: Site) -> None:
    site.machine(ONE).lose_link("host0")
    await run_ready_tasks()
    assert known(site).nics() == ()


async def test_what_happened_while_the_connection_was_away_is_told_with_the_next_hello(site: Site) -> None:
    node = site.machine(ONE)
    node.stop_answering()
    await run_ready_tasks()
    node.net.links["host0"] = DOWN
    node.speak_again()
    await site.clock.turn(2)
    assert network_events(site) == ["HOST_INTERFACE_STATE_DOWN"]


async def test_a_node_that_is_silent_keeps_its_links_as_they_were(site: Site) -> None:
    node = site.machine(ONE)
    node.change_link(DOWN, PULLED)
    await run_ready_tasks()
    node.stop_answering()
    await site.clock.turn(60)
    assert site.world.readings.of(ONE).network is None
    with site.world.store.transaction() as tx:
        seen = network_updates.last_reported(tx, ONE)
    assert seen is not None
    assert (seen.links["host0"], seen.is_current) == (DOWN, False)
    node.net.links["host0"] = NIC
    node.speak_again()
    await site.clock.turn(30)
    assert network_events(site)[-1] == "HOST_INTERFACE_STATE_UP"
    assert known(site).is_current


async def test_links_that_are_the_same_are_not_written_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    real = SqlRepository[Any].update

    def update(self: SqlRepository[Any], item: Any) -> None:
        written.append(item)
        real(self, item)

    monkeypatch.setattr(SqlRepository, "update", update)
    site.machine(ONE).change_link(NIC)
    await run_ready_tasks()
    assert not any(isinstance(item, ObservedLinks) for item in written)
    site.machine(ONE).lose_link("host0")
    await run_ready_tasks()
    assert [item.links for item in written if isinstance(item, ObservedLinks)] == [(BRIDGE,)]


async def test_a_port_of_a_bond_goes_down_and_up(site: Site) -> None:
    up = msgspec.structs.replace(NIC, controller="bond0", bond_port=PORT)
    down = msgspec.structs.replace(up, bond_port=msgspec.structs.replace(PORT, mii_up=False))
    for link, kind in ((up, "link-controller"), (down, "bond-port-down"), (up, "bond-port-up")):
        site.machine(ONE).change_link(link, NetworkEvent(kind=kind, description="…", interface="host0", about="bond0"))
    await run_ready_tasks()
    assert network_events(site) == ["HOST_BOND_SLAVE_STATE_DOWN", "HOST_BOND_SLAVE_STATE_UP"]


async def test_drift_is_told_once(site: Site) -> None:
    node = site.machine(ONE)
    node.net.drift = ("Set the MTU of host0 to 1500 (it is 1400)",)
    node.change_link(NIC)
    node.change_link(NIC)
    await run_ready_tasks()
    assert network_events(site) == ["VDS_NETWORKS_OUT_OF_SYNC"]
    assert known(site).drift == node.net.drift
    node.net.drift = ()
    node.change_link(NIC)
    await run_ready_tasks()
    assert network_events(site) == ["VDS_NETWORKS_OUT_OF_SYNC"]
    assert known(site).drift == ()


async def test_rates_come_of_two_heartbeats(site: Site) -> None:
    node = site.machine(ONE)
    node.net.counters["host0"] = LinkCounters(rx_bytes=1000, tx_bytes=500)
    node.heartbeat()
    await run_ready_tasks()
    await site.clock.turn(10)
    node.net.counters["host0"] = LinkCounters(rx_bytes=3000, tx_bytes=600, rx_errors=2)
    node.heartbeat()
    await run_ready_tasks()
    assert known(site).rates == {"host0": Rates(200.0, 10.0)}
    assert known(site).counters["host0"].rx_errors == 2


async def test_a_node_that_says_nothing_of_its_network_is_up_all_the_same(site: Site) -> None:
    """One of an earlier version."""
    node = site.machine(ONE)
    node.stop_answering()
    await run_ready_tasks()
    site.world.readings.forget(ONE)
    node.net.update = lambda: None  # type: ignore[assignment, method-assign, return-value]
    node.net.counters = {}
    node.speak_again()
    await site.clock.turn(2)
    node.heartbeat()
    await run_ready_tasks()
    assert site.world.readings.of(ONE).statistics is not None
    assert site.world.readings.of(ONE).network is None


def test_a_counter_that_begins_anew_gives_no_rate() -> None:
    first = NodeNetwork().counted({"a": LinkCounters(rx_bytes=9)}, 1.0)
    assert first.counted({"a": LinkCounters(rx_bytes=3)}, 2.0).rates == {"a": Rates()}
    assert first.counted({"a": LinkCounters(rx_bytes=10)}, 1.0).rates == {"a": Rates()}
