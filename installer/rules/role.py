"""Where a machine goes after its installation. Pure."""

import re

from hosted_engine.deploy.rules.addresses import is_address, why_not_gateway
from hosted_engine.deploy.rules.names import why_not_engine_name

_WORDS = re.compile(r"[a-z]{2,}([ -][a-z]{2,}){3}")
_DIGITS = re.compile(r"[0-9a-f]{2}(:?[0-9a-f]{2}){31}")


def why_not_engine(text: str) -> str | None:
    """The rule for the engine to join: its name, or its IPv4 address."""
    return why_not_gateway(text) if is_address(text) else why_not_engine_name(text)


def why_not_fingerprint(text: str) -> str | None:
    """The rule for what the engine's key is known by: its four words, or its 64 hexadecimal digits."""
    if _WORDS.fullmatch(text) or _DIGITS.fullmatch(text):
        return None
    return "has to be the four words that the engine shows, or its 64 hexadecimal digits, in lower case"
