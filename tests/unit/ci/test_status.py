from io import StringIO

import msgspec
import pytest
from rich.console import Console

from ci.lab.machine import Power
from ci.lab.show import show, troubles
from ci.lab.status import LabStatus, NodeStatus, VmStatus, VolumeStatus, is_engine, online, parse_vms, pending, volumes
from gluster import model
from gluster.diagnosis.problem import Health
from gluster.model import BrickPath
from gluster.report import make_report
from gluster.state import BrickState, VolumeState
from tests.fakes.pool import whole_pool, with_brick

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
    def volume(*counts: int | None) -> VolumeState:
        bricks = tuple(BrickState(BrickPath("node1", "/b"), pending_heals=count) for count in counts)
        return VolumeState("data", "id", 3, model.VolumeStatus.STARTED, bricks)

    assert pending(volume(0, 3)) == 3
    assert pending(volume(0, None)) is None
    assert pending(volume()) is None


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
    found = tuple(BrickState(BrickPath(f"node{n}", "/b"), online=one) for n, one in enumerate(bricks))
    assert online(VolumeState("data", "id", 3, status, found)) == count


def test_a_volume_whose_clients_lack_a_brick_is_not_whole() -> None:
    lacking = with_brick(whole_pool(), 1, clients={"node1": 2, "node2": 2, "node3": 1})
    report = make_report(lacking)
    (volume,) = volumes(report)
    assert (volume.bricks_online, volume.bricks, volume.health) == (3, 3, Health.DEGRADED)
    status = LabStatus(
        name="lab", url="https://x", nodes=(), storage=report.health, problems=report.problems, volumes=(volume,)
    )
    shown = StringIO()
    show(status, Console(file=shown, width=80))
    assert "degraded" in shown.getvalue()
    assert "! A client of volume data on node3 lacks node2:/gluster/data/brick" in shown.getvalue()
    assert msgspec.json.decode(msgspec.json.encode(status), type=LabStatus) == status
    assert volumes(make_report(whole_pool()))[0].health is Health.WHOLE


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


def test_a_lab_of_nodes_in_no_site_says_that_it_is_bare() -> None:
    nodes = tuple(NodeStatus(name=f"node{n}", address="", power=Power.ON, cut=False, unclaimed=True) for n in (1, 2))
    off = NodeStatus(name="node3", address="", power=Power.OFF, cut=False)
    bare = LabStatus(name="lab", url="", nodes=(*nodes, off))
    text = StringIO()
    show(bare, Console(file=text, width=120))
    assert "bare: no site is deployed" in text.getvalue()
    member = msgspec.structs.replace(nodes[0], unclaimed=False)
    assert not msgspec.structs.replace(bare, nodes=(member, nodes[1])).bare
    assert not msgspec.structs.replace(bare, nodes=(off,)).bare
