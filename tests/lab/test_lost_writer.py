"""A node that is lost in the middle of its writes: what it has locked is free before the lease of another runs out."""

import re
from collections.abc import Iterator

import pytest

from tests.lab.mounted import mount_point
from tests.lab.under_test import LabUnderTest

UNIT = "trivet-test-writer"
WRITE = """
import mmap, os, sys, time
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT | os.O_DIRECT)
for _ in range(int(sys.argv[2])):
    os.pwrite(file, mmap.mmap(-1, 4096), 0)
    time.sleep(0.2)
"""


@pytest.fixture
def lost(lab: LabUnderTest) -> Iterator[str]:
    """A node that writes again and again, which keeps the file locked for it, and is then cut off."""
    name, file = lab.nodes[-1], _file(lab)
    lab.exec(name, "systemd-run", "--collect", f"--unit={UNIT}", "python3", "-c", WRITE, file, "1000")
    lab.exec(lab.nodes[0], "sh", "-c", f"until [ -s {file} ]; do sleep 0.1; done")
    lab.cut(name)
    yield name
    lab.heal(name)
    lab.node(name).exec("systemctl", "stop", UNIT, check=False)  # it may have ended: it lost its quorum
    lab.exec(name, "timeout", "60", "sh", "-c", f"until touch {file}; do sleep 1; done")
    lab.exec(lab.nodes[0], "rm", file)


def test_another_node_writes_before_its_lease_would_run_out(lab: LabUnderTest, lost: str) -> None:
    """sanlock renews every two and gives up after eight of its io_timeout: six are left to a write that begins late."""
    writer = next(name for name in lab.nodes if name != lost)
    _, lockspace = lab.exec(writer, "sanlock", "client", "status", "-D").split("\ns trivet:")
    (io_timeout_s,) = re.findall(r"^ +io_timeout=(\d+)$", lockspace, re.MULTILINE)
    lab.exec(writer, "timeout", str(6 * int(io_timeout_s)), "python3", "-c", WRITE, _file(lab), "1")


def _file(lab: LabUnderTest) -> str:
    """The same on all nodes: the mount point is named by the storage domain's id."""
    return str(mount_point(lab, lab.nodes[0], "data") / "written-by-two")
