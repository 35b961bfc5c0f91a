"""A fingerprint in words that people compare between two screens, or over the telephone; pure.

The words are proquints (D. Wilkerson, A Proposal for Proquints, arXiv:0901.4016): five letters for 16 bits, consonants
and vowels in turn, no list needed. Four of them are the first 64 bits: whoever wants a key whose words are the same has
to try 2^64 of them. Programs compare the whole fingerprint, never its words.
"""

import re

PROQUINTS = 4
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"
_PROQUINT = f"[{_CONSONANTS}][{_VOWELS}]" * 2 + f"[{_CONSONANTS}]"
_PROQUINTS = re.compile(rf"{_PROQUINT}([ -]{_PROQUINT}){{{PROQUINTS - 1}}}")
_DIGITS = re.compile(r"[0-9a-f]{2}(:?[0-9a-f]{2}){31}")


def format_proquints(fingerprint: str) -> str:
    """`fingerprint` is lower-case hex, as node.tls makes it; for example `lusab-babad-gutih-tugad`."""
    return "-".join(_proquint(int(fingerprint[at : at + 4], 16)) for at in range(0, 4 * PROQUINTS, 4))


def _proquint(bits: int) -> str:
    """Of 16 bits."""
    letters = ((_CONSONANTS, 12, 15), (_VOWELS, 10, 3), (_CONSONANTS, 6, 15), (_VOWELS, 4, 3), (_CONSONANTS, 0, 15))
    return "".join(alphabet[bits >> shift & mask] for alphabet, shift, mask in letters)


def is_meant(text: str, fingerprint: str) -> bool:
    """Whether `text`, four words or 64 hexadecimal digits as somebody typed or pasted them, says `fingerprint`."""
    plain = text.strip().lower()
    if _PROQUINTS.fullmatch(plain):
        return plain.replace(" ", "-") == format_proquints(fingerprint)
    return plain.replace(":", "").replace(" ", "") == fingerprint


def why_not_fingerprint(text: str) -> str | None:
    """The rule for such a text, as the rest of a sentence that begins with it."""
    plain = text.strip().lower()
    if _PROQUINTS.fullmatch(plain) or _DIGITS.fullmatch(plain):
        return None
    return "has to be four words, such as lusab-babad-gutih-tugad, or 64 hexadecimal digits"
