"""Reads oVirt's search language: `name=x* and cluster="my own" or status!=down sortby name desc page 2`.

`and` binds closer than `or`; nothing between two conditions means `and`; a leading `Vms:` says nothing new here.
"""

import re

from hosted_engine.engine.search.model import BadSearch, Condition, Operator, Query
from hosted_engine.limits import SEARCH_CHARACTERS, SEARCH_TERMS

_TOKEN = re.compile(r"""\s*(?:(?P<operator>!=|<=|>=|=|<|>)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"=<>!]+))""")
_SHOWN = 200  # characters of a search that its refusal repeats
_KIND = re.compile(r"\s*[A-Za-z]+\s*:\s*")


def parse(text: str) -> Query:
    """Raises BadSearch."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._place = 0

    def query(self) -> Query:
        alternatives = self._alternatives()
        sort_by, descending = self._sorting()
        page = self._page()
        if (kind := self._peek()[0]) != "end":
            raise self._bad(f"the {kind} {self._peek()[1]!r} was not expected there")
        return Query(alternatives, sort_by, descending, page)

    def _alternatives(self) -> tuple[tuple[Condition, ...], ...]:
        found: list[tuple[Condition, ...]] = []
        conditions: list[Condition] = []
        joined, terms = False, 0
        while not self._is_word("sortby", "page") and self._peek()[0] != "end":
            conditions.append(self._condition())
            joined = False
            terms += 1
            if terms > SEARCH_TERMS:
                raise self._bad(f"it has more than {SEARCH_TERMS} conditions")
            if self._is_word("or"):
                found.append(tuple(conditions))
                conditions = []
                joined = bool(self._take())
            elif self._is_word("and"):
                joined = bool(self._take())
        if joined:
            raise self._bad("nothing follows its last `and` or `or`")
        return (*found, tuple(conditions)) if conditions else tuple(found)

    def _condition(self) -> Condition:
        if self._is_word("and", "or"):
            raise self._bad(f"nothing stands before `{self._peek()[1]}`")
        kind, name = self._take()
        if kind == "operator":
            raise self._bad(f"no field stands before `{name}`")
        if self._peek()[0] != "operator":
            return Condition("", Operator.EQUAL, name)
        operator = Operator(self._take()[1])
        if kind == "quoted text":
            raise self._bad(f"{name!r} is not the name of a field")
        if self._peek()[0] not in ("word", "quoted text"):
            raise self._bad(f"no value follows `{name}{operator}`")
        return Condition(name.lower(), operator, self._take()[1])

    def _sorting(self) -> tuple[str, bool]:
        if not self._is_word("sortby"):
            return "", False
        self._take()
        kind, name = self._take()
        if kind != "word":
            raise self._bad("no field follows `sortby`")
        descending = self._is_word("desc")
        if descending or self._is_word("asc"):
            self._take()
        return name.lower(), descending

    def _page(self) -> int:
        if not self._is_word("page"):
            return 0
        self._take()
        _, number = self._take()
        if not re.fullmatch("[0-9]{1,9}", number) or int(number) < 1:
            raise self._bad("no number from 1 follows `page`")
        return int(number)

    def _is_word(self, *words: str) -> bool:
        kind, text = self._peek()
        # A field may be called like a keyword: `page = 3` is a condition.
        return kind == "word" and text.lower() in words and self._tokens[self._place + 1][0] != "operator"

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place]

    def _take(self) -> tuple[str, str]:
        token = self._tokens[self._place]
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _split(self) -> list[tuple[str, str]]:
        if len(self._text) > SEARCH_CHARACTERS:
            raise self._bad(f"it is longer than {SEARCH_CHARACTERS} characters")
        start = _KIND.match(self._text)
        place = start.end() if start else 0
        tokens: list[tuple[str, str]] = []
        end = len(self._text.rstrip())
        while place < end:
            found = _TOKEN.match(self._text, place)
            if found is None:
                raise self._bad(f"{self._text[place:].strip()[:20]!r} cannot be read")
            tokens.append(_token(found))
            place = found.end()
        return [*tokens, ("end", ""), ("end", "")]

    def _bad(self, reason: str) -> BadSearch:
        shown = self._text if len(self._text) <= _SHOWN else f"{self._text[:_SHOWN]}…"
        return BadSearch(query=shown, reason=reason)


def _token(found: re.Match[str]) -> tuple[str, str]:
    if (operator := found["operator"]) is not None:
        return "operator", operator
    if (quoted := found["quoted"]) is not None:
        return "quoted text", re.sub(r"\\(.)", r"\1", quoted)
    return "word", found["word"]
