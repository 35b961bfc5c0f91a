"""Disks are asked one by one: one that does not answer, or cannot be read, is `unreadable` and stops nothing."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from installer.probe import bytes_of_disks
from installer.probe.disks import DiskProbe
from installer.sysinfo import Signature
from node.system.process import CommandFailed, run_or_leave

BYTES = bytes_of_disks.__file__


class Machine:
    """Disks by name, as lsblk says them; a value in `broken` is a word of the command that fails for that disk."""

    def __init__(self, broken: dict[str, str] | None = None, **disks: dict[str, object]) -> None:
        self.disks = disks
        self.broken = broken or {}
        self.status: int | None = None

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        if BYTES in argv:
            return self._bytes(argv[argv.index(BYTES) + 1 :])
        name = next(word.removeprefix("/dev/") for word in argv if word.startswith("/dev/"))
        if any(self.broken.get(word.removeprefix("/dev/")) == argv[0] for word in argv):
            raise CommandFailed(argv, "it took longer than 30 s", status=self.status)
        if argv[0] == "lsblk":
            raw = {"name": name, "path": f"/dev/{name}", "type": "disk", "size": 10**12} | self.disks[name]
            return json.dumps({"blockdevices": [raw]})
        found = [
            {"device": word, "offset": "0x0", "type": "xfs", "usage": "filesystem"} for word in argv if word[-1] == "2"
        ]
        return json.dumps({"signatures": found}) if argv[0] == "wipefs" else "[]"

    def _bytes(self, disks: tuple[str, ...]) -> str:
        """Those that hang say nothing, and nobody comes to an end then."""
        said = ""
        for path in (disk.partition("=")[0] for disk in disks):
            match self.broken.get(path.removeprefix("/dev/")):
                case "hangs":
                    continue
                case "EIO":
                    said += json.dumps({"path": path, "error": "Input/output error"}) + "\n"
                case _:
                    said += json.dumps({"path": path, "size_bytes": 10**12}) + "\n"
        if "hangs" in self.broken.values():
            raise CommandFailed(("python",), "it took longer than 30 s", stdout=f'{said}{{"path": "cut o')
        return said


def probe(machine: Machine, folder: Path) -> DiskProbe:
    for name in (*machine.disks, "loop0", "ram1", "zram0", "dm-0", "md127", "nbd3", "mmcblk0boot0", "mmcblk0rpmb"):
        (folder / name).mkdir()
        (folder / name / "size").write_text("1953525168\n")
    return DiskProbe(machine, folder)


def test_disks_are_what_the_kernel_calls_so(tmp_path: Path) -> None:
    machine = Machine(sda={"serial": "S1"}, nvme0n1={}, sdb={"size": 0}, sr0={"type": "rom"}, mmcblk0={})
    assert [disk.name for disk in probe(machine, tmp_path).observe()] == ["mmcblk0", "nvme0n1", "sda"]


def test_the_disk_that_the_installer_came_from(tmp_path: Path) -> None:
    part = {"name": "sdb1", "path": "/dev/sdb1", "type": "part", "mountpoints": ["/run/trivet/medium"]}
    machine = Machine(sda={}, sdb={"children": [part]}, sr0={"type": "rom", "mountpoints": ["/run/trivet/medium"]})
    assert [disk.name for disk in probe(machine, tmp_path).observe() if disk.medium] == ["sdb", "sr0"]


@pytest.mark.parametrize(
    ("broken", "description"),
    [
        ("lsblk", "cannot be read: it took longer than 30 s"),
        ("wipefs", "cannot be read: it took longer than 30 s"),
        ("hangs", "cannot be read: it did not answer within 30 s"),
        ("EIO", "cannot be read: Input/output error"),
    ],
)
def test_a_disk_that_does_not_answer_is_unreadable(tmp_path: Path, broken: str, description: str) -> None:
    machine = Machine(broken={"sdb": broken}, sda={}, sdb={"serial": "S2"}, sdc={})
    disks = probe(machine, tmp_path).observe()
    assert [disk.name for disk in disks] == ["sda", "sdb", "sdc"]
    assert disks[0].contents == disks[2].contents == ()
    (content,) = disks[1].contents
    assert (content.signature, content.description) == (Signature.UNREADABLE, description)
    assert disks[1].size_bytes in (10**12, 1953525168 * 512)


def test_a_partition_that_cannot_be_asked_hides_no_other(tmp_path: Path) -> None:
    parts = [{"name": name, "path": f"/dev/{name}", "type": "part"} for name in ("sda1", "sda2", "sda3")]
    machine = Machine(broken={"sda3": "wipefs"}, sda={"children": parts})
    machine.status = 1
    (disk,) = probe(machine, tmp_path).observe()
    assert [(one.place, one.description) for one in disk.contents] == [("sda2", "xfs file system")]


def test_no_disk_at_all(tmp_path: Path) -> None:
    assert probe(Machine(), tmp_path).observe() == ()


def test_two_names_of_one_disk(tmp_path: Path) -> None:
    same: dict[str, object] = {"serial": "S1", "wwn": "0x5"}
    disks = probe(Machine(sda=same, sdb=same, sdc={"serial": "S2", "wwn": "0x5"}), tmp_path).observe()
    assert [[one.signature for one in disk.contents] for disk in disks] == [[Signature.MULTIPATH]] * 2 + [[]]


def test_a_command_that_hangs_is_left_behind() -> None:
    """Its child stands for what nobody can kill: it holds the pipe open, and lives on."""
    with pytest.raises(CommandFailed, match=r"longer than 0\.5 s") as caught:
        run_or_leave("sh", "-c", "sleep 600 & echo $!; wait", timeout_s=0.5)
    os.kill(int(caught.value.stdout), signal.SIGKILL)


def test_a_command_that_fails_says_why() -> None:
    assert run_or_leave("echo", "x") == "x\n"
    with pytest.raises(CommandFailed, match="no such program is not installed"):
        run_or_leave("no such program")
    with pytest.raises(CommandFailed, match="sorry"):
        run_or_leave("sh", "-c", "echo sorry >&2; exit 3")


def test_bytes_of_disks(tmp_path: Path) -> None:
    one = tmp_path / "a=b"
    one.write_bytes(bytes(1 << 20))
    said = run_or_leave(sys.executable, "-I", BYTES, f"{one}=512", "/dev/none=512").splitlines()
    found = {answer["path"]: answer for answer in map(json.loads, said)}
    assert found["/dev/none"] == {"path": "/dev/none", "error": "No such file or directory"}
    assert (found[str(one)]["size_bytes"], found[str(one)]["data_at"]) == (1 << 20, None)
