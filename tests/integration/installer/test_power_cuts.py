"""An installation that is cut off, fails or is stopped at any place is gone on with, and ends as one that was not."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from installer.attempt import Attempt, attempt
from installer.disk_layout import GIB
from installer.run import Installed, Progress, Stopped, install
from installer.steps import sequence
from installer.steps.resuming import OtherDisks, OtherVersion
from installer.steps.target import TargetJournal
from installer.steps.work import Work
from installer.unfinished import find_unfinished
from node.steps import Entry, Mark, Step, StepFailed
from node.system.process import run
from tests.integration.installer.bench import Bench, PowerCut, needs_loop_devices, three_disks
from tests.integration.installer.whole import check_disks
from tests.unit.installer.given import VERSION, answers

pytestmark = needs_loop_devices
Do = Callable[[], Awaitable[None]]
STEPS = ("partition", "write", "verify", "brick-1", "configure", "identity", "images", "boot")


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Bench]:
    with three_disks(tmp_path) as made:
        yield made


def tried(there: Bench, *, start_over: bool = False, **changes: object) -> Attempt:
    machine = there.system_info()
    return attempt(answers(**changes), machine, find_unfinished(run, machine.disks), start_over=start_over)


def go(there: Bench, progress: list[Progress] | None = None, **changes: object) -> Installed:
    this = tried(there, start_over=False, **changes)
    report = progress.append if progress is not None else lambda _: None
    return install(this.plan, there.machine, go_on=this.earlier if this.goes_on else None, report=report)


def go_through_cuts(there: Bench) -> tuple[Installed, int]:
    """Start again after each power cut; how it ended and how many there were."""
    for cuts in range(100):
        try:
            return go(there), cuts
        except PowerCut:
            there.power_on()
    raise AssertionError("never ended")


@pytest.mark.parametrize("mark", [Mark.STARTED, Mark.DONE])
def test_a_power_cut_at_every_step_is_gone_on_with(
    there: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: Mark
) -> None:
    """Right before a step begins, and between its end and the note of that."""
    before = there.checksum("OTHER")
    to_cut = set(STEPS)
    write = TargetJournal.write

    def write_or_cut(self: TargetJournal, entry: Entry) -> None:
        if entry.mark is mark and entry.key in to_cut:
            to_cut.remove(entry.key)
            there.cut_power()
        write(self, entry)

    monkeypatch.setattr(TargetJournal, "write", write_or_cut)
    done, cuts = go_through_cuts(there)
    assert cuts == len(STEPS)
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)
    assert there.checksum("OTHER") == before


def test_a_power_cut_before_every_command_is_gone_on_with(there: Bench, tmp_path: Path) -> None:
    seen: set[tuple[str, ...]] = set()

    def cut_once(argv: tuple[str, ...]) -> None:
        command = tuple("DISK" if part.startswith(("/dev/", "trivet-", "uuid=")) else part for part in argv)
        if command not in seen:
            seen.add(command)
            there.cut_power()

    there.tools.before = cut_once
    done, cuts = go_through_cuts(there)
    assert cuts > 20
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)


@pytest.mark.parametrize("at", ["write", "images", "boot"])
def test_a_power_cut_in_the_middle_of_much_data_is_gone_on_with(there: Bench, tmp_path: Path, at: str) -> None:
    def report(progress: Progress) -> None:
        if progress.key == at and progress.total_bytes > 0:
            there.cut_power()

    with pytest.raises(PowerCut):
        install(tried(there).plan, there.machine, report=report)
    there.power_on()
    done = go(there)
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)


def test_a_step_that_fails_is_done_again_and_what_was_done_is_not(
    there: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    failing = set(STEPS)

    def failing_once(work: Work, guarded: Callable[[sequence.Do, Work], Do]) -> list[Step]:
        return [
            Step(step.key, step.description, _failing_once(step.key, step.do, ran, failing))
            for step in original(work, guarded)
        ]

    original = sequence.steps
    monkeypatch.setattr(sequence, "steps", failing_once)
    for key in STEPS:
        with pytest.raises(StepFailed, match=f"{key} is tired"):
            go(there)
    done = go(there)
    assert ran == [key for key in STEPS for _ in range(2)]
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)


def _failing_once(key: str, do: Do, ran: list[str], failing: set[str]) -> Do:
    """Fails after it has done its work."""

    async def failing_do() -> None:
        ran.append(key)
        await do()
        if key in failing:
            failing.remove(key)
            raise OSError(f"{key} is tired")

    return failing_do


def cut_after(there: Bench, key: str) -> None:
    def report(progress: Progress) -> None:
        if (progress.key, progress.mark) == (key, Mark.DONE):
            there.cut_power()

    with pytest.raises(PowerCut):
        install(tried(there).plan, there.machine, report=report)
    there.power_on()


def test_what_was_done_before_is_said_and_not_done_again(there: Bench) -> None:
    cut_after(there, "verify")
    this = tried(there)
    assert this.lines[0].startswith("Goes on with the installation that was cut off on loop")
    assert [losing.serial for losing in this.plan.losing] == ["BRICK"]
    progress: list[Progress] = []
    go(there, progress)
    assert [one.key for one in progress if one.detail == "done before"] == ["partition", "write", "verify"]
    assert not any(one.key == "write" and one.mark is Mark.STARTED for one in progress)


def test_other_answers_count_when_it_is_gone_on_with(there: Bench, tmp_path: Path) -> None:
    cut_after(there, "identity")
    machine = answers().machine
    changed = type(machine)(host_name="other.example.org")
    assert go(there, machine=changed).host_name == "other.example.org"
    place = tmp_path / "state"
    place.mkdir()
    run("mount", "-o", "ro", f"{there.devices['SYS']}p4", str(place))
    try:
        assert (place / "etc/upper/hostname").read_text() == "other.example.org\n"
        assert (place / "etc/upper/shadow").read_text().startswith("root:*:")
        assert '"other.example.org"' in (place / "install/answers.json").read_text()
    finally:
        run("umount", str(place))


def test_other_disks_are_refused_unless_it_starts_over(there: Bench, tmp_path: Path) -> None:
    cut_after(there, "write")
    there.add_disk("SECOND", 8 * GIB)
    chosen = type(answers().disks)(system='serial == "SYS"', bricks=('serial == "SECOND"',))
    with pytest.raises(OtherDisks, match="begun with the disks SYS, BRICK, and these answers choose SYS, SECOND"):
        go(there, disks=chosen)
    this = tried(there, start_over=True, disks=chosen)
    assert not this.goes_on
    assert this.lines[0].startswith("Starts over")
    install(this.plan, there.machine, report=lambda _: None)


def test_another_version_is_refused(there: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_after(there, "write")
    manifest = there.live.medium / "manifest.json"
    manifest.write_text(manifest.read_text().replace(VERSION, "0.2.0"))
    for path in there.live.medium.glob(f"*{VERSION}*"):
        path.rename(path.with_name(path.name.replace(VERSION, "0.2.0")))
    monkeypatch.setattr("tests.unit.installer.given.VERSION", "0.2.0")
    with pytest.raises(OtherVersion, match=rf"begun with Trivet {VERSION}, and this medium holds 0\.2\.0"):
        go(there)


def test_an_unfinished_installation_on_a_disk_that_is_not_chosen_stops_nothing(there: Bench) -> None:
    cut_after(there, "write")
    there.add_disk("SECOND", 16 * GIB)
    there.add_disk("THIRD", 8 * GIB)
    chosen = type(answers().disks)(system='serial == "SECOND"', bricks=('serial == "THIRD"',))
    before = there.written()["SYS"]
    this = tried(there, disks=chosen)
    assert this.earlier is None
    install(this.plan, there.machine, report=lambda _: None)
    assert there.written()["SYS"] == before


def test_a_run_that_was_stopped_is_gone_on_with(there: Bench, tmp_path: Path) -> None:
    progress: list[Progress] = []

    def is_stopping() -> bool:
        return any(one.key == "images" and one.done_bytes for one in progress)

    with pytest.raises(Stopped):
        install(tried(there).plan, there.machine, report=progress.append, is_stopping=is_stopping)
    assert str(there.live.mounts) not in Path("/proc/self/mounts").read_text()
    done = go(there)
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)


@pytest.mark.parametrize("torn", ["installation.json", "install/journal.jsonl"])
def test_notes_that_cannot_be_read_mean_that_it_begins_anew(there: Bench, tmp_path: Path, torn: str) -> None:
    cut_after(there, "write")
    place = tmp_path / "state"
    place.mkdir()
    run("mount", f"{there.devices['SYS']}p4", str(place))
    (place / torn).write_bytes(b"\x00\x00\n{\n")
    run("umount", str(place))
    progress: list[Progress] = []
    done = go(there, progress)
    assert not any(one.detail == "done before" for one in progress)
    check_disks(there, place, claim_code=done.claim_code)


def test_a_state_file_system_that_is_broken_means_that_it_begins_anew(there: Bench, tmp_path: Path) -> None:
    cut_after(there, "write")
    run("wipefs", "--all", "--quiet", f"{there.devices['SYS']}p4")
    done = go(there)
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)
