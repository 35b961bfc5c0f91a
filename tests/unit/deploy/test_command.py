"""Whoever runs the command sees what is done, how long it takes and what it waits for; errors are sentences."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from gluster.report import StorageReport, make_report
from hosted_engine.deploy import answers as answers_file
from hosted_engine.deploy.answers import NodeAnswers
from hosted_engine.deploy.bring_up import end_lines, report_end
from hosted_engine.deploy.command import deploy
from hosted_engine.deploy.connector import NodeConnector
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.plan import Kind, PlannedStep
from hosted_engine.deploy.progress import ProgressReporter
from hosted_engine.deploy.run import Done
from hosted_engine.deploy.teardown import Teardown
from node.api.contract import NodeApi
from node.api.problems import NodeNonResponsive
from node.steps import Mark, Progress, Step
from tests.fakes.clock import FakeClock
from tests.fakes.pool import whole_pool, with_brick
from tests.unit.deploy.test_answers import three


async def nothing() -> None:
    return None


STEP = Step("lease", "Make the lease", nothing)


@pytest.fixture
def reported() -> list[str]:
    return []


def test_steps_are_told_with_their_times(reported: list[str]) -> None:
    clock = FakeClock()
    reporter = ProgressReporter(reported.append, clock)
    clock.advance(61)
    reporter.step(Progress(3, 17, STEP, Mark.STARTED))
    clock.advance(2.5)
    reporter.step(Progress(3, 17, STEP, Mark.DONE))
    assert reported == ["  1:01  [3/17] Make the lease", "  1:03  [3/17] Make the lease: done in 2.5 s"]


def test_a_long_step_is_told_again_with_what_it_waits_for(reported: list[str]) -> None:
    clock = FakeClock()
    reporter = ProgressReporter(reported.append, clock)
    reporter.step(Progress(3, 17, STEP, Mark.STARTED))
    reporter.wait("node2 is silent")
    clock.advance(4)
    reporter.report_wait()
    clock.advance(2)
    reporter.report_wait()
    reporter.report_wait()
    assert reported[1:] == ["  0:06  [3/17] Make the lease … 6 s: node2 is silent"]


def test_the_same_as_json(reported: list[str]) -> None:
    ProgressReporter(reported.append, FakeClock(), as_json=True).step(Progress(3, 17, STEP, Mark.STARTED))
    assert json.loads(reported[0]) == {
        "elapsed_s": 0.0,
        "says": "[3/17] Make the lease",
        "step": "lease",
        "mark": "started",
    }


def test_wrong_answers_end_with_sentences_and_nothing_is_made(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(three(nic="a b"))
    answers.chmod(0o600)
    ended = CliRunner().invoke(deploy, [str(answers), "--folder", str(tmp_path / "site")])
    assert ended.exit_code == 1
    assert 'nodes[1].nic: "a b" holds what an interface\'s name may not' in ended.output
    assert not (tmp_path / "site").exists()


class Nobody(NodeConnector):
    """The nodes of these tests are switched off."""

    @asynccontextmanager
    async def unclaimed(self, node: NodeAnswers) -> AsyncIterator[NodeApi]:
        raise NodeNonResponsive(node=node.name, request="for its certificate", reason="it is switched off")
        yield


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hosted_engine.deploy.command.NodeConnector", Nobody)


def test_a_dry_run_says_all_steps_and_makes_nothing(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(three())
    answers.chmod(0o600)
    ended = CliRunner().invoke(deploy, [str(answers), "--folder", str(tmp_path / "site"), "--dry-run"])
    assert ended.exit_code == 0, ended.output
    assert "would do: Make volume engine (volume:engine)" in ended.output
    assert "28 steps to do" in ended.output
    assert not (tmp_path / "site").exists()


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.toml"
    path.write_text(three())
    path.chmod(0o600)
    return path


def test_yes_alone_is_a_mistake_of_usage(answers: Path) -> None:
    ended = CliRunner().invoke(deploy, [str(answers), "--yes"])
    assert ended.exit_code == 2
    assert "--yes belongs to --take-back" in ended.output


def test_where_nothing_was_deployed_there_is_nothing_to_take_back(answers: Path, tmp_path: Path) -> None:
    for options in (["--dry-run"], ["--yes"], []):
        ended = CliRunner().invoke(deploy, [str(answers), "--folder", str(tmp_path / "s"), "--take-back", *options])
        assert ended.exit_code == 0, ended.output
        assert "Nothing to take back" in ended.output


class Planned(Teardown):
    """Has one step to take back, and says when it is run."""

    async def plan(self) -> tuple[PlannedStep, ...]:
        return (PlannedStep(Kind.VOLUME, "volume:data", "Delete volume data", ("node1",), "data"),)

    async def run(self) -> tuple[PlannedStep, ...]:
        raise AssertionError("it was run")


def test_without_a_terminal_and_without_yes_nothing_is_taken_back(
    answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hosted_engine.deploy.command.Teardown", Planned)
    taking_back = [str(answers), "--folder", str(tmp_path / "s"), "--take-back"]
    ended = CliRunner().invoke(deploy, taking_back)
    assert ended.exit_code == 1
    assert "would do: Delete volume data (volume:data)" in ended.output
    assert "deletes node3:/bricks/data/brick" in ended.output
    assert "no terminal to ask on, and --yes was not given" in ended.output
    assert "it was run" in str(CliRunner().invoke(deploy, [*taking_back, "--yes"]).exception)


@pytest.mark.parametrize(("options", "description"), [([], "--take-back"), (["--take-back"], "goes on taking back")])
def test_stopped_by_hand_it_says_what_can_be_done_now(
    answers: Path, options: list[str], description: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hosted_engine.deploy.command.answers_file.read", stop)
    ended = CliRunner().invoke(deploy, [str(answers), *options])
    assert ended.exit_code == 1
    assert "Stopped. Run it again" in ended.output
    assert description in ended.output


@pytest.mark.parametrize(
    ("steps", "storage", "last"),
    [
        ((), make_report(whole_pool()), "Nothing to do: the site is as it should be"),
        (
            (PlannedStep(Kind.LEASE, "lease", "Make the lease", ("node1",)),),
            make_report(whole_pool()),
            "The site is up",
        ),
        (
            (),
            make_report(with_brick(whole_pool(), 1, online=False)),
            "The site is up, but its storage is degraded: see above",
        ),
        ((), None, "The site is up; no node says how its storage is"),
    ],
)
def test_the_end_says_how_the_storage_is(
    steps: tuple[PlannedStep, ...], storage: StorageReport | None, last: str
) -> None:
    lines = end_lines(Done(steps, (), storage))
    assert lines[-1] == last
    text = "\n".join(lines)
    assert ("gluster volume start data force" in text) == ("degraded" in last)


def test_a_terminal_gets_the_recovery_code_also_when_the_run_that_made_it_was_cut_short(
    tmp_path: Path, reported: list[str]
) -> None:
    folder, nothing_left = Folder(tmp_path), Done((), (), None)
    reporter, answers = ProgressReporter(reported.append, FakeClock()), answers_file.parse(three())
    report_end(nothing_left, answers, folder, reporter, terminal=False)
    assert "recovery" not in "".join(reported)
    for shown in (1, 1):
        report_end(nothing_left, answers, folder, reporter, terminal=True)
        assert sum(folder.recovery_code() in line for line in reported) == shown
