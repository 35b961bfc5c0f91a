"""Ids as clients write them: a UUID in capital letters is the same as in small ones, as in oVirt."""

import re

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def canonical_id(text: str) -> str:
    """The id as the store has it; what is no UUID stays as it is."""
    return text.lower() if _UUID.fullmatch(text) else text
