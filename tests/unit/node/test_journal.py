"""The file journal keeps the contract and shrugs off a torn last line."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from node.steps import Journal
from node.system.journal import FileJournal
from tests.journal_contract import FAILED, PLANNED, STARTED, JournalContract


class TestFileJournal(JournalContract):
    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Callable[[], Journal]:
        return lambda: FileJournal(tmp_path / "run.journal")


def written(path: Path) -> int:
    journal = FileJournal(path)
    for entry in (PLANNED, STARTED):
        journal.write(entry)
    return path.stat().st_size


@pytest.mark.parametrize("remaining", [1, 10, 30])
def test_a_torn_last_line_is_as_if_never_written(tmp_path: Path, remaining: int) -> None:
    path = tmp_path / "j"
    size = written(path)
    FileJournal(path).write(FAILED)
    with path.open("r+b") as file:
        file.truncate(size + remaining)
    journal = FileJournal(path)
    assert list(journal.entries()) == [PLANNED, STARTED]
    journal.write(FAILED)
    assert list(FileJournal(path).entries()) == [PLANNED, STARTED, FAILED]


def test_a_last_line_whose_content_never_reached_the_disk_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    with path.open("ab") as file:
        file.write(b"\0" * 40 + b"\n")
    assert list(FileJournal(path).entries()) == [PLANNED, STARTED]


def test_damage_in_the_middle_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    path.write_bytes(b"damage\n" + path.read_bytes())
    with pytest.raises(msgspec.MsgspecError):
        FileJournal(path)


def test_a_removed_journal_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    journal = FileJournal(path)
    journal.remove()
    assert list(journal.entries()) == list(FileJournal(path).entries()) == []


def test_only_root_reads_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    assert path.stat().st_mode & 0o777 == 0o600
