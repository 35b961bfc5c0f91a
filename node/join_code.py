"""Join codes as people make and type them: 99 random bits in letters that nobody confuses on a screen; pure."""

import re
import secrets

from node.api.messages.identity import CODE_LETTERS

_GROUPS, _LETTERS = 5, 4
_PLAIN = re.compile(f"[{CODE_LETTERS}]{{{_GROUPS * _LETTERS}}}")


def new_join_code() -> str:
    """Such as ABCD-EFGH-JKLM-NPQR-STUV."""
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(_LETTERS)) for _ in range(_GROUPS))


def plain_join_code(text: str) -> str:
    """However it was typed: without hyphens and blanks, in capitals."""
    return "".join(text.upper().replace("-", " ").split())


def why_not_join_code(text: str) -> str | None:
    """The rule for such a text, as the rest of a sentence that begins with it; it never contains the text."""
    if _PLAIN.fullmatch(plain_join_code(text)):
        return None
    return f"has to be {_GROUPS} groups of {_LETTERS} letters and digits, such as ABCD-EFGH-JKLM-NPQR-STUV"
