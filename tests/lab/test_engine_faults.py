"""Whatever breaks around the engine, one engine serves again by itself, sound, with every write that it acknowledged.

`whole` checks that at the end of each. Losing hosts, QEMU and trivet-ha: test_failover; all cables: test_outage.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.lab import engine_faults, ha_run
from tests.lab.under_test import LabUnderTest

PARTED_S = 100  # longer than the others wait for a host that is lost
Fault = Callable[[LabUnderTest, str], AbstractContextManager[None]]


def test_a_killed_engine_process_serves_again(whole: LabUnderTest) -> None:
    host = ha_run.engine_host(whole)
    before = engine_faults.kill_engine(whole)
    ha_run.until("another process serves", lambda: engine_faults.engine_process(whole) not in ("0", before))
    ha_run.until("the API answers", lambda: ha_run.answers(whole))
    assert ha_run.engine_hosts(whole) == [host]


@pytest.mark.parametrize("year", [2010, pytest.param(2031, marks=pytest.mark.long)])
def test_a_wrong_clock_of_the_engine_is_said_and_set(whole: LabUnderTest, year: int) -> None:
    host, at = ha_run.engine_host(whole), time.time()
    engine_faults.in_engine(whole, "date", "--set", f"{year}-01-01 12:00:00")
    ha_run.until(
        "the engine's clock is right",
        lambda: abs(int(engine_faults.in_engine(whole, "date", "+%s")) - time.time()) < 60,
    )
    said = whole.exec(host, "journalctl", "-u", "trivet-ha", "--since", f"@{int(at)}", "--no-pager")
    assert f"The engine's clock is wrong: it says {year}-01-01 12:" in said
    assert "certificates" in said
    ha_run.until("all hosts are up", lambda: set(ha_run.host_states(whole).values()) == {"up"})
    assert ha_run.engine_hosts(whole) == [host]


@pytest.mark.long
@pytest.mark.timeout(2 * ha_run.HANG_S)
@pytest.mark.parametrize(
    "fault",
    [engine_faults.away_from_peers, engine_faults.away_from_storage, engine_faults.away_from_both],
    ids=["peers", "storage", "both"],
)
def test_the_engines_host_is_parted(whole: LabUnderTest, fault: Fault) -> None:
    host = ha_run.engine_host(whole)
    with fault(whole, host):
        time.sleep(PARTED_S)
    ha_run.until("the API answers", lambda: ha_run.answers(whole))
    print(f"{host} was parted for {PARTED_S} s; the engine runs on {ha_run.engine_hosts(whole)}")


@pytest.mark.long
@pytest.mark.timeout(2 * ha_run.HANG_S)
def test_a_hung_guest_kernel_is_reset_also_in_global_maintenance(whole: LabUnderTest) -> None:
    """By its watchdog: trivet-ha is told to leave the engine alone, and the kernel to stay where it panics."""
    host = ha_run.engine_host(whole)
    qemu = whole.exec(host, "cat", "/run/libvirt/qemu/HostedEngine.pid")
    whole.exec(host, "trivet", "ha", "maintenance", "global")
    try:
        engine_faults.hang_kernel(whole)
        ha_run.until("the API does not answer any more", lambda: not ha_run.answers(whole))
        ha_run.until("the API answers again", lambda: ha_run.answers(whole))
    finally:
        whole.exec(host, "trivet", "ha", "maintenance", "none")
    assert whole.exec(host, "cat", "/run/libvirt/qemu/HostedEngine.pid") == qemu


@pytest.mark.long
@pytest.mark.timeout(ha_run.HANG_S)
def test_gluster_dies_where_the_engine_runs(whole: LabUnderTest) -> None:
    host = ha_run.engine_host(whole)
    engine_faults.kill_gluster(whole, host)
    ha_run.wait_whole(whole)
    assert ha_run.engine_hosts(whole) == [host]


@pytest.mark.long
@pytest.mark.timeout(ha_run.HANG_S)
def test_a_full_volume_pauses_the_engine_until_there_is_room(whole: LabUnderTest) -> None:
    host = ha_run.engine_host(whole)
    with engine_faults.full_volume(whole, host):
        ha_run.until("the engine VM is paused", lambda: _state(whole, host) == "paused")
        ha_run.until("it is said", lambda: "Volume engine is full" in whole.exec(host, "trivet", "ha", "status"))
        time.sleep(60)
        assert _state(whole, host) == "paused", "it is not restarted for it"
    ha_run.until("the engine VM goes on", lambda: _state(whole, host) == "running")
    ha_run.until("the API answers", lambda: ha_run.answers(whole))


def _state(lab: LabUnderTest, host: str) -> str:
    return lab.exec(host, "virsh", "domstate", "HostedEngine").strip()
