"""A node without VMs loses its power: the site works on, says so, and heals by itself when it is back."""

import re
import subprocess
import sys

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance.outside import running, until
from tests.conformance.test_sdk import connect
from tests.lab.mounted import mount_point
from tests.lab.under_test import LabUnderTest

REPORTED_WITHIN_S = 90
BACK_WITHIN_S = 540
PENDING = re.compile("Number of entries: ([0-9-]+)")


@pytest.mark.timeout(1800)
def test_a_lost_node_is_told_and_heals_by_itself(lab: LabUnderTest) -> None:
    lost = next(node for node in reversed(lab.nodes) if not running(lab, node))
    alive = next(node for node in lab.nodes if node != lost)
    written = str(mount_point(lab, alive, "data") / f"written-while-{lost}-was-gone")
    with connect(lab) as connection:
        hosts = connection.system_service().hosts_service()
        lab.kill(lost)
        try:
            until(
                f"the API says that {lost} does not respond",
                lambda: status(hosts, lost) == types.HostStatus.NON_RESPONSIVE,
                timeout_s=REPORTED_WITHIN_S,
            )
            assert all(status(hosts, node) == types.HostStatus.UP for node in lab.nodes if node != lost)
            lab.exec(alive, "dd", "if=/dev/zero", f"of={written}", "bs=1M", "count=8", "conv=fsync", timeout_s=180)
        finally:
            command = [sys.executable, "-m", "ci.lab", "start", lost, "--name", lab.appliance.lab.name]
            subprocess.run(command, check=True, timeout=180)
        until(f"{lost} is up again", lambda: status(hosts, lost) == types.HostStatus.UP, timeout_s=BACK_WITHIN_S)
        until("the volume is healed", lambda: pending_heals(lab, alive) == 0, timeout_s=BACK_WITHIN_S, every_s=2)
        lab.exec(alive, "rm", written)


def status(hosts: sdk.services.HostsService, name: str) -> types.HostStatus:
    return hosts.list(search=f"name={name}")[0].status


def pending_heals(lab: LabUnderTest, node: str) -> int:
    """Entries that wait to be healed on any brick; a brick that does not answer counts as one."""
    said = lab.exec(node, "gluster", "volume", "heal", "data", "info", timeout_s=120)
    counts = PENDING.findall(said)
    assert counts
    return sum(int(count) if count.isdigit() else 1 for count in counts)
