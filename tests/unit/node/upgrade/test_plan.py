from dataclasses import replace

import pytest

from node.api.problems import Refused
from node.upgrade import refusals
from node.upgrade.manifest import File, Manifest
from node.upgrade.plan import MIB, Room, find_waiting, plan_rollback, plan_upgrade
from node.upgrade.slots import Kernel, Slot, System

ROOM = Room(boot_bytes=900 * MIB, state_bytes=4000 * MIB)


def manifest(version: str = "1.2", *, system_mib: int = 240) -> Manifest:
    sizes = {
        f"trivet_{version}.squashfs": system_mib,
        f"trivet_{version}.efi": 20,
        "engine.qcow2": 150,
        "tiny.qcow2": 14,
    }
    return Manifest(
        version=version,
        files=tuple(File(name=name, size=size * MIB, sha256="0" * 64) for name, size in sizes.items()),
    )


def system(*kernels: Kernel, other: str | None = None, running: str = "1.1") -> System:
    slots = (Slot(2, "/dev/vda2", 2048 * MIB, running), Slot(3, "/dev/vda3", 2048 * MIB, other))
    return System(running, "/dev/vda", slots[0], slots[1:], kernels or (Kernel(running),))


def test_into_the_empty_slot() -> None:
    plan = plan_upgrade(manifest(), system(), ROOM)
    assert (plan.slot.device, plan.gone, plan.retired) == ("/dev/vda3", None, ())
    assert plan.kernel.name == "trivet_1.2+3.efi"


def test_what_goes_is_said() -> None:
    plan = plan_upgrade(manifest(), system(Kernel("1.1"), Kernel("1.0"), other="1.0"), ROOM)
    assert plan.gone == "1.0"
    assert plan.retired == (Kernel("1.0"),)
    assert "1.0 goes, so that until 1.2 has proven good there is only 1.1" in plan.lines[1]


@pytest.mark.parametrize(
    ("version", "of", "refusal"),
    [
        ("1.1", system(), refusals.SameVersion),
        ("1.0.9", system(), refusals.OlderVersion),
        ("1.2", system(Kernel("1.1", 2, 1), Kernel("1.0"), other="1.0"), refusals.NotProven),
        ("1.2", system(Kernel("1.1", 0, 1), Kernel("1.0"), other="1.0"), refusals.NotProven),
        ("1.3", system(Kernel("1.1"), Kernel("1.2", 3), other="1.2"), refusals.WaitsAlready),
        ("1.2", system(Kernel("1.1"), Kernel("1.2", 3), other="1.2"), refusals.WaitsAlready),
        ("1.2", system(Kernel("1.0"), other="1.0"), refusals.NoKernel),
        ("1.2", replace(system(), others=()), refusals.NoOtherSlot),
        ("1.2", replace(system(), others=(Slot(3, "/dev/vda3", 99 * MIB, None),)), refusals.SlotTooSmall),
    ],
)
def test_refused(version: str, of: System, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        plan_upgrade(manifest(version), of, ROOM)


@pytest.mark.parametrize("kernel", [Kernel("1.2", 0, 3), Kernel("1.0"), Kernel("1.2")])
def test_the_other_version_may_be_bad_old_or_good(kernel: Kernel) -> None:
    assert plan_upgrade(manifest("1.2"), system(Kernel("1.1"), kernel, other=kernel.version), ROOM).retired == (kernel,)


@pytest.mark.parametrize(
    ("room", "where"),
    [
        (replace(ROOM, boot_bytes=20 * MIB), "boot partition"),
        (replace(ROOM, state_bytes=164 * MIB), "state partition"),
    ],
)
def test_room_is_looked_at_before(room: Room, where: str) -> None:
    with pytest.raises(refusals.NoRoom, match=where):
        plan_upgrade(manifest(), system(), room)


def test_a_kernel_without_its_slot_waits_for_nothing() -> None:
    assert find_waiting(system(Kernel("1.1"), Kernel("1.2", 3), other=None)) is None
    assert find_waiting(system(Kernel("1.1"), Kernel("1.2", 3), other="1.2")) == "1.2"
    assert find_waiting(system(Kernel("1.1"), Kernel("1.2", 0, 3), other="1.2")) is None


def test_back_to_the_version_before() -> None:
    plan = plan_rollback(system(Kernel("1.1"), Kernel("1.0"), other="1.0"))
    assert (plan.marked, plan.target, plan.reboots) == ((Kernel("1.1"),), "1.0", True)


def test_back_from_one_that_is_being_tried() -> None:
    plan = plan_rollback(system(Kernel("1.1", 1, 2), Kernel("1.0"), other="1.0"))
    assert (plan.marked, plan.target, plan.reboots) == ((Kernel("1.1", 1, 2),), "1.0", True)


def test_one_that_waits_is_dropped_without_a_reboot() -> None:
    plan = plan_rollback(system(Kernel("1.1"), Kernel("1.2", 3), other="1.2"))
    assert (plan.marked, plan.target, plan.reboots) == ((Kernel("1.2", 3),), "1.1", False)
    assert plan.lines == ("1.2 is dropped before it was started; 1.1 runs on",)


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (system(), "there is no other version here"),
        (system(Kernel("1.1"), Kernel("1.0"), other=None), "there is no other version here"),
        (system(Kernel("1.1"), Kernel("1.2", 0, 3), other="1.2"), "1.2 in the other slot is marked bad"),
    ],
)
def test_nothing_to_go_back_to(of: System, why: str) -> None:
    with pytest.raises(refusals.NothingToGoBackTo, match=why):
        plan_rollback(of)
