"""Where a machine goes after its installation. Pure."""

import re

from hosted_engine.deploy.rules.addresses import is_address, why_not_gateway
from hosted_engine.deploy.rules.names import why_not_engine_name

_WORD = "[bdfghjklmnprstvz][aiou]" * 2 + "[bdfghjklmnprstvz]"  # a proquint (arXiv:0901.4016)
_WORDS = re.compile(rf"{_WORD}([ -]{_WORD}){{3}}")
_DIGITS = re.compile(r"[0-9a-f]{2}(:?[0-9a-f]{2}){31}")


def why_not_engine(text: str) -> str | None:
    """The rule for the engine to join: its name, or its IPv4 address."""
    return why_not_gateway(text) if is_address(text) else why_not_engine_name(text)


def why_not_fingerprint(text: str) -> str | None:
    """The rule for what the engine's key is known by: its four words, or its 64 hexadecimal digits."""
    if _WORDS.fullmatch(text) or _DIGITS.fullmatch(text):
        return None
    return "has to be the engine's four words, such as lusab-babad-gutih-tugad, or its 64 hexadecimal digits"
