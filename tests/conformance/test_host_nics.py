"""The NICs of hosts through the unmodified SDK, beside what the nodes themselves say, and a cable that is pulled."""

import json
import subprocess
from collections.abc import Callable, Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance.outside import until
from tests.conformance.test_sdk import connect
from tests.lab.under_test import LabUnderTest

REPORTED_WITHIN_S = 180
SOON_S = 90  # it comes within a second or so on a machine that is not busy
CABLE, FAR = "probe9", "probe9far"


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    """Of a node that was cut off, by an earlier test for example, no status is told until it is heard again."""
    opened = connect(lab)
    service = opened.system_service()
    until(
        "every node has told of its network",
        lambda: all((nic := named(nics_of(service, node), "host0")) and nic.status for node in lab.nodes),
        timeout_s=REPORTED_WITHIN_S,
    )
    yield service
    opened.close()


@pytest.fixture
def far_end(lab: LabUnderTest) -> Iterator[Callable[[str], None]]:
    """A second cable into the last node; its far end lies in the lab's own namespace."""
    node = lab.node(lab.nodes[-1])
    netns = str(node.node.lab.netns_path)

    def ip(*argv: str, check: bool = True) -> None:
        subprocess.run(("nsenter", f"--net={netns}", "ip", *argv), check=check)

    ip("link", "add", FAR, "type", "veth", "peer", "name", CABLE, "netns", str(node.leader_or_refuse().pid))
    node.exec("ip", "link", "set", CABLE, "up")
    ip("link", "set", FAR, "up")
    yield lambda state: ip("link", "set", FAR, state)
    ip("link", "del", FAR, check=False)


def nics_of(system: sdk.services.SystemService, name: str) -> sdk.services.HostNicsService:
    (host,) = system.hosts_service().list(search=f"name={name}")
    return system.hosts_service().host_service(host.id).nics_service()


def named(nics: sdk.services.HostNicsService, name: str) -> types.HostNic | None:
    return next((nic for nic in nics.list() if nic.name == name), None)


def test_the_nic_below_the_management_bridge_is_as_the_node_says(
    lab: LabUnderTest, system: sdk.services.SystemService
) -> None:
    for node in lab.nodes:
        (link,) = json.loads(lab.exec(node, "ip", "-j", "link", "show", "host0"))
        (bridge,) = json.loads(lab.exec(node, "ip", "-j", "-4", "addr", "show", "ovirtmgmt"))
        nic = named(nics_of(system, node), "host0")
        assert nic is not None
        assert (nic.mac.address, nic.mtu, nic.status) == (link["address"], link["mtu"], types.NicStatus.UP)
        assert (nic.bridged, nic.ip.address) == (True, bridge["addr_info"][0]["local"])
        (network,) = system.networks_service().list(search="name=ovirtmgmt")
        assert nic.network.id == network.id


def test_counters_are_those_of_the_node(lab: LabUnderTest, system: sdk.services.SystemService) -> None:
    node = lab.nodes[0]
    nics = nics_of(system, node)
    nic = named(nics, "host0")
    assert nic is not None
    statistics = nics.nic_service(nic.id).statistics_service()
    found = {statistic.name: statistic.values[0].datum for statistic in statistics.list()}
    (link,) = json.loads(lab.exec(node, "ip", "-j", "-s", "link", "show", "host0"))
    assert 0 < found["data.total.rx"] <= link["stats64"]["rx"]["bytes"]
    assert found["errors.total.rx"] == link["stats64"]["rx"]["errors"]


def test_a_cable_that_is_pulled_and_plugged_in_again(
    lab: LabUnderTest, system: sdk.services.SystemService, far_end: Callable[[str], None]
) -> None:
    nics = nics_of(system, lab.nodes[-1])

    def status() -> object:
        nic = named(nics, CABLE)
        return nic.status if nic is not None else None

    until("the new NIC is up", lambda: status() == types.NicStatus.UP, timeout_s=SOON_S)
    (last,) = system.events_service().list(max=1)
    far_end("down")
    until("it is down", lambda: status() == types.NicStatus.DOWN, timeout_s=SOON_S)
    far_end("up")
    until("it is up again", lambda: status() == types.NicStatus.UP, timeout_s=SOON_S)
    said = [event for event in system.events_service().list(from_=int(last.id)) if CABLE in event.description]
    assert sorted(event.code for event in said) == [609, 610]
    assert {event.severity for event in said if event.code == 610} == {types.LogSeverity.WARNING}


def test_a_host_that_is_silent_keeps_its_nics_and_nobody_knows_their_status(
    lab: LabUnderTest, system: sdk.services.SystemService
) -> None:
    node = lab.nodes[-1]
    nics = nics_of(system, node)
    before = named(nics, "host0")
    assert before is not None

    def status() -> object:
        nic = named(nics, "host0")
        assert nic is not None
        return nic.status

    lab.exec(node, "systemctl", "stop", "trivet-node")
    try:
        until("its status is not known", lambda: status() is None, timeout_s=REPORTED_WITHIN_S)
        nic = named(nics, "host0")
        assert nic is not None
        assert (nic.id, nic.mac.address, nic.ip.address) == (before.id, before.mac.address, before.ip.address)
    finally:
        lab.exec(node, "systemctl", "start", "trivet-node")
    until("it is up again", lambda: status() == types.NicStatus.UP, timeout_s=REPORTED_WITHIN_S)
