"""On which line of a TOML text each key, table and list entry stands: Python's reader keeps no places. Pure."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from hosted_engine.deploy.decoding import join_path

_TOKEN = re.compile(
    r'''(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    | (?P<mark>[][{}=,\n]) | (?P<bare>[^][{}=,\#"'\s]+) | (?P<blank>[ \t\r]+|\#[^\n]*)''',
    re.VERBOSE | re.DOTALL,
)


def lines_of(text: str) -> dict[str, int]:
    """The line (from 1) of each path (`network.dns[1]`) in `text`, which tomllib has read without an error."""
    walker = _Walker(text)
    walker.document()
    return walker.lines


def line_of(path: str, lines: Mapping[str, int]) -> int | None:
    """The line of `path`; of what it is in, where it does not stand there itself; None for the top of the file."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int


class _Walker:
    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self._tokens: list[_Token] = []
        self._at = 0
        self._counts: dict[str, int] = {}
        line = 1
        for found in _TOKEN.finditer(text):
            if found.lastgroup != "blank":
                self._tokens.append(_Token(found[0], line))
            line += found[0].count("\n")

    def document(self) -> None:
        table = ""
        while self._at < len(self._tokens):
            if self._takes("\n"):
                continue
            line = self._tokens[self._at].line
            if self._takes("["):
                table = self._header(line)
            else:
                self._pair(table)

    def _header(self, line: int) -> str:
        """The path of the table that begins here; of an array of tables, with its number."""
        is_array = self._takes("[")
        *parents, last = self._key("]")
        while self._takes("]"):
            pass
        path = ""
        for part in parents:
            path = join_path(path, part)
            if path in self._counts:
                path = f"{path}[{self._counts[path]}]"
        path = join_path(path, last)
        if is_array:
            self.lines.setdefault(path, line)
            self._counts[path] = self._counts.get(path, -1) + 1
            path = f"{path}[{self._counts[path]}]"
        self.lines[path] = line
        return path

    def _pair(self, path: str) -> None:
        line = self._tokens[self._at].line
        for part in self._key("="):
            path = join_path(path, part)
            self.lines.setdefault(path, line)
        self._takes("=")
        self._value(path)

    def _key(self, end: str) -> list[str]:
        parts: list[str] = []
        while (token := self._tokens[self._at].text) != end:
            self._at += 1
            quoted = token[0] in "\"'"
            parts += [tomllib.loads(f"key = {token}")["key"]] if quoted else [one for one in token.split(".") if one]
        return parts

    def _value(self, path: str) -> None:
        if self._takes("["):
            self._list(path)
        elif self._takes("{"):
            while not self._takes("}"):
                if not self._takes(","):
                    self._pair(path)
        else:
            while self._at < len(self._tokens) and self._tokens[self._at].text not in (",", "]", "}", "\n"):
                self._at += 1

    def _list(self, path: str) -> None:
        number = 0
        while not self._takes("]"):
            if self._takes("\n") or self._takes(","):
                continue
            self.lines[f"{path}[{number}]"] = self._tokens[self._at].line
            self._value(f"{path}[{number}]")
            number += 1

    def _takes(self, text: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at].text == text
        self._at += found
        return found
