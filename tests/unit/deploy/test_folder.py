"""What a deploy keeps survives its death, is whole, is private, and is held by one process at a time."""

import os
from ipaddress import IPv4Address
from pathlib import Path

import msgspec
import pytest

from hosted_engine.deploy.answers import Answers, parse
from hosted_engine.deploy.decisions import AnswersChanged
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
    folder.save(decisions)
    assert folder.decisions(answers) == decisions
    assert folder.password_file.read_text().strip() == decisions.password
    assert folder.password_file.stat().st_mode & 0o777 == 0o600


def test_a_given_password_is_taken(folder: Folder, answers: Answers, tmp_path: Path) -> None:
    given = tmp_path / "password"
    with pytest.raises(PasswordMissing, match="No such file"):
        folder.decisions(msgspec.structs.replace(answers, password_file=str(given)))
    given.write_text("s3cret word\n")
    with pytest.raises(PasswordMissing, match=r"others may read it .* chmod 600"):
        folder.decisions(msgspec.structs.replace(answers, password_file=str(given)))
    given.chmod(0o600)
    assert folder.decisions(msgspec.structs.replace(answers, password_file=str(given))).password == "s3cret word"


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"a\r\n", b"\x00", b"\xff\xfe", b"x" * 5000])
def test_a_password_that_nobody_can_type_is_refused(
    folder: Folder, answers: Answers, tmp_path: Path, content: bytes
) -> None:
    given = tmp_path / "password"
    given.write_bytes(content)
    given.chmod(0o600)
    with pytest.raises(PasswordMissing):
        folder.decisions(msgspec.structs.replace(answers, password_file=str(given)))


def test_what_is_no_plain_file_is_no_password_file(folder: Folder, answers: Answers, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(PasswordMissing):
            folder.decisions(msgspec.structs.replace(answers, password_file=str(path)))


def test_another_password_later_is_refused_and_none_is_not_needed(
    folder: Folder, answers: Answers, tmp_path: Path
) -> None:
    given = tmp_path / "password"
    with_file = msgspec.structs.replace(answers, password_file=str(given))
    given.write_text("first\n")
    given.chmod(0o600)
    folder.save(folder.decisions(with_file))
    assert folder.decisions(with_file).password == "first"
    given.write_text("second\n")
    with pytest.raises(AnswersChanged, match="password_file holds another password") as caught:
        folder.decisions(with_file)
    assert "second" not in str(caught.value)
    given.unlink()
    assert folder.decisions(with_file).password == "first"


def test_what_is_settled_once_the_site_is_up_can_be_corrected_before(folder: Folder, answers: Answers) -> None:
    folder.save(folder.decisions(answers))
    corrected = msgspec.structs.replace(answers, gateway=IPv4Address("192.0.2.1"), dns=(IPv4Address("192.0.2.53"),))
    folder.save(folder.decisions(corrected))
    journal = folder.journals.new()
    journal.write(Entry(Mark.PLANNED))
    journal.write(Entry(Mark.ENDED, detail=Outcome.DONE.value))
    assert folder.decisions(corrected).resolved["gateway"] == "192.0.2.1"
    with pytest.raises(AnswersChanged) as caught:
        folder.decisions(answers)
    assert "dns was 192.0.2.53 and is none; gateway was 192.0.2.1 and is none" in str(caught.value)
    assert folder.decisions(answers, to_remove=True).engine_vm_id == folder.decisions(corrected).engine_vm_id


def test_what_can_be_corrected_has_the_key_of_earlier_releases(folder: Folder, answers: Answers) -> None:
    written = msgspec.to_builtins(folder.decisions(answers))
    assert "settled" in written
    assert "resolved" not in written


def test_the_timers_of_a_site_that_is_up_can_be_changed(folder: Folder, answers: Answers) -> None:
    """Also where an earlier version has noted them as what cannot."""
    found = folder.decisions(answers)
    folder.save(msgspec.structs.replace(found, resolved=found.resolved | {"lease_io_timeout_s": "4"}))
    journal = folder.journals.new()
    journal.write(Entry(Mark.PLANNED))
    journal.write(Entry(Mark.ENDED, detail=Outcome.DONE.value))
    assert folder.decisions(msgspec.structs.replace(answers, profile="fast")).engine_vm_id == found.engine_vm_id


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
    assert folder.journals.unfinished() == frozenset()
    journal = folder.journals.new()
    for entry in (Entry(Mark.PLANNED, detail="a\nb\nc"), Entry(Mark.STARTED, "a"), Entry(Mark.DONE, "a")):
        journal.write(entry)
    journal.write(Entry(Mark.STARTED, "b"))
    assert folder.journals.unfinished() == {"b", "c"}
    assert not folder.journals.formed()


def test_a_new_journal_counts_from_its_first_entry_and_an_end_is_an_end(folder: Folder) -> None:
    folder.journals.new().write(Entry(Mark.PLANNED, detail="a"))
    second = folder.journals.new()
    assert folder.journals.unfinished() == {"a"}
    second.write(Entry(Mark.PLANNED, detail="b"))
    assert folder.journals.unfinished() == {"b"}
    second.write(Entry(Mark.ENDED, detail=Outcome.DONE.value))
    assert folder.journals.unfinished() == frozenset()
    assert folder.journals.formed()


def run_of(folder: Folder, *keys: str, back: bool = False, ended: bool = True) -> None:
    journal = folder.journals.new(back=back)
    journal.write(Entry(Mark.PLANNED, detail="\n".join(keys)))
    for key in keys:
        journal.write(Entry(Mark.STARTED, key))
        journal.write(Entry(Mark.DONE, key))
    if ended:
        journal.write(Entry(Mark.ENDED, detail=Outcome.DONE.value))


def test_what_was_begun_counts_until_it_was_taken_back(folder: Folder) -> None:
    run_of(folder, "a", "b")
    run_of(folder, "c", ended=False)
    assert folder.journals.begun() == {"a", "b", "c"}
    run_of(folder, "c", back=True, ended=False)
    assert folder.journals.is_tearing_down()
    assert folder.journals.teardown_begun() == {"c"}
    assert folder.journals.begun() == {"a", "b", "c"}
    run_of(folder, "c", "b", "a", back=True)
    assert folder.journals.is_torn_down()
    assert not folder.journals.is_tearing_down()
    assert not folder.journals.formed()
    assert folder.journals.begun() == folder.journals.unfinished() == frozenset()
    run_of(folder, "d", ended=False)
    assert not folder.journals.is_torn_down()
    assert folder.journals.begun() == {"d"}


def test_a_clearing_that_was_cut_short_is_done_with_the_next_run(
    folder: Folder, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folder.locked():
        folder.save(folder.decisions(answers))
    for number in range(3):
        run_of(folder, "a", ended=number == 1)
    run_of(folder, "a", back=True)

    def die(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("hosted_engine.deploy.journals.sync_folder", die)
        with pytest.raises(KeyboardInterrupt):
            folder.clear()
    again = Folder(folder.path)
    assert again.journals.is_torn_down()
    with again.locked():
        assert [path.name for path in folder.path.rglob("*") if path.is_file()] == ["lock"]
        assert not again.journals.is_torn_down()
