"""An installed node gets another version: a good one stays, one that is broken is left again by itself."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.metal import answers, media
from tests.metal.conftest import GIB
from tests.metal.machine import Disk, Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(14400)]

INSTALL_S = 2400
FALLBACK_S = 5400  # three starts, each given five minutes to become healthy
STICK = "STICK01"
NO_AGENT = {"node/agent.py": ("def main() -> None:", 'def main() -> None:\n    raise SystemExit("broken on purpose")')}
WRITE = (
    "mount -o ro /dev/disk/by-label/STICK /mnt && trivet node upgrade /mnt/trivet.iso --no-reboot; s=$?; umount /mnt"
)


def status(machine: Machine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(machine.ask("trivet node status --json", 300))
    return found


def version(machine: Machine) -> str:
    return str(json.loads(machine.ask("cat /run/trivet/booted.json"))["version"])


def restart(machine: Machine) -> None:
    machine.ask("systemctl poweroff --no-block")
    machine.wait_off()
    machine.start()
    machine.wait_up()


def wait_version(machine: Machine, wanted: str) -> None:
    """Each start of a broken version ends in a restart of its own, whatever somebody was just asking."""
    until = time.monotonic() + FALLBACK_S
    tried: set[str] = set()
    while time.monotonic() < until:
        time.sleep(5)
        try:
            machine.wait_shell(60)
            tried.add(version(machine))
        except (TimeoutError, AssertionError, ValueError):
            continue
        if wanted in tried and len(tried) > 1:
            return
    raise AssertionError(f"only {tried} ran\n{machine.console_end()}")


def write_upgrade(machine: Machine, iso: Path) -> None:
    """The stick is changed while the machine is off."""
    machine.ask("systemctl poweroff --no-block")
    machine.wait_off()
    media.stick(machine.disk(STICK), iso)
    machine.start()
    machine.wait_up()
    machine.ask(f"{WRITE}; exit_status=$s; [ $exit_status = 0 ]", INSTALL_S)


def test_a_good_version_stays_and_a_broken_one_is_left_again(tmp_path: Path, iso: Path) -> None:
    good = media.build(tmp_path / "good", later_s=3600)
    broken = media.build(tmp_path / "broken", later_s=7200, changed=NO_AGENT)
    sizes = {answers.SYSTEM: 24 * GIB, answers.BRICK: 12 * GIB, STICK: GIB}
    machine = Machine(tmp_path / "machine", [Disk(serial, size) for serial, size in sizes.items()])
    try:
        machine.start(iso)
        machine.wait_up()
        machine.put("/tmp/answers.toml", answers.TEXT)
        machine.ask("trivet install run /tmp/answers.toml --yes", INSTALL_S)
        machine.ask("systemctl poweroff --no-block")
        machine.wait_off()
        machine.start()
        machine.wait_up()
        first = version(machine)
        machine.ask("echo mine >/etc/mine; echo mine >/var/lib/mine")

        write_upgrade(machine, good)
        assert version(machine) == first
        restart(machine)
        second = version(machine)
        assert second > first
        assert machine.ask("cat /etc/mine /var/lib/mine") == "mine\nmine"
        assert "+" not in machine.ask("ls /efi/EFI/Linux").split(f"trivet_{second}")[1].split(".efi")[0], "not blessed"

        machine.ask("trivet node rollback --no-reboot")
        restart(machine)
        assert version(machine) == first

        write_upgrade(machine, broken)
        machine.ask("systemctl --no-block reboot")
        wait_version(machine, first)
        machine.wait_up()
        found = status(machine)
        print(json.dumps(found, indent=1))
        assert [(slot["version"] > second, slot["state"]) for slot in found["others"]] == [(True, "bad")]
        assert machine.ask("cat /etc/mine") == "mine"
        refused, said = machine.status_of("trivet node rollback --no-reboot")
        assert refused == 1
        assert "is marked bad" in said
    finally:
        machine.cut_power()
