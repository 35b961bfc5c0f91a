"""Whole installations onto image files: what is there afterwards, and what was never touched."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.answers import DiskAnswers
from installer.attempt import attempt
from installer.disk_layout import SYSTEM_DISK_WITH_BRICK
from installer.plan import InstallPlan, plan
from installer.run import Progress, Stopped, WrongMedium, install
from installer.steps.tables import read_table
from node.steps import Mark, StepFailed
from node.system.process import run
from node.upgrade.manifest import MediumUnusable
from tests.integration.installer.bench import Bench, bench, needs_loop_devices, three_disks
from tests.integration.installer.whole import check_disks
from tests.unit.installer.given import ID, VERSION, answers

pytestmark = needs_loop_devices
WIPED = DiskAnswers(system='serial == "SYS"', bricks=('serial == "BRICK"',), wipe=("SYS", "BRICK"))


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Bench]:
    with three_disks(tmp_path) as made:
        yield made


def planned(there: Bench) -> InstallPlan:
    return plan(answers(), there.system_info(), ID)


def nobody(_: Progress) -> None:
    return None


def test_an_installation_is_whole_and_other_disks_are_untouched(there: Bench, tmp_path: Path) -> None:
    before = there.checksum("OTHER")
    said: list[Progress] = []
    done = install(planned(there), there.machine, report=said.append)
    assert (done.host_name, done.version, done.remarks) == ("node1.example.org", VERSION, ())
    assert len(done.fingerprint) == 64
    assert there.checksum("OTHER") == before
    keys = ("medium", "partition", "write", "verify", "brick-1", "configure", "identity", "images", "boot", "finish")
    assert [(one.number, one.key) for one in said if one.mark is Mark.DONE] == list(enumerate(keys, 1))
    assert {one.total for one in said} == {len(keys)}
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)


def test_nothing_stays_mounted(there: Bench) -> None:
    install(planned(there), there.machine, report=nobody)
    assert str(there.live.mounts) not in Path("/proc/self/mounts").read_text()


def test_what_a_killed_run_left_mounted_is_let_go(there: Bench) -> None:
    install(planned(there), there.machine, report=nobody)
    left = there.live.mounts / "state"
    run("mount", f"{there.devices['SYS']}p4", str(left))
    install(attempt(answers(disks=WIPED), there.system_info()).plan, there.machine, report=nobody)
    assert str(there.live.mounts) not in Path("/proc/self/mounts").read_text()


def test_a_damaged_medium_is_found_before_anything_is_written(there: Bench) -> None:
    before = there.written()
    kernel = there.live.medium / f"trivet_{VERSION}.efi"
    kernel.write_bytes(b"x" * kernel.stat().st_size)
    with pytest.raises(MediumUnusable, match=r"trivet_.*\.efi: it is damaged"):
        install(planned(there), there.machine, report=nobody)
    assert there.written() == before
    assert there.tools.commands == []


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda medium: (medium / "engine.qcow2").unlink(), "it cannot be read"),
        (lambda medium: (medium / "tiny.qcow2").write_bytes(b""), "it has 0 bytes and should have"),
        (lambda medium: (medium / "manifest.json").write_text("{"), r"manifest\.json: it cannot be read"),
        (lambda medium: (medium / "manifest.json").unlink(), r"manifest\.json: it cannot be read"),
    ],
)
def test_a_medium_that_is_not_whole_is_refused(there: Bench, damage: object, expected: str) -> None:
    assert callable(damage)
    damage(there.live.medium)
    with pytest.raises(MediumUnusable, match=expected):
        install(planned(there), there.machine, report=nobody)
    assert there.tools.commands == []


def test_a_medium_of_another_version_is_refused(there: Bench) -> None:
    manifest = there.live.medium / "manifest.json"
    manifest.write_text(manifest.read_text().replace(VERSION, "0.2.0"))
    for path in there.live.medium.glob(f"*{VERSION}*"):
        path.rename(path.with_name(path.name.replace(VERSION, "0.2.0")))
    with pytest.raises(WrongMedium):
        install(planned(there), there.machine, report=nobody)


def test_the_umask_of_who_installs_makes_no_difference(there: Bench, tmp_path: Path) -> None:
    """With /etc for root alone no service of a node would start that runs as somebody else."""
    before = os.umask(0o077)
    try:
        done = install(planned(there), there.machine, report=nobody)
    finally:
        os.umask(before)
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)


def test_a_system_disk_may_have_the_brick_too(tmp_path: Path) -> None:
    with bench(tmp_path, {"SYS": SYSTEM_DISK_WITH_BRICK}) as there:
        made = plan(answers(disks=DiskAnswers(system='serial == "SYS"')), there.system_info(), ID)
        install(made, there.machine, report=nobody)
        table = read_table(run, there.devices["SYS"])
        assert table is not None
        assert [partition.label for partition in table.partitions][3:] == ["trivet-state", "trivet-brick"]
        device = table.partitions[4].device
        assert run("blkid", "--match-tag", "TYPE", "--output", "value", device).strip() == "xfs"


def test_firmware_that_takes_no_entry_is_a_remark(there: Bench) -> None:
    there.tools.boot_entries = None
    done = install(planned(there), there.machine, report=nobody)
    (remark,) = done.remarks
    assert "EFI variables are not supported" in remark


def test_a_disk_that_does_not_keep_what_is_written_is_found(there: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from installer.steps import sequence

    def forgetful(work: object) -> None:
        return None

    monkeypatch.setitem(sequence._DOERS, "write", forgetful)
    with pytest.raises(StepFailed, match="is not what was written"):
        install(planned(there), there.machine, report=nobody)


def test_another_disk_at_the_same_path_is_refused(there: Bench) -> None:
    made = planned(there)
    devices = there.devices
    devices["SYS"], devices["OTHER"] = devices["OTHER"], devices["SYS"]
    with pytest.raises(StepFailed, match="not the disk that was chosen any more: that is serial OTHER now"):
        install(made, there.machine, report=nobody)
    assert not any(command[0] in ("wipefs", "sfdisk") for command in there.tools.commands)


def test_a_run_that_is_stopped_says_so(there: Bench) -> None:
    said: list[Progress] = []

    def is_stopping() -> bool:
        return any(one.key == "write" and one.done_bytes for one in said)

    with pytest.raises(Stopped):
        install(planned(there), there.machine, report=said.append, is_stopping=is_stopping)
    assert [one.key for one in said if one.mark is Mark.DONE] == ["medium", "partition", "write"]
