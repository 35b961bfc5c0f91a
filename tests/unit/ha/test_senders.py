"""Mail and webhook over real sockets of this machine: verified TLS or nothing, in time or not at all."""

import http.server
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from hosted_engine.authority import make_authority, make_pair
from hosted_engine.ha import senders
from hosted_engine.ha.notifier import Channel, Notifier, Sender
from hosted_engine.ha.notify_settings import Mail, NotifySettings, Security, Webhook
from hosted_engine.ha.observe import first_view
from hosted_engine.ha.senders import Envelope, NotSent, format_mail, send_mail, send_webhook
from hosted_engine.ha.states import Action, State
from hosted_engine.ha.view import Decision
from node.api.messages.identity import Role
from tests.fakes.mail_server import FakeMailServer

AUTHORITY, STRANGER = make_authority("branch-7"), make_authority("somebody else")
ENVELOPE = Envelope(site="branch-7", host="node1", at=1000.0, subject="The engine is up\r\nBcc: x@y", text="It is up")


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    pair = make_pair(AUTHORITY, Role.ENGINE, "server", names=["127.0.0.1"])
    (tmp_path / "crt").write_text(pair.certificate)
    (tmp_path / "key").write_text(pair.key)
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    return made


def mail(server: FakeMailServer, security: Security = Security.STARTTLS) -> Mail:
    return Mail(
        server="127.0.0.1",
        port=server.port,
        security=security,
        sender="trivet@example.org",
        to=("a@example.org", "b@example.org"),
        user="trivet",
        password="hunter2",
        authority=AUTHORITY.certificate,
    )


@pytest.mark.parametrize("security", list(Security))
def test_a_mail_is_sent_after_a_login_over_tls(security: Security, tls: ssl.SSLContext) -> None:
    server = FakeMailServer(tls, from_the_start=security is Security.TLS)
    send_mail(mail(server, security), ENVELOPE)
    (sent,) = server.mails
    assert "Subject: [trivet branch-7] The engine is up  Bcc: x@y" in sent
    assert "To: a@example.org, b@example.org" in sent
    assert "It is up" in sent
    assert server.logins == ["\0trivet\0hunter2"]
    assert {line.split()[0] for line in server.in_the_clear} <= {"ehlo", "STARTTLS"}
    server.close()


def test_nothing_is_sent_to_a_server_without_starttls(tls: ssl.SSLContext) -> None:
    server = FakeMailServer(tls, offers_starttls=False)
    with pytest.raises(NotSent, match="STARTTLS"):
        send_mail(mail(server), ENVELOPE)
    assert (server.mails, server.logins) == ([], [])
    server.close()


@pytest.mark.parametrize("authority", ["", STRANGER.certificate])
def test_nothing_is_sent_to_a_mail_server_that_nobody_vouches_for(authority: str, tls: ssl.SSLContext) -> None:
    server = FakeMailServer(tls)
    with pytest.raises(NotSent, match="certificate verify failed"):
        send_mail(replace(mail(server), authority=authority), ENVELOPE)
    assert (server.mails, server.logins) == ([], [])
    server.close()


def test_a_wrong_password_is_said_without_it(tls: ssl.SSLContext) -> None:
    server = FakeMailServer(tls)
    with pytest.raises(NotSent, match="535") as caught:
        send_mail(replace(mail(server), password="wrong-one"), ENVELOPE)
    assert "wrong-one" not in str(caught.value)
    server.close()


def test_a_server_that_says_nothing_is_given_up_in_time(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeMailServer(tls, unresponsive=True)
    monkeypatch.setattr(senders, "DEADLINE_S", 0.05)
    with pytest.raises(NotSent, match="took longer"):
        send_mail(mail(server), ENVELOPE)
    server.close()


def test_a_subject_is_short_and_in_one_line() -> None:
    to = Mail(server="x", port=587, security=Security.TLS, sender="a@b.org", to=("c@d.org",))
    found = format_mail(to, replace(ENVELOPE, subject="x" * 1000 + "\n"))
    assert len(found["Subject"]) == 200


class Hook(http.server.BaseHTTPRequestHandler):
    status = 200
    taken: list[tuple[str | None, object]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).taken.append((self.headers.get("Authorization"), json.loads(body)))
        self.send_response(self.status)
        self.send_header("Location", "https://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def hook(tls: ssl.SSLContext) -> Iterator[Callable[[], Webhook]]:
    Hook.taken, Hook.status = [], 200
    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}/secret-path"
    yield lambda: Webhook(url=url, token="t0ken", authority=AUTHORITY.certificate)
    server.shutdown()
    server.server_close()


def test_a_webhook_gets_json_and_its_token(hook: Callable[[], Webhook]) -> None:
    send_webhook(hook(), ENVELOPE)
    body = {"site": "branch-7", "host": "node1", "at": 1000.0, "subject": ENVELOPE.subject, "text": "It is up"}
    assert Hook.taken == [("Bearer t0ken", body)]


@pytest.mark.parametrize("status", [301, 307, 403, 500])
def test_any_other_answer_is_no_success_and_no_redirection_is_followed(
    status: int, hook: Callable[[], Webhook]
) -> None:
    Hook.status = status
    with pytest.raises(NotSent, match=f"answered {status}") as caught:
        send_webhook(hook(), ENVELOPE)
    assert "secret-path" not in str(caught.value)
    assert len(Hook.taken) == 1


def test_nothing_is_posted_where_nobody_vouches_for_the_server(hook: Callable[[], Webhook]) -> None:
    with pytest.raises(NotSent, match="certificate verify failed"):
        send_webhook(replace(hook(), authority=""), ENVELOPE)
    assert Hook.taken == []


def test_a_port_that_nobody_listens_on_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotSent, match="webhook"):
        send_webhook(Webhook(url=f"https://127.0.0.1:{port}/secret-path"), ENVELOPE)


def test_a_dead_channel_holds_up_neither_the_loop_nor_the_other() -> None:
    never, sent = threading.Event(), threading.Event()
    settings = NotifySettings(webhook=Webhook(url="https://hooks.example.org/"))

    def hang(_: NotifySettings, envelope: Envelope) -> None:
        never.wait()

    dead = Channel("mail", hang, lambda: settings)
    well = Channel("webhook", lambda *_: sent.set(), lambda: settings)
    notifier = Notifier(Sender("branch-7", "node1"), {1: "node1"}, lambda: settings, (dead, well))
    view = first_view(1, 0.0)
    for number, state in enumerate([State.ENGINE_DOWN, State.ENGINE_UP, *[State.ENGINE_STOP, State.ENGINE_UP] * 500]):
        decision = Decision(state=state, action=Action.NONE, reason=f"a test {number}")
        notifier.note(view, decision, cluster_block="good", failover=None, at=0.0)
    assert sent.wait(60)
    never.set()


def test_a_message_is_tried_again_and_given_up_and_the_next_one_sent(caplog: pytest.LogCaptureFixture) -> None:
    tried: list[str] = []
    done = threading.Event()

    def send(_: NotifySettings, envelope: Envelope) -> None:
        tried.append(envelope.subject)
        if envelope.subject == "second":
            done.set()
        else:
            raise NotSent(channel="mail", reason="Connection refused")

    channel = Channel("mail", send, NotifySettings, tries_s=(0.0, 0.0, 0.0))
    channel.put(replace(ENVELOPE, subject="first"))
    channel.put(replace(ENVELOPE, subject="second"))
    assert done.wait(60)
    assert tried == ["first"] * 3 + ["second"]
    assert "mail: not sent: first" in caplog.text


def test_notifications_that_are_off_send_nothing() -> None:
    asked, tried = threading.Event(), threading.Event()

    def settings() -> NotifySettings:
        asked.set()
        return NotifySettings(on=False)

    channel = Channel("mail", lambda *_: tried.set(), settings)
    channel.put(ENVELOPE)
    assert asked.wait(60)
    assert not tried.is_set()
