"""A deploy on a member of a site says what it is a member of, and how to get back what is missing."""

import os
import threading
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from hosted_engine.authority import make_authority
from hosted_engine.deploy import desired_state, here, recovery, safekeeping
from hosted_engine.deploy.answers import Answers, parse
from hosted_engine.deploy.command import deploy
from hosted_engine.deploy.connector import NodeConnector
from hosted_engine.deploy.folder import RECOVERY_FILE, Folder
from hosted_engine.deploy.format_answers import format_answers
from hosted_engine.deploy.here import observe_here, why_not_deploy, within
from hosted_engine.deploy.progress import ProgressReporter
from hosted_engine.deploy.recovering import report_code
from node.config import Config
from tests.fakes.clock import FakeClock
from tests.unit.deploy.test_answers import three

ANSWERS = parse(three())


class Member:
    """A node of a living site, and the folder that the site's first deploy has left on another one."""

    def __init__(self, path: Path) -> None:
        self.config = Config(name="node2", state=str(path / "state"))
        self.lost, self.folder = Folder(path / "lost"), Folder(path / "deploy")
        with self.lost.locked():
            self.lost.make_authority(ANSWERS)
            self.lost.save(decisions := self.lost.decisions(ANSWERS))
            sealed = safekeeping.seal(ANSWERS, self.lost)
        self.ha = self.config.volumes / "engine" / "ha"
        self.ha.mkdir(parents=True)
        self.config.own_folder.mkdir(parents=True)
        self.authority = self.lost.authority().certificate
        (self.config.own_folder / "ca.pem").write_text(self.authority)
        for name, text in desired_state.ha_files(ANSWERS, decisions, self.authority).items():
            (self.ha / name).write_text(text)
        (self.ha / RECOVERY_FILE).write_text(sealed)
        self.answers = path / "answers.toml"
        self.answers.write_text(format_answers(ANSWERS))
        self.answers.chmod(0o600)
        self.code = self.lost.recovery_code()

    def run(self, *options: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(deploy, [*options, "--folder", str(self.folder.path)], input=stdin)


@pytest.fixture
def member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Member:
    monkeypatch.setattr(recovery, "_COST", 2)
    made = Member(tmp_path)

    def own(_: NodeConnector, answers: Answers) -> str | None:
        return answers.nodes[1].name

    monkeypatch.setattr("node.config.load", lambda: made.config)
    monkeypatch.setattr(NodeConnector, "own", own)
    return made


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--take-back", "--yes"), ("--take-back", "--dry-run")])
def test_nothing_is_planned_over_a_living_site(member: Member, options: tuple[str, ...]) -> None:
    ended = member.run(str(member.answers), *options)
    assert ended.exit_code == 1
    assert (
        "node2 is a member of site lab (nodes node1, node2, node3; engine engine.lab.test at 192.0.2.10) already, and "
        f"{member.folder.path} lacks its decisions and keys. Run: trivet deploy --recover" in ended.output
    )
    assert "would do" not in ended.output
    assert not member.folder.has_decisions()


def test_it_says_what_it_can_while_the_volume_is_away(member: Member) -> None:
    for path in member.ha.iterdir():
        path.unlink()
    ended = member.run(str(member.answers), "--dry-run")
    assert "node2 is a member of site lab already" in ended.output
    assert "Run the deploy on the node that it ran on before: there is nothing to recover from" in ended.output
    ended = member.run("--recover")
    assert ended.exit_code == 1
    assert f"there is no {member.ha / RECOVERY_FILE}" in ended.output


def test_keys_of_another_site_are_told_from_the_own(member: Member) -> None:
    found = observe_here(member.config)
    with member.folder.locked():
        assert why_not_deploy(found, member.lost) is None
        member.folder.restore(member.lost.irreplaceable())
        assert why_not_deploy(found, member.folder) is None
        (member.folder.path / "ca.crt").write_text(make_authority("other").certificate)
        assert "are those of another one" in str(why_not_deploy(found, member.folder))
        (member.folder.path / "ca.crt").unlink()
        assert "lacks its keys." in str(why_not_deploy(found, member.folder))


def test_a_configuration_that_cannot_be_read_is_no_reason_to_begin(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> Config:
        return msgspec.convert({"port": "many"}, type=Config)

    monkeypatch.setattr("node.config.load", load)
    ended = member.run(str(member.answers))
    assert ended.exit_code == 1
    assert "nobody knows whether this machine is a member of a site" in ended.output


def test_who_belongs_to_nobody_may_begin(member: Member) -> None:
    (member.config.own_folder / "ca.pem").unlink()
    assert why_not_deploy(observe_here(member.config), member.folder) is None
    ended = member.run("--recover")
    assert ended.exit_code == 1
    assert "this machine is a member of no site" in ended.output


def test_a_machine_that_is_none_of_the_answers_may_deploy_others(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NodeConnector, "own", lambda *_: None)
    monkeypatch.setattr("hosted_engine.deploy.command.Teardown.plan", _nothing)
    assert "Nothing to take back" in member.run(str(member.answers), "--take-back", "--dry-run").output


async def _nothing(_: object) -> tuple[()]:
    return ()


@pytest.mark.parametrize("damage", ["", "{}", '{"version": 7}', "\x00" * 64])
def test_a_damaged_description_is_no_reason_to_begin(member: Member, damage: str) -> None:
    (member.ha / "site.json").write_text(damage)
    ended = member.run(str(member.answers))
    assert ended.exit_code == 1
    assert "node2 is a member of site lab already" in ended.output
    assert "--recover" in ended.output


def test_the_code_comes_over_a_file_descriptor(member: Member) -> None:
    reads, writes = os.pipe()
    os.write(writes, f"{member.code.lower()}\n".encode())
    os.close(writes)
    ended = member.run("--recover", "--code-fd", str(reads))
    os.close(reads)
    assert ended.exit_code == 0, ended.output
    assert f"Now run: trivet deploy {member.folder.answers_file}" in ended.output
    assert member.code not in ended.output
    assert member.folder.irreplaceable() == member.lost.irreplaceable()
    assert parse(member.folder.answers_file.read_text()) == ANSWERS
    assert all(path.stat().st_mode & 0o077 == 0 for path in member.folder.path.rglob("*") if path.is_file())
    assert member.folder.decisions(ANSWERS) == member.lost.decisions(ANSWERS)
    again = member.run("--recover", "--code-fd", "0")
    assert "holds a site already" in again.output


def test_the_code_is_asked_for_and_not_shown(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def prompt(_: str, **options: object) -> str:
        asked.append(options)
        return member.code

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("hosted_engine.deploy.recovering.click.prompt", prompt)
    monkeypatch.setattr("hosted_engine.deploy.recovering.sys", type("Sys", (), {"stdin": Terminal()}))
    assert member.run("--recover").exit_code == 0
    assert asked == [{"hide_input": True}]


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ("ABCD", "has 4 letters and digits and has to have 24"),
        ("O" * 24, "holds 'O'"),
        ("2345-6789-ABCD-EFGH-JKLM-NPQR", "does not open the recovery file of site lab"),
    ],
)
def test_another_code_is_refused_and_not_repeated(member: Member, given: str, description: str) -> None:
    reads, writes = os.pipe()
    os.write(writes, given.encode())
    os.close(writes)
    ended = member.run("--recover", "--code-fd", str(reads))
    os.close(reads)
    assert ended.exit_code == 1
    assert description in ended.output
    assert given not in ended.output
    assert not member.folder.has_decisions()


def test_without_a_terminal_and_without_a_descriptor_it_says_how(member: Member) -> None:
    ended = member.run("--recover", stdin=member.code)
    assert ended.exit_code == 1
    assert "--code-fd was not given" in ended.output
    assert "cannot be read from file descriptor 99" in member.run("--recover", "--code-fd", "99").output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--recover", "ANSWERS"), "give it no ANSWERS"),
        (("--recover", "--take-back"), "does nothing else"),
        (("--code-fd", "0", "ANSWERS"), "--code-fd belongs to --recover"),
        ((), "Missing argument"),
    ],
)
def test_mistakes_of_usage(member: Member, options: tuple[str, ...], message: str) -> None:
    ended = member.run(*(str(member.answers) if one == "ANSWERS" else one for one in options))
    assert ended.exit_code == 2
    assert message in ended.output


def test_a_dry_run_asks_for_no_code_and_brings_nothing_back(member: Member) -> None:
    ended = member.run("--recover", "--dry-run")
    assert ended.exit_code == 0
    assert "would bring back" in ended.output
    assert not member.folder.path.exists()


def test_the_code_is_shown_once_on_a_terminal_and_in_no_log(member: Member) -> None:
    told: list[str] = []
    reporter = ProgressReporter(told.append, FakeClock())
    report_code(member.lost, reporter, terminal=False)
    assert str(member.lost.recovery_code_file) in told[0]
    assert member.code not in "".join(told)
    told.clear()
    report_code(member.lost, reporter, terminal=True)
    assert member.code in told[0]
    told.clear()
    report_code(member.lost, reporter, terminal=True)
    assert told == []


def test_a_volume_that_never_answers_is_given_up() -> None:
    for_ever = threading.Event()
    assert within(0.05, for_ever.wait) is None
    for_ever.set()
    assert within(5, lambda: 7) == 7
    assert here.VOLUME_S < 60
