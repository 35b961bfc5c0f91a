"""Disks said by what they are: `size > 200G and not removable`, `serial == "S1"`. Pure.

    expression: term ("or" term)*        term: factor ("and" factor)*
    factor: "not" factor | "(" expression ")" | flag | field operator value

Flags are `removable` and `rotational`. Fields of text (`serial`, `wwn`, `model`, `transport`, `name`) have == != =~ and
`contains`, their values stand in quotes; =~ takes a pattern with * and ?. Capital and small letters are the same.
Numbers (`size`, `sector`, in bytes) have == != < > <= >= and units: 200G is 200 × 10⁹, 200GiB is 200 × 2³⁰.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from installer.sysinfo import Disk
from node.api.problems import Refused

Condition = Callable[[Disk], bool]

MAX_LENGTH = 1000
MAX_DEPTH = 50
TEXTS: dict[str, Callable[[Disk], str]] = {
    "serial": lambda disk: disk.serial,
    "wwn": lambda disk: disk.wwn,
    "model": lambda disk: disk.model,
    "transport": lambda disk: disk.transport,
    "name": lambda disk: disk.name,
}
NUMBERS: dict[str, Callable[[Disk], int]] = {
    "size": lambda disk: disk.size_bytes,
    "sector": lambda disk: disk.sector_bytes,
}
FLAGS: dict[str, Callable[[Disk], bool]] = {
    "removable": lambda disk: disk.removable,
    "rotational": lambda disk: disk.rotational,
}
FIELDS = (*TEXTS, *NUMBERS, *FLAGS)
OF_TEXTS = ("==", "!=", "=~", "contains")
OF_NUMBERS = ("==", "!=", "<", ">", "<=", ">=")

_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kmgtp]?)(i?)b?", re.IGNORECASE | re.ASCII)
_TOKEN = re.compile(
    r"""(?P<blank>\s+) | (?P<text>"[^"]*"|'[^']*') | (?P<mark>==|!=|=~|<=|>=|[<>()])
    | (?P<number>[0-9][0-9A-Za-z.]*) | (?P<word>[A-Za-z_]+)""",
    re.VERBOSE,
)


class BadExpression(Refused):
    """`position` counts characters from 1; `reason` is a sentence without its end."""

    what: ClassVar[str] = "The expression {expression} says no disks"
    why: ClassVar[str] = "at character {position}: {reason}"
    mend: ClassVar[str] = 'Write it like: serial == "S1", or: size > 200G and not removable'

    def __init__(self, expression: str, position: int, reason: str) -> None:
        super().__init__(expression=repr(expression[:60]), position=position, reason=reason)
        self.position = position
        self.reason = reason


def matching(expression: str, disks: Iterable[Disk]) -> tuple[Disk, ...]:
    """Those of `disks` of which `expression` is true; never the medium, nor a disk that is read-only: nothing could be
    installed there. Raises BadExpression."""
    condition = parse(expression)
    return tuple(disk for disk in disks if not disk.medium and not disk.read_only and condition(disk))


def why_not_expression(text: str) -> str | None:
    """The rule for an expression in the answers."""
    try:
        parse(text)
    except BadExpression as err:
        return f"says no disks: at character {err.position}: {err.reason}"
    return None


def parse(expression: str) -> Condition:
    """What `expression` asks of a disk. Raises BadExpression."""
    return _Parser(expression).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        if len(expression) > MAX_LENGTH:
            raise self._wrong(MAX_LENGTH + 1, f"it is longer than {MAX_LENGTH} characters")
        self._tokens = list(self._split())
        self._at = 0
        self._depth = 0

    def whole(self) -> Condition:
        condition = self._any()
        if self._now.kind != "end":
            raise self._wrong_here(f"`and`, `or` or the end is expected, and here is {self._now.text}")
        return condition

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        """The token at hand; the end stays at hand."""
        token = self._now
        self._at += token.kind != "end"
        return token

    def _takes(self, *texts: str) -> bool:
        """Goes past the token at hand where it is one of `texts`; what stands in quotes is none."""
        found = self._now.kind in ("word", "mark") and self._now.text in texts
        self._at += found
        return found

    def _any(self) -> Condition:
        terms = [self._all()]
        while self._takes("or"):
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else lambda disk: any(term(disk) for term in terms)

    def _all(self) -> Condition:
        factors = [self._factor()]
        while self._takes("and"):
            factors.append(self._factor())
        return factors[0] if len(factors) == 1 else lambda disk: all(factor(disk) for factor in factors)

    def _factor(self) -> Condition:
        opening = self._now
        if not self._takes("not", "("):
            return self._comparison()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._wrong(opening.position, f"more than {MAX_DEPTH} `not` and parentheses stand within each other")
        if opening.text == "not":
            condition = _negated(self._factor())
        else:
            condition = self._any()
            if not self._takes(")"):
                raise self._wrong_here(f"the parenthesis of character {opening.position} is not closed")
        self._depth -= 1
        return condition

    def _comparison(self) -> Condition:
        field = self._take()
        if field.kind == "word" and field.text in FLAGS:
            return FLAGS[field.text]
        if field.kind == "word" and field.text in TEXTS:
            operator = self._operator(field, OF_TEXTS)
            return _text_condition(TEXTS[field.text], operator, self._text(field).casefold())
        if field.kind == "word" and field.text in NUMBERS:
            operator = self._operator(field, OF_NUMBERS)
            return _number_condition(NUMBERS[field.text], operator, self._number(field))
        found = "nothing follows" if field.kind == "end" else f"here is {field.text}"
        raise self._wrong(field.position, f"one of {', '.join(FIELDS)} is expected, and {found}")

    def _operator(self, field: _Token, allowed: tuple[str, ...]) -> str:
        if not self._takes(*allowed):
            raise self._wrong_here(f"one of {' '.join(allowed)} has to follow {field.text}")
        return self._tokens[self._at - 1].text

    def _text(self, field: _Token) -> str:
        if self._now.kind != "text":
            raise self._wrong_here(f"{field.text} is compared with text in quotes")
        return self._take().text[1:-1]

    def _number(self, field: _Token) -> Decimal:
        found = _SIZE.fullmatch(self._now.text) if self._now.kind == "number" else None
        if found is None:
            raise self._wrong_here(f"{field.text} is compared with a number such as 512, 200G or 1.8TiB")
        digits, unit, binary = found.groups()
        if binary and not unit:
            raise self._wrong_here(f"{found[0]} has no unit such as GiB")
        self._take()
        return Decimal(digits) * Decimal(1024 if binary else 1000) ** _POWERS[unit.lower()]

    def _split(self) -> Iterator[_Token]:
        at = 0
        while at < len(self._expression):
            found = _TOKEN.match(self._expression, at)
            if found is None:
                raise self._wrong(at + 1, _why_no_token(self._expression[at]))
            if found.lastgroup and found.lastgroup != "blank":
                yield _Token(found.lastgroup, found[0], at + 1)
            at = found.end()
        yield _Token("end", "the end", at + 1)

    def _wrong_here(self, reason: str) -> BadExpression:
        return self._wrong(self._now.position, reason)

    def _wrong(self, position: int, reason: str) -> BadExpression:
        return BadExpression(self._expression, position, reason)


def _why_no_token(char: str) -> str:
    if char in "\"'":
        return "a quote opens here and is not closed"
    if char == "=":
        return "equal is written =="
    return f"{char!a} is not known here"


def _negated(condition: Condition) -> Condition:
    return lambda disk: not condition(disk)


def _text_condition(field: Callable[[Disk], str], operator: str, wanted: str) -> Condition:
    match operator:
        case "==":
            return lambda disk: field(disk).casefold() == wanted
        case "!=":
            return lambda disk: field(disk).casefold() != wanted
        case "contains":
            return lambda disk: wanted in field(disk).casefold()
    return lambda disk: _fits(wanted, field(disk).casefold())


def _number_condition(field: Callable[[Disk], int], operator: str, wanted: Decimal) -> Condition:
    match operator:
        case "==":
            return lambda disk: field(disk) == wanted
        case "!=":
            return lambda disk: field(disk) != wanted
        case "<":
            return lambda disk: field(disk) < wanted
        case ">":
            return lambda disk: field(disk) > wanted
        case "<=":
            return lambda disk: field(disk) <= wanted
    return lambda disk: field(disk) >= wanted


def _fits(pattern: str, text: str) -> bool:
    """Whether all of `text` is `pattern`, with * for any characters and ? for one. Only the last * is tried again, so
    it takes length times length at most."""
    at = begin = 0
    star = -1
    place = 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, begin = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            place, at = place + 1, at + 1
        elif star >= 0:
            place, begin = star + 1, begin + 1
            at = begin
        else:
            return False
    return not pattern[place:].strip("*")
