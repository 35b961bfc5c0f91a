"""`trivet join`: nobody is asked before the engine's words were compared; what is asked for is on the disk."""

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from node.clock import SystemClock
from node.config import Config
from node.fingerprint import format_proquints
from node.registration import command
from node.registration.credentials import AUTHORITY, CERTIFICATE, load_key, new_key_pem, self_signed_pem
from node.registration.join_files import JoinFiles, JoinState, JoinStatus
from node.tls import certificate_fingerprint
from tests.unit.node.tls_port import presenting

Run = Callable[..., Result]


def certificate(name: str) -> tuple[bytes, str]:
    from datetime import UTC, datetime

    key = new_key_pem()
    return key, self_signed_pem(load_key(key), name, ["127.0.0.1"], datetime.fromtimestamp(SystemClock().now(), UTC))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    settings = Config(state=str(tmp_path), scratch=str(tmp_path))
    settings.own_folder.mkdir()
    (settings.own_folder / CERTIFICATE).write_text(certificate("node4")[1])
    monkeypatch.setattr("node.config.load", lambda: settings)
    return settings


@pytest.fixture
def files(settings: Config) -> JoinFiles:
    return JoinFiles(settings.own_folder, Path(settings.scratch))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """Its port and its fingerprint."""
    key, pem = certificate("engine")
    (tmp_path / "engine.pem").write_bytes(key + pem.encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "engine.pem")
    with presenting(context) as port:
        yield port, certificate_fingerprint(pem)


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(command.join, arguments, input=typed)


def test_words_and_digits_are_both_good(engine: tuple[int, str], files: JoinFiles) -> None:
    port, fingerprint = engine
    colons = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    for said in (format_proquints(fingerprint), format_proquints(fingerprint).replace("-", " "), fingerprint, colons):
        result = run("127.0.0.1", "--port", str(port), "--fingerprint", said, "--no-wait")
        assert result.exit_code == 0, result.output
        wanted = files.wanted()
        assert wanted is not None
        assert (wanted.engine, wanted.port, wanted.fingerprint) == ("127.0.0.1", port, fingerprint)
        files.forget()


def test_another_key_than_the_one_that_was_said_is_not_asked(engine: tuple[int, str], files: JoinFiles) -> None:
    """That is what a machine in between looks like."""
    port, fingerprint = engine
    for said in (format_proquints("0" * 64), "0" * 64):
        result = run("127.0.0.1", "--port", str(port), "--fingerprint", said, "--no-wait")
        assert result.exit_code == 2
        assert format_proquints(fingerprint) in result.output
        assert "another machine may have answered" in result.output
    assert files.wanted() is None


def test_without_a_terminal_somebody_has_to_give_the_words(engine: tuple[int, str], files: JoinFiles) -> None:
    result = run("127.0.0.1", "--port", str(engine[0]), "--no-wait", typed="y\n")
    assert result.exit_code == 2
    assert "nobody has confirmed the engine's words" in result.output
    assert files.wanted() is None


@pytest.mark.parametrize(("answer", "asked"), [(True, True), (False, False)])
def test_at_a_terminal_somebody_compares(answer: bool, asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.confirm", lambda *_, **__: answer)
    if asked:
        command.confirm("a", "b", ask=True)
    else:
        with pytest.raises(command.NotAsked):
            command.confirm("a", "b", ask=True)


def test_a_dry_run_shows_both_sides_and_asks_nobody(
    engine: tuple[int, str], files: JoinFiles, settings: Config
) -> None:
    port, fingerprint = engine
    result = run("127.0.0.1", "--port", str(port), "--dry-run", "--json")
    own = certificate_fingerprint((settings.own_folder / CERTIFICATE).read_text())
    assert json.loads(result.output) == {
        "engine": "127.0.0.1",
        "engine_words": format_proquints(fingerprint),
        "words": format_proquints(own),
        "state": "dry-run",
    }
    assert files.wanted() is None


def test_asking_again_goes_on_with_the_same_attempt(engine: tuple[int, str], files: JoinFiles) -> None:
    port, fingerprint = engine
    attempts = set()
    for _ in range(2):
        run("127.0.0.1", "--port", str(port), "--fingerprint", fingerprint, "--no-wait")
        wanted = files.wanted()
        assert wanted is not None
        attempts.add(wanted.attempt)
    assert len(attempts) == 1


def test_it_can_be_cancelled(engine: tuple[int, str], files: JoinFiles) -> None:
    port, fingerprint = engine
    run("127.0.0.1", "--port", str(port), "--fingerprint", fingerprint, "--no-wait")
    assert run("--cancel").exit_code == 0
    assert files.wanted() is None


def test_a_node_of_a_site_asks_nobody(engine: tuple[int, str], files: JoinFiles, settings: Config) -> None:
    (settings.own_folder / AUTHORITY).write_text("pem")
    result = run("127.0.0.1", "--port", str(engine[0]), "--fingerprint", engine[1])
    assert result.exit_code == 2
    assert "belongs to a site already" in result.output
    assert files.wanted() is None


@pytest.mark.parametrize(("state", "code"), [(JoinState.REJECTED, 1), (JoinState.EXPIRED, 1)])
def test_what_the_engine_decided_ends_the_waiting(
    state: JoinState, code: int, engine: tuple[int, str], files: JoinFiles
) -> None:
    port, fingerprint = engine
    wanted = files.want("127.0.0.1", port, fingerprint)
    files.note(JoinStatus(attempt=wanted.attempt, state=state, detail="because"))
    result = run("127.0.0.1", "--port", str(port), "--fingerprint", fingerprint, "--json")
    assert result.exit_code == code
    assert json.loads(result.output)["state"] == state


CODE = "ABCD-EFGH-JKLM-NPQR-STUV"


def run_with_code(engine: tuple[int, str], code: str, *more: str) -> Result:
    return run("127.0.0.1", "--port", str(engine[0]), "--code-fd", "0", "--no-wait", *more, typed=f"{code}\n")


def test_a_join_code_comes_through_a_file_descriptor(
    engine: tuple[int, str], files: JoinFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "secret", lambda *_: f"{CODE}\n")
    first = run_with_code(engine, CODE, "--fingerprint", engine[1])
    assert first.exit_code == 0, first.output
    assert CODE not in first.output
    wanted = files.wanted()
    assert wanted is not None
    assert wanted.join_code == CODE
    assert (files._wanted.stat().st_mode & 0o777) == 0o600
    run_with_code(engine, CODE, "--fingerprint", engine[1])
    assert files.wanted() == wanted
    run("127.0.0.1", "--port", str(engine[0]), "--fingerprint", engine[1], "--no-wait")
    assert files.wanted() == wanted  # asking without it takes none away


def test_another_code_is_another_attempt(engine: tuple[int, str], files: JoinFiles) -> None:
    first = files.want("127.0.0.1", engine[0], engine[1], CODE)
    second = files.want("127.0.0.1", engine[0], engine[1], CODE.replace("A", "Z"))
    assert first.attempt != second.attempt


def test_a_code_is_given_to_no_engine_that_is_not_known(
    engine: tuple[int, str], files: JoinFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "secret", lambda *_: CODE)
    result = run_with_code(engine, CODE)
    assert result.exit_code == 2
    assert "goes only to an engine that is known" in result.output
    result = run_with_code(engine, CODE, "--fingerprint", "0" * 64)
    assert result.exit_code == 2
    assert files.wanted() is None


def test_what_is_no_join_code_is_refused_and_not_shown(
    engine: tuple[int, str], files: JoinFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "secret", lambda *_: "hunter2")
    result = run_with_code(engine, "", "--fingerprint", engine[1])
    assert result.exit_code == 2
    assert "hunter2" not in result.output
    assert files.wanted() is None


@pytest.mark.parametrize("given", ["lusab", "12:34", "x" * 64])
def test_what_is_no_fingerprint_is_refused(given: str, engine: tuple[int, str], files: JoinFiles) -> None:
    result = run("127.0.0.1", "--port", str(engine[0]), "--fingerprint", given)
    assert result.exit_code == 2
    assert "has to be four words" in result.output


def test_an_engine_that_does_not_answer_is_said(settings: Config) -> None:
    from tests.ports import free_port

    result = run("127.0.0.1", "--port", str(free_port()), "--dry-run")
    assert result.exit_code == 2
    assert "does not answer" in result.output
