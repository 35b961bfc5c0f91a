"""The support bundle holds what explains a failure, and no secret of any kind, wherever it stood."""

import stat
import tarfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.authority import make_authority
from hosted_engine.deploy.recovery import new_code
from installer.console.bundle import COMMANDS, MAX_BUNDLES, collect
from installer.console.redact import redact
from node.registration.credentials import new_claim_code, new_key_pem
from node.system.process import CommandFailed
from tests.unit.installer.console.machine import HASH, Machine
from tests.unit.installer.console.operator import Operator


def unpacked(path: Path) -> dict[str, str]:
    found = {}
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            file = tar.extractfile(member)
            assert file is not None
            found[member.name.partition("/")[2]] = file.read().decode()
    return found


@pytest.fixture
def secrets(machine: Machine) -> list[str]:
    """Planted in every file and in every output that is collected; their own files are there as well."""
    own, deploy, root = machine.settings.own_folder, machine.deploy_folder.path, machine.folder / "root"
    authority = make_authority("branch-7")
    recovery, other = new_code(), new_claim_code()
    key = new_key_pem().decode()
    (deploy / "journal").mkdir(parents=True)
    for path, text in (
        (own / "key.pem", key),
        (deploy / "ca.key", authority.key),
        (deploy / "admin-password", "tr0ub4dor&3\n"),
        (deploy / "recovery-code", recovery),
        (root / "etc/shadow", f"root:{HASH}:1::::::\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    claim = machine.world.nodes["node1"].host.claim_code
    planted = [HASH, "tr0ub4dor&3", recovery, other, claim, "hunter2-of-bmc", "eyJhbGciOi.token"]
    planted += [line for line in (key + authority.key).splitlines() if not line.startswith("-----")]
    text = (
        f"words that stay\nroot:{HASH}:1\nthe password is tr0ub4dor&3, the code {recovery}\n"
        f'claim_code = "{other}"\nknown code {claim}\n{{"bmc_password": "hunter2-of-bmc", "user": "admin"}}\n'
        f"Authorization: Bearer eyJhbGciOi.token\n{key}{authority.key}end\n"
    )
    for place in ("etc/trivet/answers.toml", "etc/trivet/node.toml", "var/log/glusterfs/mnt.log"):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    (deploy / "journal/0001.jsonl").write_text(text)
    machine.settings.ha_folder.mkdir()
    (machine.settings.ha_folder / "history.jsonl").write_text(text)
    for argv in COMMANDS.values():
        machine.run.answers[" ".join(argv)] = text
    return planted


def test_no_secret_is_in_it(machine: Machine, secrets: list[str]) -> None:
    path = collect(machine.dependencies, datetime(2026, 11, 30, 12))
    assert path.name == "trivet-node1-20261130-120000.tar.gz"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = unpacked(path)
    assert {"commands/journal.log", "files/deploy/journal/0001.jsonl", "files/root/etc/trivet/answers.toml"} <= set(
        found
    )
    for name, text in found.items():
        for secret in secrets:
            assert secret not in text, name
        assert name == "MISSING.txt" or "words that stay" in text
    assert "nothing at" in found["MISSING.txt"]
    assert "var/log/sanlock.log" in found["MISSING.txt"]


def test_what_fails_is_named_and_stops_nothing(machine: Machine) -> None:
    machine.run.answers["gluster"] = CommandFailed(("gluster",), "it took longer than 60 s")
    found = unpacked(collect(machine.dependencies))
    assert "commands/gluster-volume-info.txt: it took longer than 60 s" in found["MISSING.txt"]


def test_the_last_few_are_kept(machine: Machine) -> None:
    paths = [collect(machine.dependencies, datetime(2026, 11, 30, 12, n)) for n in range(MAX_BUNDLES + 2)]
    assert sorted(machine.dependencies.bundles.iterdir()) == paths[2:]


async def test_it_is_made_at_the_console(machine: Machine) -> None:
    async with machine.on() as pilot:
        await Operator(pilot).goes("enter", "b")
        await Operator(pilot).expect("The support bundle is at", "for root alone")


@given(st.text(max_size=200))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text, ["secret-of-mine"])
    assert redact(once, ["secret-of-mine"]) == once


@pytest.mark.parametrize(
    "line",
    ["claimed: true", "volume engine: Started", "lease held by 2", "52:54:00:12:34:56", "0b37cfe2-4b0f-4ad7-9f6e"],
)
def test_innocent_words_stay(line: str) -> None:
    assert redact(line, []) == line
