"""The NICs of a host as the unmodified SDK reads them: bridges above, bonds and VLANs, statistics."""

from collections.abc import Iterator
from dataclasses import replace

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from hosted_engine.engine.nodes.network import NodeNetwork, ObservedLinks
from node.api.messages.network import BondPortReport, BondReport, LinkAddress, LinkCounters, LinkReport, NetworkUpdate
from tests.fakes.engine import node_id
from tests.fakes.node.network import BRIDGE
from tests.unit.rest.server import Served, served

ONE = node_id(1)
PORT = BondPortReport(active=True, mii_up=True, aggregator=3, lacp="collecting-distributing")
LINKS = (
    BRIDGE,
    LinkReport(
        name="bond0",
        kind="bond",
        up=True,
        carrier=True,
        mac="02:00:00:00:00:01",
        mtu=9000,
        speed_mbps=20_000,
        controller="ovirtmgmt",
        bond=BondReport(mode="802.3ad", active_port="eth0", aggregator=3, partner_mac="02:00:00:00:00:99"),
    ),
    LinkReport(name="eth0", kind="ethernet", up=True, carrier=True, controller="bond0", bond_port=PORT, speed_mbps=10),
    LinkReport(name="eth1", kind="ethernet", up=True, carrier=False, controller="bond0", bond_port=PORT),
    LinkReport(
        name="bond0.7",
        kind="vlan",
        up=True,
        carrier=True,
        base="bond0",
        vlan=7,
        addresses=(
            LinkAddress(address="fe80::1/64", origin="link-local"),
            LinkAddress(address="198.51.100.7/25", origin="dhcp"),
            LinkAddress(address="2001:db8::7/64", origin="router advertisement"),
        ),
        gateways=("2001:db8::1",),
    ),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("tls")) as running:
        network = NodeNetwork().after(NetworkUpdate(links=LINKS))
        network = network.counted({"bond0": LinkCounters(rx_bytes=1000, tx_bytes=10)}, 1.0)
        counters = LinkCounters(rx_bytes=3000, tx_bytes=110, rx_errors=2, tx_errors=1)
        network = network.counted({"bond0": counters}, 11.0)
        reading = running.world.readings.of(ONE)
        running.world.readings.put(ONE, replace(reading, network=network))
        yield running


@pytest.fixture
def nics(site: Served) -> Iterator[sdk.services.HostNicsService]:
    with site.connection() as connection:
        yield connection.system_service().hosts_service().host_service(ONE).nics_service()


def by_name(nics: sdk.services.HostNicsService) -> dict[str, types.HostNic]:
    return {nic.name: nic for nic in nics.list()}


def test_a_bond_below_a_bridge(nics: sdk.services.HostNicsService) -> None:
    found = by_name(nics)
    assert sorted(found) == ["bond0", "bond0.7", "eth0", "eth1"]
    bond = found["bond0"]
    assert (bond.mac.address, bond.mtu, bond.speed, bond.status) == (
        "02:00:00:00:00:01",
        9000,
        20_000_000_000,
        types.NicStatus.UP,
    )
    assert (bond.bridged, bond.ip.address, bond.ip.netmask, bond.ip.gateway) == (
        True,
        "192.0.2.11",
        "255.255.255.0",
        "192.0.2.1",
    )
    assert bond.boot_protocol == types.BootProtocol.STATIC
    assert [(option.name, option.value) for option in bond.bonding.options] == [("mode", "4")]
    assert {slave.id for slave in bond.bonding.slaves} == {found["eth0"].id, found["eth1"].id}
    assert bond.bonding.active_slave.id == found["eth0"].id
    assert bond.bonding.ad_partner_mac.address == "02:00:00:00:00:99"
    assert bond.ad_aggregator_id == found["eth0"].ad_aggregator_id == 3
    assert found["eth1"].status == types.NicStatus.DOWN
    assert nics.nic_service(bond.id).get().name == "bond0"


def test_the_network_above_it(site: Served, nics: sdk.services.HostNicsService) -> None:
    bond = by_name(nics)["bond0"]
    with site.connection() as connection:
        assert connection.follow_link(bond.network).name == "ovirtmgmt"
        assert connection.follow_link(bond.host).id == ONE


def test_a_vlan_with_addresses_of_its_own(nics: sdk.services.HostNicsService) -> None:
    vlan = by_name(nics)["bond0.7"]
    assert (vlan.vlan.id, vlan.base_interface, vlan.bridged) == (7, "bond0", False)
    assert (vlan.ip.address, vlan.ip.netmask, vlan.boot_protocol) == (
        "198.51.100.7",
        "255.255.255.128",
        types.BootProtocol.DHCP,
    )
    assert (vlan.ipv6.address, vlan.ipv6.gateway, vlan.ipv6_boot_protocol) == (
        "2001:db8::7",
        "2001:db8::1",
        types.BootProtocol.AUTOCONF,
    )


def test_statistics(nics: sdk.services.HostNicsService) -> None:
    bond = by_name(nics)["bond0"]
    service = nics.nic_service(bond.id).statistics_service()
    found = {statistic.name: statistic for statistic in service.list()}
    assert {name: statistic.values[0].datum for name, statistic in found.items()} == {
        "data.current.rx": 200,
        "data.current.tx": 10,
        "data.current.rx.bps": 1600,
        "data.current.tx.bps": 80,
        "data.total.rx": 3000,
        "data.total.tx": 110,
        "errors.total.rx": 2,
        "errors.total.tx": 1,
    }
    rate = found["data.current.rx"]
    assert (rate.kind, rate.unit, rate.type) == (
        types.StatisticKind.GAUGE,
        types.StatisticUnit.BYTES_PER_SECOND,
        types.ValueType.DECIMAL,
    )
    assert service.statistic_service(rate.id).get().name == "data.current.rx"
    assert nics.nic_service(by_name(nics)["eth1"].id).statistics_service().list() == []


def test_what_is_not_there(site: Served, nics: sdk.services.HostNicsService) -> None:
    with pytest.raises(sdk.NotFoundError):
        nics.nic_service("nothing").get()
    with site.connection() as connection:
        hosts = connection.system_service().hosts_service()
        with pytest.raises(sdk.NotFoundError):
            hosts.host_service("nothing").nics_service().list()
        with pytest.raises(sdk.NotFoundError):
            hosts.host_service("nothing").statistics_service().list()
        with pytest.raises(sdk.NotFoundError):
            hosts.host_service(ONE).statistics_service().statistic_service("nothing").get()


def test_the_statistics_of_a_host_are_what_it_said_last(site: Served) -> None:
    said = site.world.readings.of(ONE).statistics
    assert said is not None
    with site.connection() as connection:
        service = connection.system_service().hosts_service().host_service(ONE).statistics_service()
        found = {one.name: one for one in service.list()}
        assert found["memory.free"].values[0].datum == said.memory_free_bytes
        assert found["cpu.current.idle"].values[0].datum == said.cpu_idle_percent
        assert found["cpu.current.idle"].unit is types.StatisticUnit.PERCENT
        assert service.statistic_service(found["boot.time"].id).get().values[0].datum == int(said.at - said.uptime_s)


def test_a_silent_node_has_its_nics_as_they_were_seen_last(site: Served) -> None:
    two = node_id(2)
    with site.world.store.transaction() as tx:
        tx.observed_links.update(ObservedLinks(id=two, links=LINKS))
    site.world.readings.forget(two)
    with site.connection() as connection:
        nics = connection.system_service().hosts_service().host_service(two).nics_service()
        found = by_name(nics)
        assert sorted(found) == ["bond0", "bond0.7", "eth0", "eth1"]
        assert {nic.status for nic in found.values()} == {None}
        bond = nics.nic_service(found["bond0"].id).get()
        assert (bond.ip.address, bond.mtu, bond.bonding.slaves[0].id) == ("192.0.2.11", 9000, found["eth0"].id)
        assert nics.nic_service(bond.id).statistics_service().list() == []


def test_of_a_node_that_was_never_heard_nothing_is_known(site: Served) -> None:
    three = node_id(3)
    site.world.readings.forget(three)
    with site.world.store.transaction() as tx:
        tx.observed_links.remove(three)
    with site.connection() as connection:
        host = connection.system_service().hosts_service().host_service(three)
        assert host.nics_service().list() == []
        assert host.statistics_service().list() == []


def test_they_are_followed(site: Served) -> None:
    with site.connection() as connection:
        host = connection.system_service().hosts_service().host_service(ONE).get(follow="nics.statistics")
        assert {nic.name for nic in host.nics} == {"bond0", "bond0.7", "eth0", "eth1"}
        assert [nic.name for nic in host.nics if nic.statistics] == ["bond0"]
