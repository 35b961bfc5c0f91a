"""What a deploy keeps survives its death, is whole, is private, and is held by one process at a time."""

from pathlib import Path

import msgspec
import pytest

from hosted_engine.deploy.answers import Answers, parse
from hosted_engine.deploy.folder import AUTHORITY, ENGINE, AuthorityDamaged, DeployRunning, Folder, PasswordMissing
from node.steps import Entry, Mark, Outcome
from tests.unit.deploy.test_answers import three


@pytest.fixture
def answers() -> Answers:
    return parse(three())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "deploy")
    with made.locked():
        return made


def test_a_second_deploy_is_kept_out_until_the_first_ends(folder: Folder) -> None:
    with folder.locked(), pytest.raises(DeployRunning), Folder(folder.path).locked():
        pass
    with folder.locked():
        pass


def test_what_was_decided_stays_decided(folder: Folder, answers: Answers) -> None:
    decisions = folder.decisions(answers)
    folder.keep(decisions)
    assert folder.decisions(answers) == decisions
    assert folder.password_file.read_text().strip() == decisions.password
    assert folder.password_file.stat().st_mode & 0o777 == 0o600


def test_a_given_password_is_taken(folder: Folder, answers: Answers, tmp_path: Path) -> None:
    given = tmp_path / "password"
    with pytest.raises(PasswordMissing, match="No such file"):
        folder.decisions(msgspec.structs.replace(answers, password_file=str(given)))
    given.write_text("s3cret word\n")
    assert folder.decisions(msgspec.structs.replace(answers, password_file=str(given))).password == "s3cret word"


def test_a_half_made_authority_is_made_anew(folder: Folder, answers: Answers) -> None:
    (folder.path / "ca.key").write_text("torn")
    assert not folder.has_authority()
    folder.make_authority(answers)
    assert folder.has_authority()


def test_an_authority_is_kept_and_what_is_missing_under_it_is_made(folder: Folder, answers: Answers) -> None:
    folder.make_authority(answers)
    authority, engine = folder.authority(), folder.pair(ENGINE)
    (folder.path / "deploy.crt").unlink()
    assert not folder.has_authority()
    folder.make_authority(answers)
    assert folder.has_authority()
    assert (folder.pair(AUTHORITY), folder.pair(ENGINE)) == (authority, engine)


def test_a_damaged_authority_is_never_replaced(folder: Folder, answers: Answers) -> None:
    folder.make_authority(answers)
    (folder.path / "ca.key").write_text("damaged")
    with pytest.raises(AuthorityDamaged):
        folder.make_authority(answers)
    assert (folder.path / "ca.key").read_text() == "damaged"


def test_the_steps_that_were_not_done_are_remembered(folder: Folder) -> None:
    assert folder.unfinished() == frozenset()
    journal = folder.new_journal()
    for entry in (Entry(Mark.PLANNED, detail="a\nb\nc"), Entry(Mark.STARTED, "a"), Entry(Mark.DONE, "a")):
        journal.write(entry)
    journal.write(Entry(Mark.STARTED, "b"))
    assert folder.unfinished() == {"b", "c"}
    assert not folder.formed()


def test_a_new_journal_counts_from_its_first_entry_and_an_end_is_an_end(folder: Folder) -> None:
    folder.new_journal().write(Entry(Mark.PLANNED, detail="a"))
    second = folder.new_journal()
    assert folder.unfinished() == {"a"}
    second.write(Entry(Mark.PLANNED, detail="b"))
    assert folder.unfinished() == {"b"}
    second.write(Entry(Mark.ENDED, detail=Outcome.DONE.value))
    assert folder.unfinished() == frozenset()
    assert folder.formed()
