"""`trivet ha notify` as a user types it: no secret on the command line, in the output, or for others to read."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hosted_engine.ha import command_notify
from hosted_engine.ha.command import ha
from hosted_engine.ha.monitor import Monitor
from hosted_engine.ha.notify_file import read_settings, write_settings
from hosted_engine.ha.notify_settings import NAME, NotifyFileDamaged, NotifySettings, Security, Webhook
from hosted_engine.ha.secret_file import LastKnown
from hosted_engine.ha.senders import Envelope, NotSent
from hosted_engine.ha.site_files import format_files
from node import config
from node.config import Config
from tests.fakes.clock import FakeClock
from tests.unit.ha.test_actions import VM
from tests.unit.ha.test_command_status import SITE
from tests.unit.ha.test_notify_rules import SETTINGS

MAIL = ("--mail-server", "mail.example.org", "--mail-from", "trivet@example.org", "--mail-to", "admin@example.org")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = Config(state=str(tmp_path), name="node1")
    folder = settings.volumes / "engine/ha"
    folder.mkdir(parents=True)
    for name, text in format_files(SITE, VM).items():
        (folder / name).write_text(text)
    monkeypatch.setattr(config, "load", lambda: settings)
    return folder / NAME


@pytest.fixture
def fd() -> Iterator[str]:
    read, write = os.pipe()
    os.write(write, b"hunter2\n")
    os.close(write)
    yield str(read)
    os.close(read)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(ha, ["notify", *arguments])


def test_mail_is_set_shown_without_its_password_and_turned_off(path: Path, fd: str) -> None:
    done = run("set", *MAIL, "--mail-user", "trivet", "--mail-password-fd", fd)
    assert done.exit_code == 0, done.output
    found = read_settings(path)
    assert found.mail is not None
    assert (found.mail.password, found.mail.port, found.mail.security) == ("hunter2", 587, Security.STARTTLS)
    assert path.stat().st_mode & 0o777 == 0o600
    for output in (run("show").output, run("show", "--json").output):
        assert "mail.example.org" in output
        assert "hunter2" not in output
    assert run("off").exit_code == 0
    assert read_settings(path) == NotifySettings(on=False, mail=found.mail)
    assert "notifications are off" in run("show").output


def test_what_is_not_given_stays_as_it_is(path: Path) -> None:
    write_settings(path, SETTINGS)
    assert run("set", "--per-hour", "5", "--mail-to", "a@b.org", "--mail-to", "c@d.org").exit_code == 0
    found = read_settings(path)
    assert (found.per_hour, found.webhook) == (5, SETTINGS.webhook)
    assert found.mail is not None
    assert SETTINGS.mail is not None
    assert (found.mail.to, found.mail.password) == (("a@b.org", "c@d.org"), SETTINGS.mail.password)
    assert run("set", "--mail-security", "tls").exit_code == 0
    again = read_settings(path).mail
    assert again is not None
    assert (again.security, again.port) == (Security.TLS, 465)
    assert run("set", "--no-mail").exit_code == 0
    assert read_settings(path).mail is None


def test_another_server_does_not_get_the_password_of_the_one_before(path: Path) -> None:
    write_settings(path, SETTINGS)
    done = run("set", "--mail-server", "evil.example.org")
    assert (done.exit_code, "--mail-password-fd N" in done.output) == (1, True)
    assert read_settings(path) == SETTINGS


def test_another_webhook_does_not_get_the_token_of_the_one_before(path: Path) -> None:
    write_settings(path, SETTINGS)
    read, write = os.pipe()
    os.write(write, b"https://other.example.org/T1\n")
    os.close(write)
    assert run("set", "--webhook-url-fd", str(read)).exit_code == 0
    os.close(read)
    assert read_settings(path).webhook == Webhook(url="https://other.example.org/T1", authority="")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "neither a mail server nor a webhook"),
        (("--mail-server", "x.org"), "mail-from is needed"),
        ((*MAIL, "--mail-to", "nobody"), "mail-to has to be an address"),
        ((*MAIL, "--mail-port", "0"), "mail-port has to be"),
        ((*MAIL, "--mail-user", "trivet"), "no terminal to ask on"),
        ((*MAIL, "--mail-authority", "/nowhere"), "mail-authority cannot be read"),
        ((*MAIL, "--per-hour", "0"), "per-hour has to be"),
        (("--webhook",), "--webhook-url-fd N"),
        (("--webhook-url-fd", "999"), "webhook-url-fd cannot be read"),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_nothing_is_written(
    arguments: tuple[str, ...], message: str, path: Path
) -> None:
    done = run("set", *arguments)
    assert done.exit_code == 1
    assert message in done.output
    assert not path.exists()


def test_a_test_says_of_each_channel_whether_it_was_sent(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Envelope] = []

    def fail(_: object, envelope: Envelope) -> None:
        raise NotSent(channel="mail", reason="Connection refused")

    assert "There is nobody to tell" in run("test").output
    write_settings(path, SETTINGS)
    monkeypatch.setattr(command_notify, "send_mail", fail)
    monkeypatch.setattr(command_notify, "send_webhook", lambda _, envelope: sent.append(envelope))
    done = run("test")
    assert done.exit_code == 1
    assert "Connection refused" in done.output
    assert "webhook: sent" in done.output
    assert [(one.site, one.host) for one in sent] == [("branch-7", "node1")]
    monkeypatch.setattr(command_notify, "send_mail", lambda *_: None)
    assert json.loads(run("test", "--json").output) == {"mail": "", "webhook": ""}


def test_a_file_that_others_may_read_or_that_is_damaged_is_not_used(path: Path) -> None:
    write_settings(path, SETTINGS)
    path.chmod(0o640)
    with pytest.raises(NotifyFileDamaged, match="0640"):
        read_settings(path)
    assert run("show").exit_code == 1
    path.chmod(0o600)
    path.write_text("{")
    assert "Set the notifications anew" in run("show").output
    assert run("off").exit_code == 1
    done = run("set", *MAIL)
    assert (done.exit_code, "What was set before is dropped" in done.output) == (0, True)
    assert read_settings(path).mail is not None


def test_a_volume_that_stalls_leaves_the_last_known_settings(path: Path) -> None:
    write_settings(path, SETTINGS)
    clock = FakeClock()
    monitor = Monitor("x", lambda: read_settings(path), period_s=30, limit_s=10, monotonic=clock.monotonic)
    known = LastKnown(monitor, NotifySettings())
    assert known() == NotifySettings()
    monitor.observe()
    assert known() == SETTINGS
    path.write_text("{")
    monitor.observe()
    clock.advance(1000)
    assert known() == SETTINGS
