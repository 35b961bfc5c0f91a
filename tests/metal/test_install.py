"""A bare machine, its disks and the medium: what an operator has at first, and what he has afterwards."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.metal import answers
from tests.metal.machine import BOOT_S, MOUNTED, Machine

pytestmark = pytest.mark.timeout(5400)

UNATTENDED = f"trivet.answers=label:{answers.LABEL}"
INSTALLED_S = 1800  # a hang, three times what a loaded machine takes


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_a_bare_disk_becomes_a_node(machine: Machine, iso: Path) -> None:
    with machine.disk(answers.OTHER).open("r+b") as other:
        other.write(b"somebody's" * 1000)
    before = sha256(machine.disk(answers.OTHER))

    machine.start(iso, cmdline=UNATTENDED, more=("-no-reboot",))
    machine.wait_off(INSTALLED_S)  # it would start again by now

    assert sha256(machine.disk(answers.OTHER)) == before
    machine.start()
    machine.wait_up()
    assert machine.ask("hostname") == "node1"
    booted = json.loads(machine.ask("cat /run/trivet/booted.json"))
    assert machine.ask(f"lsblk -ndo SERIAL /dev/{booted['disk']}") == answers.SYSTEM
    assert machine.ask("findmnt -no FSTYPE /") == "squashfs"
    assert machine.ask(MOUNTED, BOOT_S) == "xfs"
    assert answers.ADDRESS in machine.ask("ip -4 -o address")
    assert "root:$y$" in machine.ask("getent shadow root")
    assert machine.ask(OFFER) == "node1"
    assert machine.ask("systemctl --failed --no-legend --plain") == ""


# What another machine would ask an unclaimed node; its certificate is its own, known by the fingerprint alone.
OFFER = f"""/opt/trivet/venv/bin/python - <<'END'
import ssl
import httpx
context = ssl._create_unverified_context()
code = open("/var/lib/trivet/node/claim").read().strip()
asked = {{"headers": {{"Authorization": f"Bearer {{code}}"}}, "verify": context}}
answer = httpx.get("https://{answers.ADDRESS}:54321/v1/identity", **asked)
answer.raise_for_status()
print(answer.json()["name"])
END"""
