"""Sends one message by mail or webhook, always over TLS with a verified certificate. Blocks, and ends in time."""

import smtplib
import ssl
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import httpx
import msgspec

from hosted_engine.ha.notify_settings import Mail, Security, Webhook
from node.api.problems import Failed

STEP_S = 10.0  # one answer of the other side
DEADLINE_S = 30.0  # all of it: a server that drips would take for ever


class NotSent(Failed):
    what = "The message was not sent by {channel}"
    why = "{reason}"
    mend = "See that the server is reachable and the settings are right: trivet ha notify test"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent; as JSON, a webhook's body. `at` is wall clock."""

    site: str
    host: str
    at: float
    subject: str
    text: str


def send_mail(to: Mail, envelope: Envelope) -> None:
    """Raises NotSent."""
    in_time("mail", lambda: _mail(to, envelope), (to.password,))


def send_webhook(to: Webhook, envelope: Envelope) -> None:
    """Raises NotSent, also for every answer but a success: a redirection is not followed."""
    in_time("webhook", lambda: _post(to, envelope), (to.url, to.token))


def in_time(channel: str, send: Callable[[], None], secrets: tuple[str, ...]) -> None:
    """Raises NotSent; a thread that hangs is left behind."""
    errors: list[str] = []
    done = threading.Event()

    def run() -> None:
        try:
            send()
        except (OSError, ValueError, smtplib.SMTPException, httpx.HTTPError, httpx.InvalidURL) as err:
            errors.append(str(err) or type(err).__name__)
        except Exception as err:  # noqa: BLE001  the thread's outermost: what it says might hold a secret
            errors.append(type(err).__name__)
        finally:
            done.set()

    threading.Thread(target=run, name=channel, daemon=True).start()
    if not done.wait(DEADLINE_S):
        raise NotSent(channel=channel, reason=f"it took longer than {DEADLINE_S:.0f} s")
    if errors:
        raise NotSent(channel=channel, reason=_without(errors[0], secrets))


def format_mail(to: Mail, envelope: Envelope) -> EmailMessage:
    mail = EmailMessage()
    subject = "".join(one if one.isprintable() else " " for one in envelope.subject)
    mail["Subject"] = f"[trivet {envelope.site}] {subject}"[:200]
    mail["From"] = to.sender
    mail["To"] = ", ".join(to.to)
    mail["Date"] = formatdate(envelope.at)
    mail["Message-ID"] = make_msgid(domain=to.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{envelope.text}\n\nSite {envelope.site}, told by {envelope.host}.\n")
    return mail


def _mail(to: Mail, envelope: Envelope) -> None:
    tls = _tls(to.authority)
    with _connection(to, tls) as server:
        if to.user:
            server.login(to.user, to.password)
        refused = server.send_message(format_mail(to, envelope))
    if refused:
        raise smtplib.SMTPException(f"refused for {', '.join(refused)}")


def _connection(to: Mail, tls: ssl.SSLContext) -> smtplib.SMTP:
    if to.security is Security.TLS:
        return smtplib.SMTP_SSL(to.server, to.port, timeout=STEP_S, context=tls)
    server = smtplib.SMTP(to.server, to.port, timeout=STEP_S)
    try:
        server.starttls(context=tls)
    except BaseException:
        server.close()
        raise
    return server


def _post(to: Webhook, envelope: Envelope) -> None:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {to.token}"} if to.token else {})
    with (
        httpx.Client(verify=_tls(to.authority), timeout=STEP_S, trust_env=False, follow_redirects=False) as client,
        client.stream("POST", to.url, content=msgspec.json.encode(envelope), headers=headers) as answer,
    ):
        if not answer.is_success:
            raise OSError(f"the server answered {answer.status_code}")


def _tls(authority: str) -> ssl.SSLContext:
    """Only `authority` is trusted, when there is one."""
    return ssl.create_default_context(cadata=authority or None)


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…") if secret else text
    return text
