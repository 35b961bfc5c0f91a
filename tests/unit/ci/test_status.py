from io import StringIO

import msgspec
import pytest
from rich.console import Console

from ci.lab.machine import Power
from ci.lab.show import show, troubles
from ci.lab.status import LabStatus, NodeStatus, VmStatus, VolumeStatus, is_engine, online, parse_vms, pending
from gluster import model
from gluster.model import BrickPath, HealCount

VIRSH = """ Id   Name              State
----------------------------------
 1    engine            running
 -    my vm with  blank   shut off

"""


def test_vms_are_read_from_virsh() -> None:
    assert parse_vms(VIRSH, "node1")[0] == VmStatus(name="engine", node="node1", state="running")
    assert parse_vms(VIRSH, "node1")[1].state == "shut off"
    assert parse_vms(" Id   Name   State\n--------\n\n", "node1") == ()


def test_only_the_engine_is_taken_for_the_engine() -> None:
    assert is_engine("engine")
    assert not is_engine("search-engine")
    assert not is_engine("engineering")


def test_heals_add_up_and_a_silent_brick_makes_the_sum_unknown() -> None:
    def count(number: int | None) -> HealCount:
        return HealCount(BrickPath("node1", "/b"), number)

    assert pending([count(0), count(3)]) == 3
    assert pending([count(0), count(None)]) is None
    assert pending([]) is None


@pytest.mark.parametrize(
    ("status", "bricks", "count"),
    [
        (model.VolumeStatus.STARTED, (True, True, False), 2),
        (model.VolumeStatus.STARTED, (True, True, None), 2),
        (model.VolumeStatus.STARTED, (False, False, False), 0),
        (model.VolumeStatus.STARTED, (None, None, None), None),
        (model.VolumeStatus.UNKNOWN, (None, None, None), None),
        (model.VolumeStatus.STOPPED, (None, None, None), 0),
    ],
)
def test_bricks_of_which_nobody_knows_are_not_taken_for_dead(
    status: model.VolumeStatus, bricks: tuple[bool | None, ...], count: int | None
) -> None:
    found = tuple(model.Brick(BrickPath(f"node{n}", "/b"), online=one) for n, one in enumerate(bricks))
    assert online(model.Volume("data", "id", "Replicate", 3, status, found)) == count


def test_unknown_bricks_are_shown_as_unknown_and_are_null() -> None:
    volume = VolumeStatus(name="data", status="Started", bricks_online=None, bricks=3, pending_heals=0)
    status = LabStatus(name="lab", url="https://x", nodes=(), volumes=(volume,))
    shown = StringIO()
    show(status, Console(file=shown, width=100))
    assert "unknown" in shown.getvalue()
    assert "of 3" not in shown.getvalue()
    assert b'"bricks_online":null' in msgspec.json.encode(status)


def test_troubles_are_named() -> None:
    node = NodeStatus(
        name="n", address="a", power=Power.ON, cut=True, services={"glusterd": "failed", "sanlock": "active"}
    )
    assert troubles(node) == "cut off, glusterd failed"
    services = {"glusterd": "inactive", "sanlock": "active"}
    waiting = NodeStatus(name="n", address="a", power=Power.ON, cut=False, unclaimed=True, services=services)
    assert troubles(waiting) == "in no site yet"
