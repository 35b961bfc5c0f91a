"""Which sizes, times, codes and files the answers may name. Pure."""

import re

from node.api.messages.identity import CLAIM_CODE

MAX_FILE_PATH = 4095  # PATH_MAX without the closing zero
MAX_PASSWORD = 255
MAX_CODE = 64


def why_not_memory_mib(number: int) -> str | None:
    return _why_not_between(number, 512, 262144)


def why_not_vcpus(number: int) -> str | None:
    return _why_not_between(number, 1, 64)


def why_not_claim_code(text: str) -> str | None:
    """It stands in a header, as it is. Of a node that is a member the code is not known any more and not asked for:
    whether it is one in a node's form matters when the site is taken back."""
    if not text:
        return "is empty"
    if len(text) > MAX_CODE:
        return f"is longer than {MAX_CODE} characters"
    if not all(" " < char < "\x7f" for char in text):
        return "holds blanks or other than ASCII characters"
    if text != text.upper() and is_claim_code(text.upper()):
        return "has small letters, and nodes show and know theirs in capitals"
    return None


def is_claim_code(text: str) -> bool:
    """Whether it is one in a node's form."""
    return re.fullmatch(CLAIM_CODE, text) is not None


def why_not_password_file(text: str) -> str | None:
    if not text.startswith("/"):
        return "is no absolute path: the deploy may be run from any folder"
    if len(text.encode()) > MAX_FILE_PATH:
        return f"is longer than {MAX_FILE_PATH} characters"
    return None if text.isprintable() else "holds control characters"


def why_not_password(text: str) -> str | None:
    """The rule for what is in the password file, its last end of line left out. The sentence never shows it."""
    if not text:
        return "it is empty"
    if len(text) > MAX_PASSWORD:
        return f"it is longer than {MAX_PASSWORD} characters"
    return None if text.isprintable() else "it holds ends of line or other control characters, which nobody can type"


def _why_not_between(number: int, least: int, most: int) -> str | None:
    return None if least <= number <= most else f"has to be {least} to {most}"
