"""A lost host's power is cut by its controller, with Debian's own agent; times are printed, not judged."""

import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection

import pytest

from ci.lab.bmc.power import Fault
from ci.lab.bmc.secrets import BmcSecrets
from ci.lab.bmc.switch import Controllers
from ci.lab.names import BMC_PORT
from ci.lab.relay import enter
from node.system.process import CommandFailed
from tests.lab import ha_run
from tests.lab.under_test import LabUnderTest

MUTE = """
table inet mute {
  chain input {
    type filter hook input priority 0;
    tcp flags & (syn | ack) == syn drop
    meta l4proto icmp drop
  }
}
"""


@pytest.fixture
def fenced(lab: LabUnderTest) -> Iterator[LabUnderTest]:
    """A lab that has settled and knows its controllers, and is brought back to one that does not."""
    ha_run.wait_whole(lab)
    Controllers(lab.appliance).switch(lab.appliance.machines[0], on=True)
    ha_run.until("all devices answer", lambda: all(devices_answer(lab, name) for name in lab.nodes))
    yield lab
    for name in lab.nodes:
        for kind in ("dead", "liar"):
            fault(lab, name).set(kind, False)
    off = [machine.node.name for machine in lab.appliance.machines if machine.supervisor() is None]
    ha_run.power_on(lab, *off)
    Controllers(lab.appliance).switch(lab.appliance.machines[0], on=False)
    ha_run.wait_whole(lab)


def fault(lab: LabUnderTest, name: str) -> Fault:
    return Fault(BmcSecrets(lab.appliance.lab).folder, name)


def devices_answer(lab: LabUnderTest, name: str) -> bool:
    """The daemon there has found every other node's device ready."""
    peers = ha_run.why(lab, name).get("peers", [])
    return len(peers) == len(lab.nodes) - 1 and all(peer["fencing"] == "ready" for peer in peers)


def journal(lab: LabUnderTest, host: str, since: float) -> str:
    return lab.exec(host, "journalctl", "-u", "trivet-ha", "-o", "cat", "--since", f"@{int(since)}", "--no-pager")


def report(what: object) -> None:
    print(f"{what} (load {os.getloadavg()[0]:.1f})")


def test_a_controller_says_nothing_without_the_password(lab: LabUnderTest) -> None:
    Controllers(lab.appliance).start()
    address = lab.appliance.machines[0].node.bmc_address
    trust = ssl.create_default_context(cafile=str(BmcSecrets(lab.appliance.lab).authority_file))

    def over_tls() -> int:
        asked = HTTPSConnection(address, BMC_PORT, context=trust, timeout=30)
        asked.request("GET", "/redfish/v1/Systems/node1")
        return asked.getresponse().status

    def in_clear() -> bytes:
        with socket.create_connection((address, BMC_PORT), timeout=30) as asked:
            asked.sendall(b"GET /redfish/v1 HTTP/1.0\r\n\r\n")
            return asked.recv(100)

    with ThreadPoolExecutor(1, initializer=enter, initargs=(lab.appliance.lab.netns_path,)) as inside:
        ha_run.until("the controller listens", lambda: inside.submit(_connects, address).result(), limit_s=60)
        assert inside.submit(over_tls).result() == 401
        assert b"HTTP" not in inside.submit(in_clear).result()


def _connects(address: str) -> bool:
    try:
        socket.create_connection((address, BMC_PORT), timeout=5).close()
    except OSError:
        return False
    return True


@pytest.mark.long
@pytest.mark.timeout(3 * ha_run.HANG_S)
def test_a_host_whose_power_is_confirmed_to_be_off_is_not_waited_for(fenced: LabUnderTest) -> None:
    lost, at = ha_run.engine_host(fenced), time.time()
    killing = threading.Thread(target=fenced.kill, args=(lost,))
    found = ha_run.measure(fenced, killing.start)
    report(found)
    killing.join()
    log = journal(fenced, found.host, at)
    assert f"{lost} is off, says its device" in log
    assert f"what {lost} owned is over" in log
    ha_run.wait_on(fenced, lost)
    assert f"{lost} is switched on again" in journal(fenced, found.host, at)
    last = json.loads(fenced.exec(found.host, "trivet", "ha", "history", "--failover", "--json"))[-1]
    assert (last["cause"], last["from_host"], last["to_host"]) == ("host_lost", lost, found.host)


@pytest.mark.long
@pytest.mark.timeout(3 * ha_run.HANG_S)
def test_where_the_device_died_with_its_node_the_lease_decides(fenced: LabUnderTest) -> None:
    lost = ha_run.engine_host(fenced)
    fault(fenced, lost).set("dead", True)
    found = ha_run.measure(fenced, lambda: threading.Thread(target=fenced.kill, args=(lost,)).start())
    report(found)
    assert found.host != lost
    assert fenced.node(lost).supervisor() is None


@pytest.mark.long
@pytest.mark.timeout(3 * ha_run.HANG_S)
def test_a_device_that_lies_never_makes_two_engines(fenced: LabUnderTest) -> None:
    """The engine's host lives with its storage, but its keeper is frozen and nobody reaches it; its device says off."""
    host, at = ha_run.engine_host(fenced), time.time()
    fault(fenced, host).set("liar", True)
    fenced.node(host).exec("nft", "-f", "-", stdin=MUTE)
    fenced.exec(host, "systemctl", "kill", "-s", "STOP", "trivet-ha")
    try:
        seen: list[list[str]] = []

        def moved() -> bool:
            seen.append(ha_run.engine_hosts(fenced))
            return len(seen[-1]) == 1 and seen[-1] != [host]

        ha_run.until("the engine runs elsewhere", moved, every_s=0.2)
        assert max(len(hosts) for hosts in seen) == 1, seen
    finally:
        fenced.exec(host, "systemctl", "kill", "-s", "CONT", "trivet-ha")
        fenced.exec(host, "nft", "delete", "table", "inet", "mute")
    report(f"{len(seen)} looks, the engine is on {seen[-1][0]}")
    other = seen[-1][0]
    assert f"{host} is off, says its device" in journal(fenced, other, at)
    try:
        log = fenced.exec(host, "grep", "-E", "delta_renew not owner|all pids clear", "/var/log/sanlock.log")
    except CommandFailed:
        log = ""
    refused = "renewed its host id after its fence device" in journal(fenced, other, at)
    assert refused or "all pids clear" in log
