from pathlib import Path

import pytest

from node.upgrade.boot_count import COUNT_VARIABLE, bless, counted_kernel, parse_count_path
from node.upgrade.slots import Kernel
from tests.unit.node.upgrade.machine import NEW, OLD, RUNNING, Machine

ATTRIBUTES = b"\x06\0\0\0"


def variable(path: str) -> bytes:
    return ATTRIBUTES + f"{path}\0".encode("utf-16-le")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Its first try of NEW."""
    made = Machine(tmp_path, ["trivet-esp", f"trivet_{RUNNING}", f"trivet_{NEW}", "trivet-state"])
    made.disk.rename_kernel(f"trivet_{NEW}.efi", Kernel(NEW, 3))
    assert made.switch_on() == NEW
    count(made, f"trivet_{NEW}+2-1.efi")
    return made


def count(machine: Machine, name: str) -> None:
    (machine.places.variables / COUNT_VARIABLE).write_bytes(variable(f"\\EFI\\Linux\\{name}"))


@pytest.mark.parametrize(
    ("data", "kernel"),
    [
        (variable("\\EFI\\Linux\\trivet_1.2+2-1.efi"), Kernel("1.2", 2, 1)),
        (variable("/EFI/Linux/trivet_1.2+0-3.efi"), Kernel("1.2", 0, 3)),
        (variable("\\EFI\\Linux\\debian+2-1.efi"), None),
        (ATTRIBUTES, None),
        (b"", None),
        (ATTRIBUTES + b"\xff", None),
    ],
)
def test_the_path_that_the_boot_loader_left(data: bytes, kernel: Kernel | None) -> None:
    assert parse_count_path(data) == kernel


def test_a_try_that_is_complete_is_good(machine: Machine) -> None:
    assert "has proven good" in bless(machine.disk, machine.disk.observe(), machine.places)
    assert f"trivet_{NEW}.efi" in machine.kernels
    assert machine.started() == NEW
    assert "is good already" in bless(machine.disk, machine.disk.observe(), machine.places)


def test_the_third_try_may_still_succeed(machine: Machine) -> None:
    machine.switch_on()
    machine.switch_on()
    count(machine, f"trivet_{NEW}+0-3.efi")
    assert f"trivet_{NEW}+0-3.efi" in machine.kernels
    bless(machine.disk, machine.disk.observe(), machine.places)
    assert machine.started() == NEW


def test_one_that_was_taken_back_meanwhile_stays_so(machine: Machine) -> None:
    machine.disk.mark_bad(Kernel(NEW, 2, 1))
    assert "marked bad" in bless(machine.disk, machine.disk.observe(), machine.places)
    assert machine.started() == RUNNING


def test_a_boot_that_is_not_counted_is_left_alone(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ["trivet-esp", f"trivet_{RUNNING}", f"trivet_{OLD}", "trivet-state"])
    assert counted_kernel(machine.places.variables) is None
    before = machine.kernels
    assert "nothing to do" in bless(machine.disk, machine.disk.observe(), machine.places)
    assert machine.kernels == before


def test_a_machine_without_variables_is_not_counted(tmp_path: Path) -> None:
    assert counted_kernel(tmp_path / "none") is None
