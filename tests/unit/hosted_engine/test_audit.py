"""The command line that shows who did what from where."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from hosted_engine import audit, config
from hosted_engine.config import Config
from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.users.model import SYSTEM, Caller
from tests.fakes.engine import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings = Config(state=str(tmp_path))
    monkeypatch.setattr(config, "load", lambda: settings)
    world = World(url=settings.database)
    admin = Caller(user_id=world.caller.user_id, user_name="admin@internal", address="192.0.2.7", session_id="abc")
    stranger = Caller(user_id=None, user_name="jane@corp", address="192.0.2.66")
    with world.store.transaction() as tx:
        tried = (2e9, stranger, "User jane@corp tried")
        for at, caller, reason in ((1e9, admin, "early"), (2e9, admin, "late"), tried):
            context = Context(caller, job_id="", correlation_id="c-1", now=at)
            emit(tx, context, EventType.EXTERNAL_EVENT_NORMAL, reason=reason)
        emit(tx, Context(SYSTEM, "", "", 2e9), EventType.EXTERNAL_EVENT_NORMAL, reason="by itself")
    return world


def lines(*argv: str) -> list[str]:
    result = CliRunner().invoke(audit.main, argv)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_a_line_says_when_who_from_where_in_which_session_and_what(world: World) -> None:
    assert lines("--last", "2") == [
        "2033-05-18 03:33:20  admin@internal  192.0.2.7  abc  c-1  EXTERNAL_EVENT_NORMAL  late",
        "2033-05-18 03:33:20  -  192.0.2.66  -  c-1  EXTERNAL_EVENT_NORMAL  User jane@corp tried",
    ]


@pytest.mark.parametrize(
    ("argv", "last_parts"),
    [
        (("--user", "admin@internal"), ["early", "late"]),
        (("--user", "jane@corp"), ["tried"]),
        (("--address", "192.0.2.7"), ["early", "late"]),
        (("--session", "abc", "--since", "2020-01-01"), ["late"]),
        (("--since", "2034-01-01T00:00"), []),
        ((), ["early", "late", "tried"]),
    ],
)
def test_what_is_asked_for_is_shown(world: World, argv: tuple[str, ...], last_parts: list[str]) -> None:
    assert [line.split()[-1] for line in lines(*argv)] == last_parts


def test_a_wrong_date_is_said(world: World) -> None:
    result = CliRunner().invoke(audit.main, ("--since", "yesterday"))
    assert (result.exit_code, "is no date" in result.output) == (2, True)
