"""`trivet ha notify`: to whom state changes are told. No secret is taken from the command line or shown."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from hosted_engine.ha.command_arguments import as_json_option, asked, read_text
from hosted_engine.ha.notify_settings import (
    BadSetting,
    Mail,
    NotifyFileDamaged,
    NotifySettings,
    Security,
    Webhook,
    without_secrets,
)
from hosted_engine.ha.senders import Envelope, NotSent, send_mail, send_webhook
from hosted_engine.ha.site_reader import SiteReader
from node import config
from node.api.problems import Refused
from node.secret_prompt import secret

PORTS = {Security.STARTTLS: 587, Security.TLS: 465}


class NothingSet(Refused):
    what = "There is nobody to tell"
    why = "neither a mail server nor a webhook is set"
    mend = "Set one: trivet ha notify set --help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The options of `set`; None is left as it is."""

    mail_server: str | None
    mail_port: int | None
    mail_security: str | None
    mail_from: str | None
    mail_to: tuple[str, ...]
    mail_user: str | None
    mail_password_fd: int | None
    mail_authority: Path | None
    no_mail: bool
    webhook: bool
    webhook_url_fd: int | None
    webhook_token_fd: int | None
    webhook_authority: Path | None
    no_webhook: bool
    per_hour: int | None


@click.group()
def notify() -> None:
    """Tell state changes of the engine's high availability by mail and webhook."""


@notify.command()
@as_json_option
def show(as_json: bool) -> None:
    """Show the settings, without secrets."""
    found = without_secrets(asked(_site_reader().notify_settings))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    click.echo(f"notifications are {'on' if found['on'] else 'off'}, at most {found['per_hour']} an hour")
    for channel in ("mail", "webhook"):
        parts = found[channel]
        if not isinstance(parts, dict):
            click.echo(f"{channel}: not set")
            continue
        click.echo(f"{channel}:")
        for name, value in parts.items():
            shown = ", ".join(value) if isinstance(value, list | tuple) else value
            click.echo(f"  {name}: {'given' if name == 'authority' and value else shown}")


@notify.command(name="set")
@click.option("--mail-server", metavar="NAME")
@click.option("--mail-port", type=int, help="587 for starttls, 465 for tls by default.")
@click.option("--mail-security", type=click.Choice([one.value for one in Security]), help="starttls by default.")
@click.option("--mail-from", metavar="ADDRESS")
@click.option("--mail-to", multiple=True, metavar="ADDRESS", help="May be given again and again.")
@click.option("--mail-user", metavar="NAME", help='The password is asked for; "" for none.')
@click.option("--mail-password-fd", type=int, metavar="N", help="Read the password from this file descriptor.")
@click.option("--mail-authority", type=click.Path(path_type=Path), help="PEM to trust instead of the system's.")
@click.option("--no-mail", is_flag=True)
@click.option("--webhook", is_flag=True, help="Ask for the webhook's address and token.")
@click.option("--webhook-url-fd", type=int, metavar="N", help="Read the address from this file descriptor.")
@click.option("--webhook-token-fd", type=int, metavar="N", help="Read the bearer's token from this one.")
@click.option("--webhook-authority", type=click.Path(path_type=Path), help="PEM to trust instead of the system's.")
@click.option("--no-webhook", is_flag=True)
@click.option("--per-hour", type=int, help="At most so many messages; the rest is summed up.")
@as_json_option
def set_(as_json: bool, **options: Any) -> None:
    """Set where to tell, for the whole site, and turn it on. What is not given stays as it is."""
    site, wanted = _site_reader(), Wanted(**options)
    settings = asked(lambda: merged(_known(site), wanted))
    asked(lambda: site.set_notify_settings(settings))
    shown = msgspec.json.encode(without_secrets(settings)) if as_json else "Notifications are on"
    click.echo(shown)


@notify.command()
@as_json_option
def off(as_json: bool) -> None:
    """Tell nobody any more; the settings are kept."""
    site = _site_reader()
    settings = asked(site.notify_settings)
    asked(lambda: site.set_notify_settings(msgspec.structs.replace(settings, on=False)))
    click.echo(msgspec.json.encode({"on": False}) if as_json else "Notifications are off")


@notify.command()
@as_json_option
def test(as_json: bool) -> None:
    """Send a message from this node now, also while notifications are off."""
    site = _site_reader()
    settings = asked(site.notify_settings)
    envelope = Envelope(
        site=asked(site.site_name),
        host=config.load().node_name,
        at=time.time(),
        subject="A test",
        text="This is a test of the notifications: nothing has happened.",
    )
    mail, webhook = settings.mail, settings.webhook
    results = {}
    if mail is not None:
        results["mail"] = _result(lambda: send_mail(mail, envelope))
    if webhook is not None:
        results["webhook"] = _result(lambda: send_webhook(webhook, envelope))
    if not results:
        raise click.ClickException(str(NothingSet()))
    if as_json:
        click.echo(msgspec.json.encode(results))
    else:
        for channel, result in results.items():
            click.echo(f"{channel}: {result or 'sent'}")
    if any(results.values()):
        raise SystemExit(1)


def _known(site: SiteReader) -> NotifySettings:
    """A damaged file is set anew."""
    try:
        return site.notify_settings()
    except NotifyFileDamaged as err:
        click.echo(f"What was set before is dropped: {err.text.why}", err=True)
        return NotifySettings()


def merged(known: NotifySettings, wanted: Wanted) -> NotifySettings:
    """Asks for the secrets that are needed. Raises BadSetting, NoSecret, SecretUnreadable, NothingSet."""
    settings = NotifySettings(
        on=True,
        per_hour=known.per_hour if wanted.per_hour is None else wanted.per_hour,
        mail=None if wanted.no_mail else _mail(known.mail, wanted),
        webhook=None if wanted.no_webhook else _webhook(known.webhook, wanted),
    )
    if settings.mail is None and settings.webhook is None and not (wanted.no_mail or wanted.no_webhook):
        raise NothingSet
    return settings


def _mail(known: Mail | None, wanted: Wanted) -> Mail | None:
    given = (wanted.mail_server, wanted.mail_from, wanted.mail_to or None, wanted.mail_user, wanted.mail_security)
    others = (wanted.mail_port, wanted.mail_password_fd, wanted.mail_authority)
    if all(one is None for one in (*given, *others)):
        return known
    if known is None and (missing := [name for name, one in zip(_NEEDED, given[:3], strict=True) if one is None]):
        raise BadSetting(name=missing[0], reason="is needed")
    base = known or Mail(server="", port=PORTS[Security.STARTTLS], security=Security.STARTTLS, sender="", to=())
    security = Security(wanted.mail_security or base.security)
    port = base.port if known is not None and security is base.security else PORTS[security]
    server = wanted.mail_server or base.server
    user = base.user if wanted.mail_user is None else wanted.mail_user
    keeps = (server, user) == (base.server, base.user) and wanted.mail_password_fd is None  # no other server gets it
    return Mail(
        server=server,
        port=port if wanted.mail_port is None else wanted.mail_port,
        security=security,
        sender=wanted.mail_from or base.sender,
        to=wanted.mail_to or base.to,
        user=user,
        password=base.password if keeps else _password(user, wanted.mail_password_fd),
        authority=base.authority if wanted.mail_authority is None else _text(wanted.mail_authority, "mail-authority"),
    )


_NEEDED = ("mail-server", "mail-from", "mail-to")


def _password(user: str, fd: int | None) -> str:
    if not user and fd is None:
        return ""
    return secret("The password of the mail user", "--mail-password-fd", fd)


def _webhook(known: Webhook | None, wanted: Wanted) -> Webhook | None:
    base = known or Webhook(url="")
    url, token, authority = base.url, base.token, base.authority
    if wanted.webhook or wanted.webhook_url_fd is not None:
        url, token = secret("The webhook's address", "--webhook-url-fd", wanted.webhook_url_fd), ""
    if wanted.webhook_token_fd is not None:
        token = secret("The webhook's token", "--webhook-token-fd", wanted.webhook_token_fd)
    elif wanted.webhook and sys.stdin.isatty():
        token = click.prompt("The webhook's token (empty for none)", hide_input=True, default="", show_default=False)
    if wanted.webhook_authority is not None:
        authority = _text(wanted.webhook_authority, "webhook-authority")
    if not url and (token or authority):
        raise BadSetting(name="the webhook's address", reason="is needed: --webhook or --webhook-url-fd")
    return Webhook(url=url, token=token, authority=authority) if url else None


def _text(path: Path, name: str) -> str:
    return read_text(path, lambda reason: BadSetting(name=name, reason=reason))


def _result(send: Callable[[], None]) -> str:
    """Nothing, or why it was not sent."""
    try:
        send()
    except NotSent as err:
        return str(err)
    return ""


def _site_reader() -> SiteReader:
    return SiteReader(config.load())
