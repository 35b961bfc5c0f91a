"""Takes the text of a search apart into words, quoted texts and operators, each with its place."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from hosted_engine.engine.search.model import bad_search
from hosted_engine.limits import SEARCH_CHARACTERS

_ODD = "'`´‘’‚‛“”„‟‹›«»;(){}"  # in quotes every character is one like others
_TOKEN = re.compile(
    rf"""(?P<operator>!=|<=|>=|=|<|>)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"=<>!{re.escape(_ODD)}]+)""", re.DOTALL
)
_KIND = re.compile(r"\s*([A-Za-z_]+)\s*:(?!:)")


class TokenKind(StrEnum):
    OPERATOR = "operator"
    QUOTED = "quoted text"
    WORD = "word"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """`at` counts characters from 1."""

    kind: TokenKind
    text: str
    at: int


def split(text: str) -> tuple[str, int, list[Token]]:
    """The word before a leading colon with its place, and the tokens; the last one is the end. Raises BadSearch."""
    if len(text) > SEARCH_CHARACTERS:
        raise bad_search(text, SEARCH_CHARACTERS + 1, f"it is longer than {SEARCH_CHARACTERS} characters")
    if "\0" in text:
        raise bad_search(text.replace("\0", "�"), text.index("\0") + 1, "the character U+0000 cannot be searched for")
    start = _KIND.match(text)
    kind, kind_at = (start[1], start.start(1) + 1) if start else ("", 1)
    place, end = (start.end() if start else 0), len(text.rstrip())
    tokens: list[Token] = []
    while place < end:
        if text[place].isspace():
            place += 1
            continue
        found = _TOKEN.match(text, place)
        if found is None:
            raise bad_search(text, place + 1, _why_not(text, place))
        tokens.append(_token(found))
        place = found.end()
    return kind, kind_at, [*tokens, Token(TokenKind.END, "", end + 1)]


def _token(found: re.Match[str]) -> Token:
    at = found.start() + 1
    if (operator := found["operator"]) is not None:
        return Token(TokenKind.OPERATOR, operator, at)
    if (quoted := found["quoted"]) is not None:
        return Token(TokenKind.QUOTED, re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL), at)
    return Token(TokenKind.WORD, found["word"], at)


def _why_not(text: str, place: int) -> str:
    char = text[place]
    if char == '"':
        return "the quote that opens there is never closed"
    named = f"the character {char} ({unicodedata.name(char, f'U+{ord(char):04X}')})"
    if char in "()":
        return f"{named} was not expected: there are no parentheses, `and` binds closer than `or`"
    if char in "{}":
        return f"{named} was not expected: a search is conditions like name=web*, not JSON"
    if char in "!;":
        return f"{named} was not expected"
    return f'{named} was not expected: only straight double quotes (") enclose a text'
