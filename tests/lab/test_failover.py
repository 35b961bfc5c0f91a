"""The engine survives the loss of its host, of its keeper, and of all nodes at once; times are printed, not judged."""

import os
import threading
import time

import pytest

from tests.lab import ha_run
from tests.lab.under_test import LabUnderTest


def knows_engine(lab: LabUnderTest, host: str, after: float) -> bool:
    found = ha_run.why(lab, host)
    return bool(found) and float(found["at"]) > after and str(found["decision"]["state"]) == "engine_up"


def observes_free(lab: LabUnderTest, name: str) -> bool:
    return bool(ha_run.why(lab, name).get("decision", {}).get("lease") == "free")


def report(what: object) -> None:
    print(f"{what} (load {os.getloadavg()[0]:.1f})")


@pytest.mark.timeout(3 * ha_run.HANG_S)
def test_power_loss_of_the_engines_host_ends_with_the_api_answering(whole: LabUnderTest) -> None:
    lost = ha_run.engine_host(whole)
    found = ha_run.measure(whole, lambda: threading.Thread(target=whole.kill, args=(lost,)).start())
    report(found)
    assert found.host != lost
    assert whole.status().engine == found.host
    ha_run.until("the API shows the engine on its new host", lambda: ha_run.engine_vm_host(whole) == found.host)
    ha_run.until("the dead host is not responding", lambda: ha_run.host_states(whole)[lost] == "non_responsive")


@pytest.mark.timeout(ha_run.HANG_S)
def test_a_killed_keeper_comes_back_and_leaves_the_engine_alone(whole: LabUnderTest) -> None:
    host = ha_run.engine_host(whole)
    qemu = whole.exec(host, "cat", "/run/libvirt/qemu/HostedEngine.pid")
    before, at = ha_run.daemon(whole, host), time.time()
    whole.exec(host, "kill", "-9", str(before))
    ha_run.until("trivet-ha runs again", lambda: ha_run.daemon(whole, host) not in (0, before))
    ha_run.until("it knows its engine again", lambda: knows_engine(whole, host, at))
    assert whole.exec(host, "cat", "/run/libvirt/qemu/HostedEngine.pid") == qemu
    assert ha_run.engine_hosts(whole) == [host]


@pytest.mark.long
@pytest.mark.timeout(3 * ha_run.HANG_S)
def test_an_engine_is_started_without_any_agent(whole: LabUnderTest) -> None:
    """Every agent dead, the engine's process killed: trivet-ha needs neither."""
    host = ha_run.engine_host(whole)
    for name in whole.nodes:
        whole.exec(name, "systemctl", "stop", "trivet-node")
    try:
        found = ha_run.measure(whole, lambda: ha_run.signal_engine(whole, host, "KILL"))
        report(found)
    finally:
        for name in whole.nodes:
            whole.exec(name, "systemctl", "start", "trivet-node")


@pytest.mark.long
@pytest.mark.timeout(4 * ha_run.HANG_S)
def test_all_nodes_off_and_on_ends_with_the_api_answering(whole: LabUnderTest) -> None:
    def lose_all() -> None:
        for name in whole.nodes:
            whole.kill(name)
        ha_run.power_on(whole, *reversed(whole.nodes))

    report(ha_run.measure(whole, lose_all))
    assert len(ha_run.engine_hosts(whole)) == 1


@pytest.mark.long
@pytest.mark.timeout(4 * ha_run.HANG_S)
def test_an_engine_that_hangs_is_started_anew(whole: LabUnderTest) -> None:
    """Its QEMU is stopped: the guest can be asked nothing, and is destroyed."""
    host = ha_run.engine_host(whole)
    report(ha_run.measure(whole, lambda: ha_run.signal_engine(whole, host, "STOP")))


@pytest.mark.long
@pytest.mark.timeout(3 * ha_run.HANG_S)
def test_nothing_is_started_in_global_maintenance_and_all_is_after_it(whole: LabUnderTest) -> None:
    host = ha_run.engine_host(whole)
    whole.exec(host, "trivet", "ha", "maintenance", "global")
    try:
        whole.exec(host, "virsh", "destroy", "HostedEngine")
        ha_run.until(
            "all know that nobody has the lease", lambda: all(observes_free(whole, name) for name in whole.nodes)
        )
        assert ha_run.engine_hosts(whole) == []
    finally:
        whole.exec(host, "trivet", "ha", "maintenance", "none")
    ha_run.until("the API answers again", lambda: ha_run.answers(whole))
