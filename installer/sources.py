"""Where an unattended installation has its answers from, as the kernel's command line says it. Pure.

`trivet.answers=label:NAME[/FILE]` is a file on the file system or partition with that label; `trivet.answers=https://…`
is fetched, with `trivet.answers.pin=sha256:…` from a server whose public key has that hash (of SubjectPublicKeyInfo, in
hexadecimal digits or base64, as Trivet shows fingerprints and as `curl --pinnedpubkey` takes them).
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from node.api.problems import Refused

ANSWERS, PIN = "trivet.answers", "trivet.answers.pin"
DEFAULT_FILE = "answers.toml"
HTTPS_PORT = 443

_PARAMETER = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,35}")
_HEX = re.compile(r"[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2}){31}")


class BadSource(Refused):
    what: ClassVar[str] = "The answers cannot be fetched as the kernel's command line says"
    why: ClassVar[str] = "{parameter} {reason}"
    mend: ClassVar[str] = "Start the medium again with trivet.answers=label:NAME/file or trivet.answers=https://…"

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(parameter=parameter, reason=reason)


@dataclass(frozen=True, slots=True)
class LabelSource:
    """`file` is a path within the file system."""

    label: str
    file: str = DEFAULT_FILE

    def __str__(self) -> str:
        return f"{self.file} on {self.label}"


@dataclass(frozen=True, slots=True)
class HttpsSource:
    """`target` is path and query, which may hold secrets and is not shown; `pin` is the SHA-256 of the server's key."""

    host: str
    port: int
    target: str
    pin: bytes | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" + ("" if self.port == HTTPS_PORT else f":{self.port}") + self.target.partition("?")[0]


Source = LabelSource | HttpsSource


def find_source(command_line: str) -> Source | None:
    """What `command_line` (/proc/cmdline) says; None where it says nothing of answers. Raises BadSource."""
    found = [_parameter(word) for word in _PARAMETER.findall(command_line)]
    given = {name: [value for key, value in found if key == name] for name in (ANSWERS, PIN)}
    for name, values in given.items():
        if len(set(values)) > 1:
            raise BadSource(name, "is there more than once, with different values")
    pin = _pin(given[PIN][0]) if given[PIN] else None
    if not given[ANSWERS]:
        if pin is not None:
            raise BadSource(PIN, f"is there without {ANSWERS}")
        return None
    return _source(given[ANSWERS][0], pin)


def _parameter(word: str) -> tuple[str, str]:
    """Quotes may be around a value, or around the whole parameter."""
    name, _, value = word.replace('"', "").partition("=")
    return name, value


def _source(value: str, pin: bytes | None) -> Source:
    scheme, _, rest = value.partition(":")
    match scheme.lower():
        case "https":
            return _https(value, pin)
        case "http":
            raise BadSource(ANSWERS, "says plain http: whoever is on the way could choose the disks that are written")
        case "label":
            if pin is not None:
                raise BadSource(PIN, "is for answers by https only")
            return _label(rest)
    raise BadSource(ANSWERS, "has to begin with label: or https://")


def _label(rest: str) -> LabelSource:
    label, _, file = rest.partition("/")
    if not _LABEL.fullmatch(label):
        raise BadSource(ANSWERS, "names no label: 1 to 36 letters, digits and _ . + - are allowed")
    if ".." in file.split("/"):
        raise BadSource(ANSWERS, "names a file with .. in its path")
    return LabelSource(label, file.strip("/") or DEFAULT_FILE)


def _https(value: str, pin: bytes | None) -> HttpsSource:
    if not value.isascii() or not value.isprintable():
        raise BadSource(ANSWERS, "holds other than ASCII characters: write them as %xx")
    try:
        url = urlsplit(value)
        host, port = url.hostname, url.port
    except ValueError as err:
        raise BadSource(ANSWERS, f"is no address of a server: {err}") from err
    if not host:
        raise BadSource(ANSWERS, "names no server")
    if "@" in url.netloc:
        raise BadSource(ANSWERS, "holds a user's name, and none is ever sent")
    return HttpsSource(host, port or HTTPS_PORT, (url.path or "/") + (f"?{url.query}" if url.query else ""), pin)


def _pin(value: str) -> bytes:
    method, _, digest = value.partition(":" if value.startswith("sha256:") else "//")
    if method != "sha256":
        raise BadSource(PIN, "has to begin with sha256:")
    if _HEX.fullmatch(digest):
        return bytes.fromhex(digest.replace(":", ""))
    try:
        raw = base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise BadSource(PIN, "has to be the 64 hexadecimal digits, or the base64, of a SHA-256")
    return raw
