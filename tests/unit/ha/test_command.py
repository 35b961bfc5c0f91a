"""`trivet ha score` and `trivet ha simulate` as a user types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from installer.cli import main

VIEW = {
    "state": "engine_down",
    "network": 0.8,
    "bridge": True,
    "memory_free_mib": 8000,
    "memory_needed_mib": 16384,
    "cpu_history": [[1000, 0.4], [1005, None], [1015, 0.9]],
    "failed_starts": 2,
    "config_fresh": True,
}


def _score(view: object, *options: str) -> object:
    done = CliRunner().invoke(main, ["ha", "score", "--view", "-", *options], input=json.dumps(view))
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_view_is_rated(options: tuple[str, ...]) -> None:
    found = _score(VIEW, *options)
    assert found == {
        "score": 2581,
        "penalties": [
            {"reason": "network", "points": 319, "why": "80% of the network's probes were answered"},
            {"reason": "memory", "points": 400, "why": "8000 MiB of memory are free, the engine VM needs 16384 MiB"},
            {"reason": "failed_starts", "points": 100, "why": "2 of the last starts of the engine VM failed here"},
        ],
    }


def test_a_list_gives_a_list() -> None:
    found = _score([VIEW, VIEW | {"state": "local_maintenance"}])
    assert isinstance(found, list)
    assert [score["score"] for score in found] == [2581, 0]
    assert _score([]) == []


def test_unknown_measurements() -> None:
    found = _score(VIEW | {"network": None, "memory_free_mib": None, "cpu_history": None})
    assert isinstance(found, dict)
    assert found["score"] == 3400 - 1600 - 400 - 100


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "view.json"
    file.write_text(json.dumps(VIEW))
    assert CliRunner().invoke(main, ["ha", "score", "--view", str(file)]).exit_code == 0
    done = CliRunner().invoke(main, ["ha", "score", "--view", str(tmp_path / "none.json")])
    assert done.exit_code == 1
    assert "No such file" in done.output


@pytest.mark.parametrize(
    ("view", "path"),
    [
        (VIEW | {"state": "engine_sideways"}, "`$.state`"),
        (VIEW | {"network": 1.5}, "`$.network`"),
        (VIEW | {"bridge": "yes"}, "`$.bridge`"),
        (VIEW | {"failed_starts": -1}, "`$.failed_starts`"),
        (VIEW | {"cpu_history": [[1, 0.4], [2]]}, "`$.cpu_history[1]`"),
        (VIEW | {"cpu_history": [[1, 0.4], [2, "much"]]}, "`$.cpu_history[1][1]`"),
        ([VIEW, VIEW | {"cpu_history": [[5, 0.1], [4, 0.1]]}], "`$[1].cpu_history[1]`"),
        ([VIEW, {k: v for k, v in VIEW.items() if k != "network"}], "`network` - at `$[1]`"),
        (VIEW | {"colour": "red"}, "`colour`"),
        ("engine_down", "Expected `object`"),
    ],
)
def test_what_is_wrong_with_a_view_is_said_with_its_path(view: object, path: str) -> None:
    done = CliRunner().invoke(main, ["ha", "score", "--view", "-"], input=json.dumps(view))
    assert done.exit_code == 1
    assert path in done.output
    assert "Cannot rate the view of standard input" in done.output


def test_what_is_no_json_is_said() -> None:
    done = CliRunner().invoke(main, ["ha", "score", "--view", "-"], input="engine_down")
    assert done.exit_code == 1
    assert "malformed" in done.output


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    (tmp_path / "cluster.toml").write_text('until = 100\nprofile = "fast"\n')
    (tmp_path / "events.txt").write_text("20 vm kill  # and nothing else\n")
    return tmp_path


def test_a_scenario_is_run(scenario: Path) -> None:
    done = CliRunner().invoke(main, ["ha", "simulate", str(scenario)])
    assert done.exit_code == 0, done.output
    assert "node2/vm: started" in done.output
    (scenario / "log.expect").write_text(done.output)
    assert CliRunner().invoke(main, ["ha", "simulate", str(scenario)]).exit_code == 0
    as_json = json.loads(CliRunner().invoke(main, ["ha", "simulate", str(scenario), "--json"]).output)
    assert as_json["engine_on"] == 2
    assert as_json["as_expected"] is True
    assert as_json["violations"] == []


def test_a_log_that_differs_is_shown(scenario: Path) -> None:
    (scenario / "log.expect").write_text("nothing\n")
    done = CliRunner().invoke(main, ["ha", "simulate", str(scenario)])
    assert done.exit_code == 1
    assert "-nothing" in done.output


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("events.txt", "20 vm explode\n", "explode"),
        ("events.txt", "soon vm kill\n", "soon is not a time"),
        ("events.txt", "20 dance\n", "dance is not a known event"),
        ("events.txt", "20 power off node9\n", "power off node9"),
        ("cluster.toml", "nodes = 'three'\n", "nodes"),
        ("cluster.toml", "profile = 'slow'\n", "'slow' is no profile"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_said(scenario: Path, file: str, text: str, message: str) -> None:
    (scenario / file).write_text(text)
    done = CliRunner().invoke(main, ["ha", "simulate", str(scenario)])
    assert done.exit_code == 1
    assert message in done.output
    assert not done.exception or isinstance(done.exception, SystemExit)
