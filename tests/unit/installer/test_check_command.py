"""`trivet install check` says off line what would happen; `sysinfo` says what it is asked about."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from installer.check_command import make_check, make_sysinfo, schema
from installer.sysinfo import Content, Disk, Nic, Signature, SysInfo

LVM = Content(signature=Signature.LVM, place="sdb", description="LVM volume group vg0 (3 logical volumes)")
MACHINE = SysInfo(
    version="0.1.0.202611301104",
    vendor="Dell Inc.",
    product="PowerEdge R740",
    serial_number="ABC",
    virtualization="vmx",
    cpus=16,
    memory_bytes=64 << 30,
    clock="2026-12-01T08:00:00+00:00",
    disks=(
        Disk(path="/dev/sda", size_bytes=480103981056, serial="S1", model="Samsung 870", transport="sata"),
        Disk(path="/dev/sdb", size_bytes=2 * 10**12, serial="S2", wwn="0x5", rotational=True, contents=(LVM,)),
        Disk(path="/dev/sr0", size_bytes=10**9, medium=True, removable=True),
    ),
    nics=(Nic(name="eno1", mac="52:54:00:00:00:01", carrier=True, speed_mbps=10000, driver="igb"),),
)
TEXT = """
[machine]
host_name = "node1"
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pVkUe1yZHYj4p1u9mS7b2J2cV2m4vXo5qF0yqk0aB"]
[disks]
system = 'serial == "S1"'
bricks = ["rotational"]
wipe = ["S2"]
[network]
nics = ["52:54:00:00:00:01"]
"""


def check(folder: Path, text: str | bytes, *arguments: str, sysinfo: str | None = None) -> Result:
    answers, against = folder / "answers.toml", folder / "sysinfo.json"
    answers.write_bytes(text if isinstance(text, bytes) else text.encode())
    against.write_text(msgspec.json.encode(MACHINE).decode() if sysinfo is None else sysinfo)
    command = make_check(lambda: MACHINE)
    result = CliRunner().invoke(command, [str(answers), "--against", str(against), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_what_would_happen(tmp_path: Path) -> None:
    result = check(tmp_path, TEXT)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("Trivet 0.1.0.202611301104 on sda")
    assert "Loses its content: S2 (sdb): sdb: LVM volume group vg0 (3 logical volumes)" in lines
    assert lines[-1] == "It would be installed"


def test_everything_that_speaks_against_it(tmp_path: Path) -> None:
    text = TEXT.replace('wipe = ["S2"]', 'wipe = ["S9"]').replace(":01", ":09")
    result = check(tmp_path, text)
    assert result.exit_code == 1
    errors = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert [line.split(": ")[1] for line in errors] == ["disks.wipe", "network.nics[0]"]
    assert "Warning: No disk has the serial number or WWN S9" in result.output
    assert result.output.endswith("It would not be installed: 2 errors\n")


def test_mistakes_with_lines_and_what_is_wrong_with_the_machine(tmp_path: Path) -> None:
    bios = msgspec.json.encode(msgspec.structs.replace(MACHINE, firmware="bios")).decode()
    result = check(tmp_path, TEXT.replace("node1", "Node1"), sysinfo=bios)
    assert result.exit_code == 1
    assert "Mistake: line 3, machine.host_name: " in result.output
    assert "Error: The machine was not started by UEFI" in result.output
    good = check(tmp_path, TEXT, sysinfo=bios)
    assert good.output.count("UEFI") == 2  # one finding, no reason of the plan beside it
    assert good.output.endswith("1 error\n")


def test_json(tmp_path: Path) -> None:
    said = json.loads(check(tmp_path, TEXT, "--json").output)
    assert said["would_install"] is True
    assert said["loses"][1] == {"disk": "S2", "content": "sdb: LVM volume group vg0 (3 logical volumes)"}
    assert len(said["steps"]) > 5
    said = json.loads(check(tmp_path, "x = 1", "--json").output)
    assert (said["would_install"], said["plan"]) == (False, None)
    assert said["mistakes"][0] == {"path": "machine", "line": None, "sentence": "is missing"}


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"a\n\xff"])
def test_files_that_hold_no_text(tmp_path: Path, text: bytes) -> None:
    result = check(tmp_path, text)
    assert result.exit_code == 1
    assert "the file: is not TOML: it holds other than UTF-8 text" in result.output


def test_a_mark_of_the_byte_order_is_no_mistake(tmp_path: Path) -> None:
    assert check(tmp_path, b"\xef\xbb\xbf" + TEXT.encode().replace(b"\n", b"\r\n")).exit_code == 0


@pytest.mark.parametrize("sysinfo", ["", "{", "[]", '{"disks": [{"path": 1}]}', "\x00"])
def test_what_is_no_sysinfo(tmp_path: Path, sysinfo: str) -> None:
    result = check(tmp_path, TEXT, sysinfo=sysinfo)
    assert result.exit_code == 1
    assert "is not what `trivet install sysinfo --json` writes" in result.output


def test_sysinfo_is_read_back_as_it_was(tmp_path: Path) -> None:
    result = CliRunner().invoke(make_sysinfo(lambda: MACHINE), ["--json"])
    assert msgspec.json.decode(result.output, type=SysInfo) == MACHINE
    assert check(tmp_path, TEXT, sysinfo=result.output).exit_code == 0


def test_sysinfo_for_people() -> None:
    lines = CliRunner().invoke(make_sysinfo(lambda: MACHINE)).output.splitlines()
    assert lines == [
        "Machine    Dell Inc. PowerEdge R740, serial ABC",
        "Processors 16 (vmx), memory 64 GiB",
        "Firmware   UEFI, clock 2026-12-01T08:00:00+00:00",
        "Disk       sda: 480 GB, Samsung 870, sata; serial S1, WWN none",
        "             nothing was found on it",
        "Disk       sdb: 2 TB, rotational; serial S2, WWN 0x5",
        "             sdb: LVM volume group vg0 (3 logical volumes)",
        "Disk       sr0: 1 GB, removable; serial none, WWN none",
        "             this installer was started from it",
        "             nothing was found on it",
        "NIC        eno1: 52:54:00:00:00:01, carrier 10000 Mbit/s, igb",
    ]


def test_without_root_this_machine_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    result = CliRunner().invoke(make_sysinfo(lambda: MACHINE))
    assert (result.exit_code, "This needs root" in result.output) == (1, True)


def test_the_schema_is_json() -> None:
    assert json.loads(CliRunner().invoke(schema).output)["type"] == "object"
