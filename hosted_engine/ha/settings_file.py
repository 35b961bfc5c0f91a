"""What the settings on the engine volume have in common: a version, a check, a file that may be damaged. Pure."""

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec
from cryptography import x509

from node.api.problems import Failed, Refused

S = TypeVar("S")

HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?")


class _Versioned(msgspec.Struct):
    version: int | None = None


def parse(text: bytes, kind: type[S], *, version: int, check: Callable[[S], None], damaged: type[Failed]) -> S:
    """The settings of `text`, of that version or of none. Raises `damaged` for what cannot be used."""
    try:
        found = msgspec.json.decode(text, type=_Versioned).version
        if found not in (None, version):
            raise damaged(reason=f"it is of version {found}, known is {version}")
        settings = msgspec.json.decode(text, type=kind)
        check(settings)
    except msgspec.MsgspecError as err:
        raise damaged(reason=str(err)) from err
    except Refused as err:
        raise damaged(reason=err.text.why) from err
    return settings


def format_settings(settings: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n"


def is_pem(text: str) -> bool:
    """Whether it holds certificates, and nothing else."""
    try:
        x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return False
    return True
