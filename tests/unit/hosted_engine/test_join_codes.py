"""The command line for join codes and serial numbers that are approved beforehand."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hosted_engine import config, join_codes
from hosted_engine.config import Config
from hosted_engine.engine.nodes.joining.preapprovals import Preapproval, hash_code
from node.fingerprint import format_proquints
from node.join_code import why_not_join_code
from node.tls import certificate_fingerprint
from tests.fakes.engine import ENGINE_PAIR, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings = Config(state=str(tmp_path))
    settings.certificate.write_text(ENGINE_PAIR.certificate)
    monkeypatch.setattr(config, "load", lambda: settings)
    return World(url=settings.database)


def run(*argv: str) -> Result:
    return CliRunner().invoke(join_codes.main, argv)


def lines(*argv: str) -> dict[str, str]:
    result = run(*argv)
    assert result.exit_code == 0, result.output
    return dict(line.split(": ", 1) for line in result.output.splitlines())


def test_a_code_is_shown_once_with_the_engines_words(world: World) -> None:
    said = lines("add", "--hours", "2")
    assert why_not_join_code(said["code"]) is None
    assert said["engine's words"] == format_proquints(certificate_fingerprint(ENGINE_PAIR.certificate))
    with world.store.transaction() as tx:
        (made,) = tx.of(Preapproval).list()
        (event,) = tx.events.list()
    assert made.value == hash_code(said["code"])
    assert made.expires_at - made.created_at == 2 * 3600
    assert made.id in event.description
    shown = run("list").output
    assert said["id"] in shown
    assert "waiting" in shown
    assert said["code"] not in shown


def test_a_serial_number_is_shown_and_revoked(world: World) -> None:
    said = lines("add-serial", "ABC123", "--cluster", "Default")
    assert "abc123" in run("list").output
    assert run("revoke", said["id"]).exit_code == 0
    assert run("list").output == ""
    result = run("revoke", said["id"])
    assert result.exit_code == 1
    assert "There is no join code" in result.output


@pytest.mark.parametrize("argv", [("add", "--cluster", "nowhere"), ("add-serial", "None"), ("add", "--hours", "0")])
def test_what_cannot_be_is_refused_and_nothing_is_made(argv: tuple[str, ...], world: World) -> None:
    assert run(*argv).exit_code != 0
    with world.store.transaction() as tx:
        assert tx.of(Preapproval).count() == 0
