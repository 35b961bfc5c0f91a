"""Reads oVirt's search language: `name=x* and cluster="my own" or status!=down sortby name desc page 2`.

`and` binds closer than `or`; nothing between two conditions means `and`; `Vms:` may stand before it all.
"""

import re

from hosted_engine.engine.search.model import BadSearch, Condition, Operator, Query, bad_search
from hosted_engine.engine.search.tokens import Token, TokenKind, split
from hosted_engine.limits import SEARCH_TERMS


def parse(text: str) -> Query:
    """Raises BadSearch."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._kind, self._kind_at, self._tokens = split(text)
        self._place = 0

    def query(self) -> Query:
        alternatives = self._alternatives()
        sort_by, descending, sort_at = self._sorting()
        page = self._page()
        rest = self._peek()
        if rest.kind is not TokenKind.END:
            raise self._bad(rest, f"the {rest.kind} {rest.text!r} was not expected")
        return Query(alternatives, sort_by, descending, page, self._kind.lower(), self._kind_at, sort_at)

    def _alternatives(self) -> tuple[tuple[Condition, ...], ...]:
        found: list[tuple[Condition, ...]] = []
        conditions: list[Condition] = []
        joined, terms = False, 0
        while not self._is_word("sortby", "page") and self._peek().kind is not TokenKind.END:
            if terms == SEARCH_TERMS:
                raise self._bad(self._peek(), f"it has more than {SEARCH_TERMS} conditions")
            conditions.append(self._condition())
            joined = False
            terms += 1
            if self._is_word("or"):
                found.append(tuple(conditions))
                conditions = []
                joined = bool(self._take())
            elif self._is_word("and"):
                joined = bool(self._take())
        if joined:
            raise self._bad(self._peek(), "nothing follows the last `and` or `or`")
        return (*found, tuple(conditions)) if conditions else tuple(found)

    def _condition(self) -> Condition:
        if self._is_word("and", "or"):
            raise self._bad(self._peek(), f"nothing stands before `{self._peek().text}`")
        first = self._take()
        if first.kind is TokenKind.OPERATOR:
            raise self._bad(first, f"no field stands before `{first.text}`")
        if self._peek().kind is not TokenKind.OPERATOR:
            quoted = first.kind is TokenKind.QUOTED
            return Condition("", Operator.EQUAL, first.text, quoted, first.at, first.at, first.at)
        if first.kind is TokenKind.QUOTED:
            raise self._bad(first, f"{first.text!r} is not the name of a field")
        operator = self._take()
        value = self._peek()
        if value.kind not in (TokenKind.WORD, TokenKind.QUOTED):
            raise self._bad(value, f"no value follows `{first.text}{operator.text}`")
        self._take()
        quoted = value.kind is TokenKind.QUOTED
        name = first.text.lower().replace("-", "_")
        return Condition(name, Operator(operator.text), value.text, quoted, first.at, operator.at, value.at)

    def _sorting(self) -> tuple[str, bool, int]:
        if not self._is_word("sortby"):
            return "", False, 1
        self._take()
        name = self._take()
        if name.kind is not TokenKind.WORD:
            raise self._bad(name, "no field follows `sortby`")
        descending = self._is_word("desc")
        if descending or self._is_word("asc"):
            self._take()
        return name.text.lower().replace("-", "_"), descending, name.at

    def _page(self) -> int:
        if not self._is_word("page"):
            return 0
        self._take()
        number = self._take()
        if not re.fullmatch("[0-9]{1,9}", number.text) or int(number.text) < 1:
            raise self._bad(number, "no number from 1 follows `page`")
        return int(number.text)

    def _is_word(self, *keywords: str) -> bool:
        token = self._peek()
        if token.kind is not TokenKind.WORD or token.text.lower() not in keywords:
            return False
        # A field may be called like a keyword: `page = 3` is a condition.
        return self._tokens[self._place + 1].kind is not TokenKind.OPERATOR

    def _peek(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._tokens[self._place]
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _bad(self, token: Token, reason: str) -> BadSearch:
        return bad_search(self._text, token.at, reason)
