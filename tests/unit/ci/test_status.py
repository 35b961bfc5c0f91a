from ci.lab.machine import Power
from ci.lab.show import troubles
from ci.lab.status import NodeStatus, VmStatus, is_engine, parse_vms, pending
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


def test_troubles_are_named() -> None:
    node = NodeStatus(
        name="n", address="a", power=Power.ON, cut=True, services={"glusterd": "failed", "sanlock": "active"}
    )
    assert troubles(node) == "cut off, glusterd failed"
