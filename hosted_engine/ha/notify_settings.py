"""Where state changes are told: one file on the engine volume, the same for every node. Holds secrets. Pure."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from hosted_engine.ha import settings_file
from hosted_engine.ha.settings_file import HOST, is_pem
from node.api.problems import Failed, Refused

NAME = "notify.json"
VERSION = 1
MOST_RECIPIENTS, MOST_PER_HOUR = 20, 200
_ADDRESS = re.compile(r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class Security(StrEnum):
    """There is no plain one."""

    STARTTLS = "starttls"
    TLS = "tls"


class Mail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`authority`: a PEM to trust instead of the system's authorities."""

    server: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = ""
    authority: str = ""


class Webhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token` goes into the header Authorization as a bearer's; the address may hold a secret as well."""

    url: str
    token: str = ""
    authority: str = ""


class NotifySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Annotated[int, msgspec.Meta(ge=1)] = VERSION
    on: bool = True
    per_hour: int = 20
    mail: Mail | None = None
    webhook: Webhook | None = None


class BadSetting(Refused):
    what = "The notifications were not set"
    why = "{name} {reason}"
    mend = "Correct it; trivet ha notify set --help shows what there is"
    status = 422


class NotifyFileDamaged(Failed):
    what = "notify.json on volume engine cannot be used"
    why = "{reason}"
    mend = "Set the notifications anew: trivet ha notify set"


def check(settings: NotifySettings) -> None:
    """Raises BadSetting, which names what is wrong."""
    for name, reason in _problems(settings):
        raise BadSetting(name=name, reason=reason)


def parse(text: bytes) -> NotifySettings:
    """Raises NotifyFileDamaged, also for one of a later version."""
    return settings_file.parse(text, NotifySettings, version=VERSION, check=check, damaged=NotifyFileDamaged)


def without_secrets(settings: NotifySettings) -> dict[str, object]:
    """For eyes: passwords and tokens are `set` or not; of a webhook's address the host alone is shown."""
    mail, webhook = settings.mail, settings.webhook
    shown: dict[str, object] = {"on": settings.on, "per_hour": settings.per_hour, "mail": None, "webhook": None}
    if mail is not None:
        shown["mail"] = msgspec.to_builtins(mail) | {"password": _hidden(mail.password)}
    if webhook is not None:
        address = f"https://{urlsplit(webhook.url).hostname}/…"
        shown["webhook"] = msgspec.to_builtins(webhook) | {"url": address, "token": _hidden(webhook.token)}
    return shown


def _problems(settings: NotifySettings) -> Iterator[tuple[str, str]]:
    if not 1 <= settings.per_hour <= MOST_PER_HOUR:
        yield "per-hour", f"has to be 1 to {MOST_PER_HOUR}"
    if settings.mail is not None:
        yield from _mail_problems(settings.mail)
    if settings.webhook is not None:
        yield from _webhook_problems(settings.webhook)


def _mail_problems(mail: Mail) -> Iterator[tuple[str, str]]:
    if not HOST.fullmatch(mail.server):
        yield "mail-server", "has to be a name or an address"
    if not 1 <= mail.port <= 65535:
        yield "mail-port", "has to be 1 to 65535"
    if not _ADDRESS.fullmatch(mail.sender):
        yield "mail-from", "has to be one address, as in trivet@example.org"
    if not 1 <= len(mail.to) <= MOST_RECIPIENTS:
        yield "mail-to", f"has to be given 1 to {MOST_RECIPIENTS} times"
    for one in mail.to:
        if not _ADDRESS.fullmatch(one):
            yield "mail-to", f"has to be an address, as in admin@example.org, which {one!r} is not"
    if bool(mail.user) != bool(mail.password):
        yield "mail-user", "needs a password, and a password a user"
    yield from _text_problems("mail-user", mail.user)
    yield from _text_problems("the mail's password", mail.password)
    yield from _authority_problems("mail-authority", mail.authority)


def _webhook_problems(webhook: Webhook) -> Iterator[tuple[str, str]]:
    if (reason := _why_not_url(webhook.url)) is not None:
        yield "the webhook's address", reason
    yield from _text_problems("the webhook's token", webhook.token)
    yield from _authority_problems("webhook-authority", webhook.authority)


def _why_not_url(url: str) -> str | None:
    """Says nothing of the address: it may be a secret."""
    if len(url) > 2000 or not url.isascii() or not url.isprintable() or " " in url:
        return "has to be up to 2000 printable characters of ASCII without spaces"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no address"
    if parts.scheme != "https":
        return "has to begin with https://: nothing is sent in the clear"
    if not host or not HOST.fullmatch(host) or port == 0:
        return "names no host"
    if parts.username is not None or parts.password is not None:
        return "may not hold a user or a password: give a token"
    return "may not hold a fragment (#)" if parts.fragment else None


def _text_problems(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Neither SMTP's logins nor HTTP's headers take anything else."""
    if len(text) > 1000 or not text.isascii() or not text.isprintable():
        yield name, "has to be up to 1000 printable characters of ASCII"


def _authority_problems(name: str, pem: str) -> Iterator[tuple[str, str]]:
    if pem and not is_pem(pem):
        yield name, "has to be a file with certificates as PEM"


def _hidden(secret: str) -> str:
    return "set" if secret else "not set"
