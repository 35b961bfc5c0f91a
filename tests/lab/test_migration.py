"""The engine moves alive, and a move that is cut short anywhere leaves one engine; times are printed, not judged."""

import os
from collections.abc import Iterator

import pytest

from tests.lab import ha_run, migration_run
from tests.lab.under_test import LabUnderTest


@pytest.fixture
def whole(lab: LabUnderTest) -> Iterator[LabUnderTest]:
    """A lab that has settled, and is brought back to that, without any maintenance."""
    ha_run.wait_whole(lab)
    yield lab
    off = [machine.node.name for machine in lab.appliance.machines if machine.supervisor() is None]
    ha_run.power_on(lab, *off)
    for name in lab.nodes:
        lab.exec(name, "trivet", "ha", "maintenance", "none")
    ha_run.wait_whole(lab)


def maintain(lab: LabUnderTest, host: str) -> None:
    lab.exec(host, "trivet", "ha", "maintenance", "local")


def assert_one_engine(lab: LabUnderTest, *, left: str) -> str:
    """The engine's host, which is not `left` and holds the lease; nobody else has anything of it."""
    ha_run.until("the API answers", lambda: ha_run.answers(lab))
    host = ha_run.engine_host(lab)
    assert host != left
    ha_run.until("nothing is left where it was", lambda: not migration_run.knows(lab, left))
    assert [name for name in lab.nodes if migration_run.has_lease(lab, name)] == [host]
    ha_run.until("the API shows the engine there", lambda: ha_run.engine_vm_host(lab) == host)
    return host


def leave(lab: LabUnderTest, host: str) -> None:
    maintain(lab, host)
    ha_run.until("the engine has left", lambda: host not in ha_run.engine_hosts(lab) and bool(ha_run.engine_hosts(lab)))


@pytest.mark.timeout(2 * ha_run.HANG_S)
def test_a_host_that_goes_into_maintenance_gives_the_engine_away_alive(whole: LabUnderTest) -> None:
    host, booted = ha_run.engine_host(whole), migration_run.boot_id(whole)
    leave(whole, host)
    there = assert_one_engine(whole, left=host)
    assert migration_run.boot_id(whole) == booted
    assert "HostedEngine" in whole.exec(there, "virsh", "list", "--transient", "--name").split()
    ha_run.until("its new host is content", lambda: ha_run.why(whole, there)["decision"]["state"] == "engine_up")


@pytest.mark.long
@pytest.mark.timeout(2 * ha_run.HANG_S)
@pytest.mark.parametrize("dirty_mib", [0, 96])
def test_how_long_the_engine_stands_still(dirty_mib: int, whole: LabUnderTest) -> None:
    host, booted = ha_run.engine_host(whole), migration_run.boot_id(whole)
    *_, clock = (name for name in whole.nodes if name != host)  # the first of two equals gets the engine
    if dirty_mib:
        with migration_run.dirtying(whole, dirty_mib):
            found = migration_run.measure(whole, clock, lambda: leave(whole, host))
    else:
        found = migration_run.measure(whole, clock, lambda: leave(whole, host))
    print(f"{found}; {dirty_mib} MiB are written all the time (load {os.getloadavg()[0]:.1f})")
    assert_one_engine(whole, left=host)
    assert migration_run.boot_id(whole) == booted


@pytest.mark.long
@pytest.mark.timeout(3 * ha_run.HANG_S)
@pytest.mark.parametrize("fault", ["no link", "target off", "keeper killed"])
def test_a_move_that_is_cut_short_leaves_one_engine(fault: str, whole: LabUnderTest) -> None:
    """Nothing is lost: the engine runs on where it was, and moves elsewhere then."""
    host, booted = ha_run.engine_host(whole), migration_run.boot_id(whole)
    maintain(whole, host)
    ha_run.until("the engine is on its way", lambda: migration_run.is_leaving(whole, host), every_s=0.1)
    target = next(name for name in whole.nodes if name != host and migration_run.knows(whole, name))
    match fault:
        case "no link":
            with migration_run.no_link(whole, host, target):
                ha_run.until("it has left", lambda: ha_run.engine_hosts(whole) not in ([host], []))
        case "target off":
            whole.kill(target)
        case _:
            whole.exec(host, "kill", "-9", str(ha_run.daemon(whole, host)))
    ha_run.until("it has left", lambda: ha_run.engine_hosts(whole) not in ([host], []))
    there = assert_one_engine(whole, left=host)
    print(f"{fault}: the engine is on {there} (load {os.getloadavg()[0]:.1f})")
    assert migration_run.boot_id(whole) == booted
    assert ha_run.engine_hosts(whole) == [there]
