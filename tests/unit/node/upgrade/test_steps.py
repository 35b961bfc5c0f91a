import asyncio
import subprocess
from pathlib import Path

import pytest

from node.steps import StepFailed
from node.system import copying
from node.upgrade import disk as disk_module
from node.upgrade import manifest as manifest_module
from node.upgrade import run as run_module
from node.upgrade import steps as steps_module
from node.upgrade.manifest import read_manifest
from node.upgrade.plan import Room, Upgrade, plan_rollback, plan_upgrade
from node.upgrade.records import Records
from node.upgrade.refusals import NotProven, WaitsAlready
from node.upgrade.run import apply_upgrade, roll_back
from node.upgrade.slots import Slot
from tests.fakes.clock import FakeClock
from tests.unit.node.power_cut import cut
from tests.unit.node.upgrade.machine import NEW, OLD, RUNNING, Machine, content, write_medium

ROOM = Room(1 << 40, 1 << 40)
CUT = [str(module.__file__) for module in (disk_module, run_module, steps_module, manifest_module)]
CHANGES = ["relabel", "remove_other_kernels", "write_system", "copy_image", "copy_kernel", "enter_kernel"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return make(tmp_path / "node")


def make(folder: Path, other: str = OLD) -> Machine:
    made = Machine(folder, ["trivet-esp", f"trivet_{RUNNING}", f"trivet_{other}", "trivet-state"])
    write_medium(folder / "medium")
    return made


def planned(machine: Machine) -> Upgrade:
    return plan_upgrade(read_manifest(machine.places.medium), machine.disk.observe(), ROOM)


def upgrade(machine: Machine, disk: object = None) -> list[int]:
    told: list[int] = []
    work = apply_upgrade(
        planned(machine),
        machine.places.medium,
        disk or machine.disk,  # type: ignore[arg-type]
        machine.places,
        FakeClock(),
        report=lambda _: None,
        report_bytes=lambda done, of: told.append(done),
    )
    asyncio.run(work)
    return told


def test_the_new_version_is_started_and_the_images_are_its(machine: Machine) -> None:
    assert machine.started() == RUNNING
    told = upgrade(machine)
    assert machine.kernels == [f"trivet_{RUNNING}.efi", f"trivet_{NEW}+3.efi"]
    assert machine.labels == ["trivet-esp", f"trivet_{RUNNING}", f"trivet_{NEW}", "trivet-state"]
    assert (machine.places.images / "engine.qcow2").read_bytes() == content(NEW, "engine")
    assert machine.switch_on() == NEW
    assert told
    last = Records(machine.places.records).last_upgrade()
    assert last is not None
    assert (last.version, last.previous) == (NEW, RUNNING)
    assert sorted(path.name for path in machine.places.records.iterdir()) == ["health.json", "upgrade.json"]


def test_after_three_tries_the_one_before_is_started(machine: Machine) -> None:
    upgrade(machine)
    assert [machine.switch_on() for _ in range(5)] == [NEW, NEW, NEW, RUNNING, RUNNING]
    assert upgrade(machine)  # the bad one again: it is written anew
    assert machine.switch_on() == NEW


def test_no_second_upgrade_before_the_first_is_proven(machine: Machine) -> None:
    upgrade(machine)
    write_medium(machine.places.medium, f"{NEW}.1")
    with pytest.raises(WaitsAlready):
        planned(machine)
    machine.switch_on()
    with pytest.raises(NotProven):
        planned(machine)


@pytest.mark.parametrize("other", [OLD, f"{RUNNING}.1"])  # a newer one is there where somebody has chosen in the menu
def test_a_power_cut_before_every_line_leaves_a_node_that_starts_and_can_go_on(tmp_path: Path, other: str) -> None:
    line = 0
    while True:
        machine = make(tmp_path / str(line), other)
        was_cut = cut(line, lambda machine=machine: upgrade(machine), CUT)  # type: ignore[misc]
        started = machine.switch_on()
        if started == NEW:
            assert not was_cut or machine.kernels[-1].startswith(f"trivet_{NEW}+2"), line
        else:
            assert started in {RUNNING, max(RUNNING, other)}, line
            upgrade(machine)
            assert machine.switch_on() == NEW, line
        if not was_cut or (other != OLD and started == RUNNING):
            break
        line += 1
    assert line > (100 if other == OLD else 20)


@pytest.mark.parametrize(
    "name", ["relabel", "remove_other_kernels", "write_system", "copy_image", "copy_kernel", "enter_kernel"]
)
def test_a_step_that_fails_leaves_the_running_version_and_is_done_again(machine: Machine, name: str) -> None:
    class Broken(disk_module.SystemDisk):
        pass

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    setattr(Broken, name, fail)
    with pytest.raises(StepFailed, match="Input/output error"):
        upgrade(machine, Broken(machine.run, machine.places, machine.device))
    assert machine.started() == RUNNING
    upgrade(machine)
    assert machine.started() == NEW


def test_what_is_read_back_is_compared(machine: Machine) -> None:
    class Forgetful(disk_module.SystemDisk):
        def write_system(self, source: Path, slot: Slot, meter: copying.Meter) -> None:
            super().write_system(source, slot, meter)
            with machine.device(slot.device).open("r+b") as file:
                file.seek(5000)
                file.write(b"!")

    with pytest.raises(StepFailed, match="is not what was written"):
        upgrade(machine, Forgetful(machine.run, machine.places, machine.device))
    assert machine.started() == RUNNING


def test_a_label_that_is_not_kept_is_told(machine: Machine) -> None:
    machine.writes_labels = False
    with pytest.raises(StepFailed, match="was to become _empty"):
        upgrade(machine)
    assert machine.started() == RUNNING


@pytest.mark.parametrize("damage", ["bit", "short", "gone"])
def test_a_bad_medium_changes_nothing(machine: Machine, damage: str) -> None:
    path = machine.places.medium / "engine.qcow2"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.unlink()
    if damage != "gone":
        path.write_bytes(data if damage == "bit" else data[:-1])
    before = (machine.kernels, list(machine.labels))
    with pytest.raises(StepFailed, match=r"engine\.qcow2"):
        upgrade(machine)
    assert (machine.kernels, machine.labels) == before
    assert machine.started() == RUNNING


def test_another_medium_begins_from_the_start(tmp_path: Path) -> None:
    machine = make(tmp_path / "node")
    assert cut(120, lambda: upgrade(machine), CUT)
    write_medium(machine.places.medium, f"{NEW}.1")
    upgrade(machine)
    assert machine.started() == f"{NEW}.1" or machine.kernels[-1] == f"trivet_{NEW}.1+3.efi"
    assert not list(machine.places.records.glob("journal-*"))


def test_back_and_what_is_remembered_of_it(machine: Machine) -> None:
    upgrade(machine)
    assert machine.switch_on() == NEW
    roll_back(plan_rollback(machine.disk.observe()), machine.disk, machine.places, FakeClock())
    assert machine.switch_on() == RUNNING
    last = Records(machine.places.records).last_upgrade()
    assert last is not None
    assert last.dropped_at is not None


def test_labels_by_the_real_sfdisk(tmp_path: Path) -> None:
    image = tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(32 << 20)
    script = 'label: gpt\nsize=1MiB, name="trivet-esp"\nsize=4MiB, name="trivet_1.1"\nsize=4MiB, name="_empty"\n'
    subprocess.run(["sfdisk", "--quiet", str(image)], input=script, text=True, check=True)
    machine = Machine(tmp_path / "node")

    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        ours = [word.replace("/dev/vda", str(image)) for word in argv]
        said = subprocess.run(ours, input=stdin, text=True, check=True, capture_output=True, timeout=timeout_s).stdout
        return said.replace(str(image), "/dev/vda")

    disk = disk_module.SystemDisk(run, machine.places)
    assert [(slot.number, slot.version, slot.size_bytes) for slot in disk.observe().others] == [(3, None, 4 << 20)]
    disk.relabel("/dev/vda", 3, "1.2")
    assert [slot.version for slot in disk.observe().others] == ["1.2"]
    disk.relabel("/dev/vda", 3, None)
    assert [slot.version for slot in disk.observe().others] == [None]
