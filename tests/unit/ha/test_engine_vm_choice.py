"""With what the engine VM is started: an edit is tried once, kept when it was healthy, and given up when it was not."""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec
import pytest

from hosted_engine.ha.engine_vm_choice import choose, healthy_with, on_trial
from hosted_engine.ha.engine_vm_config import EngineVmFolder, EngineVmNotes
from hosted_engine.ha.states import Health
from node.api.engine_vm import has_failed, shape_of
from node.api.messages.ha import EngineVmConfig, EngineVmEdit, EngineVmReport, Shape, TriedEngineVm
from node.storage import engine_vm_files
from node.storage.engine_vm_files import EngineVmFileDamaged
from node.storage.layout import previous

GIB = 1 << 30
FIRST = EngineVmConfig(id="1", name="HostedEngine", memory_bytes=GIB)
LARGER = msgspec.structs.replace(FIRST, memory_bytes=2 * GIB, edit="larger")
TINY = msgspec.structs.replace(FIRST, memory_bytes=GIB // 32, edit="tiny")


def tried(config: EngineVmConfig, why: str = "") -> TriedEngineVm:
    return TriedEngineVm(config=config, host="node2", at=1.0, why=why)


@pytest.mark.parametrize(
    ("files", "config", "is_on_trial"),
    [
        (EngineVmReport(wanted=FIRST), FIRST, False),
        (EngineVmReport(wanted=FIRST, good=FIRST), FIRST, False),
        (EngineVmReport(wanted=LARGER, good=FIRST), LARGER, True),
        (EngineVmReport(wanted=LARGER, good=FIRST, tried=tried(LARGER)), FIRST, False),
        (EngineVmReport(wanted=LARGER, good=FIRST, tried=tried(TINY)), LARGER, True),
        (EngineVmReport(wanted=LARGER, good=LARGER, tried=tried(LARGER)), LARGER, False),
    ],
    ids=[
        "the first start",
        "as ever",
        "an edit",
        "an edit that was not healthy",
        "another edit after one that was not healthy",
        "an edit that was healthy",
    ],
)
def test_the_choice(files: EngineVmReport, config: EngineVmConfig, is_on_trial: bool) -> None:
    choice = choose(files)
    assert (choice.config, choice.on_trial) == (config, is_on_trial)


def test_the_same_values_can_be_asked_for_again_after_they_failed() -> None:
    again = msgspec.structs.replace(TINY, edit="tiny, again")
    assert choose(EngineVmReport(wanted=again, good=FIRST, tried=tried(TINY))).config == again


def test_who_falls_back_keeps_what_the_deploy_has_changed_and_says_why() -> None:
    wanted = msgspec.structs.replace(TINY, name="renamed")
    choice = choose(EngineVmReport(wanted=wanted, good=FIRST, tried=tried(wanted, "no memory on node2")))
    assert (choice.config.name, choice.config.memory_bytes, choice.config.edit) == ("renamed", GIB, "")
    assert "no memory on node2" in choice.reason


def test_what_only_the_deploy_changes_is_never_on_trial() -> None:
    renamed = msgspec.structs.replace(FIRST, name="renamed", cores=1)
    assert choose(EngineVmReport(wanted=renamed, good=FIRST)).on_trial is False


def test_what_a_running_vm_proves() -> None:
    files = EngineVmReport(wanted=LARGER, good=FIRST)
    assert on_trial(files, shape_of(LARGER)) == healthy_with(files, shape_of(LARGER)) == LARGER
    assert on_trial(files, shape_of(FIRST)) is healthy_with(files, shape_of(FIRST)) is None
    assert on_trial(files, Shape(memory_mib=77, vcpus=7)) is healthy_with(files, Shape(memory_mib=77, vcpus=7)) is None
    assert healthy_with(EngineVmReport(wanted=FIRST), shape_of(FIRST)) == FIRST
    assert healthy_with(EngineVmReport(wanted=FIRST, good=FIRST), shape_of(FIRST)) is None


def test_an_edit_made_while_the_one_before_is_tried_takes_nothing_from_that() -> None:
    files = EngineVmReport(wanted=TINY, good=FIRST, tried=tried(LARGER))
    assert healthy_with(files, shape_of(LARGER)) == LARGER


class Crash(Exception):
    """Power is lost in the middle."""


@dataclass
class Site:
    """Starts of the engine VM by whatever host, each of which may lose its power between any two lines. A VM is healthy
    with at least a GiB."""

    folder: Path
    random: Random
    starts: list[EngineVmConfig] = field(default_factory=list)
    running: EngineVmConfig | None = None
    health: Health = Health.UNKNOWN

    def notes(self, host: str) -> EngineVmNotes:
        def running() -> Shape | None:
            return shape_of(self.running) if self.running is not None else None

        return EngineVmNotes(self.files(host), running=running, health=lambda: self.health)

    def files(self, host: str) -> EngineVmFolder:
        return EngineVmFolder(self.folder, host, lambda: 0.0)

    def start(self, host: str, crash_at: int) -> None:
        """What trivet-ha does, and then what its monitor sees; power is lost before line `crash_at`."""
        self.running, self.health = None, Health.UNKNOWN
        notes, files = self.notes(host), self.files(host)
        choice = choose(files.read())
        self._line(1, crash_at)
        self.running = choice.config
        self.starts.append(choice.config)
        self._line(2, crash_at)
        if choice.on_trial:
            files.note_tried(choice.config)
        self._line(3, crash_at)
        notes()
        self._line(4, crash_at)
        if choice.config.memory_bytes >= GIB:
            self.health = Health.GOOD
        self._line(5, crash_at)
        notes()

    def _line(self, number: int, crash_at: int) -> None:
        if number == crash_at:
            raise Crash

    def edit(self, memory_bytes: int, name: str) -> None:
        edit = EngineVmEdit(edit=name, memory_bytes=memory_bytes, sockets=1, cores=1, threads=1)
        engine_vm_files.edit(self.folder, edit)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_dies_between_two_lines_the_engine_is_healthy_again_soon(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    site = Site(tmp_path, random)
    (tmp_path / engine_vm_files.WANTED).write_bytes(msgspec.json.encode(FIRST))
    site.start("node1", crash_at=0)
    last_good = GIB
    for number in range(8):
        memory_bytes = random.choice([GIB // 64, GIB // 32, GIB, 2 * GIB, 3 * GIB])
        site.edit(memory_bytes, f"edit {number}")
        for _ in range(random.randrange(4)):
            try:
                site.start(random.choice(["node1", "node2"]), random.randrange(6))
            except Crash:
                continue
        before = len(site.starts)
        while site.health is not Health.GOOD or len(site.starts) == before:
            assert len(site.starts) - before < 2, "a bad one was tried again after it had been noted"
            site.start("node3", crash_at=0)
        files = site.files("node3").read()
        assert files.good is not None
        good_again = memory_bytes >= GIB and not has_failed(files)
        assert files.good.memory_bytes == (memory_bytes if good_again else last_good)
        last_good = files.good.memory_bytes


def test_an_edit_is_written_once_and_a_damaged_file_is_passed_over(tmp_path: Path) -> None:
    with pytest.raises(EngineVmFileDamaged, match="it is not there"):
        engine_vm_files.read(tmp_path)
    wanted = tmp_path / engine_vm_files.WANTED
    wanted.write_text("{")
    with pytest.raises(EngineVmFileDamaged, match=r"engine-vm\.json on volume engine cannot be used"):
        engine_vm_files.read(tmp_path)
    (tmp_path / previous(engine_vm_files.WANTED)).write_bytes(msgspec.json.encode(FIRST))
    assert engine_vm_files.read(tmp_path) == EngineVmReport(wanted=FIRST, damaged=True)
    engine_vm_files.note_good(tmp_path, LARGER)
    assert engine_vm_files.read(tmp_path).wanted == LARGER
    change = EngineVmEdit(edit="x", memory_bytes=3 * GIB, sockets=1, cores=2, threads=1)
    for _ in range(2):
        found = engine_vm_files.edit(tmp_path, change)
        assert (found.wanted.memory_bytes, found.wanted.cores, found.wanted.edit) == (3 * GIB, 2, "x")
        assert (found.good, found.damaged) == (LARGER, False)
    (tmp_path / engine_vm_files.TRIED).write_text("nonsense")
    (tmp_path / engine_vm_files.GOOD).write_text("nonsense")
    assert engine_vm_files.read(tmp_path) == EngineVmReport(wanted=found.wanted)
