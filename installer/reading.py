"""Reads `answers.toml` for an installation: every mistake at once, with its line; hashes a password in clear."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hosted_engine.deploy.decoding import MISSING, Decoded, build, decode
from installer.answers import Answers, Role
from installer.lines import line_of, lines_of
from installer.passwords import yescrypt
from installer.rules import together
from node.api.problems import Refused

MAX_CHARACTERS = 1_000_000
THE_FILE = "the file"
CLEAR = (
    "machine.password",
    "stands there in clear, for everybody who gets this file: give password_hash (mkpasswd -m yescrypt)",
)
UNKNOWN_ENGINE = (
    "role.engine",
    "is not asked until somebody has compared its words at the node's console: give role.fingerprint",
)
AT_END = "(at end of document)"

_PLACE = re.compile(r" \(at line ([0-9]+), column ([0-9]+)\)$")


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of the answers at `path`. `line` counts from 1, None where it is about no line."""

    path: str
    line: int | None
    sentence: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"line {self.line}, {self.path}"
        return f"{place}: {self.sentence}"


class AnswersWrong(Refused):
    """`mistakes` are in the order of their lines."""

    what: ClassVar[str] = "The answers cannot be used"
    why: ClassVar[str] = "{lines}"
    mend: ClassVar[str] = "Correct them and read them again"

    def __init__(self, mistakes: Iterable[Remark]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda one: one.line or 0))
        super().__init__(lines="; ".join(map(str, self.mistakes)))


@dataclass(frozen=True, slots=True)
class Reading:
    """Answers that can be used, and what should be known of them nevertheless."""

    answers: Answers
    warnings: tuple[Remark, ...] = ()


def text_of(raw: bytes) -> str:
    """What a file holds, with or without the mark that some editors begin it with. Raises AnswersWrong."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = raw.count(b"\n", 0, err.start) + 1
        raise AnswersWrong([Remark(THE_FILE, line, "is not TOML: it holds other than UTF-8 text")]) from err


def read(text: str) -> Answers:
    """The answers in a TOML text, with the hash of a password that stood there in clear. Raises AnswersWrong."""
    return read_with_warnings(text).answers


def read_with_warnings(text: str, *, hash_password: Callable[[str], str] = yescrypt) -> Reading:
    """As `read`, with what is worth a warning. Raises AnswersWrong with every mistake."""
    document = _document(text)
    return from_document(document, lines_of(text), hash_password=hash_password)


def from_document(
    document: Mapping[str, Any],
    lines: Mapping[str, int] | None = None,
    *,
    hash_password: Callable[[str], str] = yescrypt,
) -> Reading:
    """The answers in a document as TOML gives it, or as screens have filled it; `lines` says where what stands."""
    decoded = decode(Answers, document)
    found = _all_mistakes(decoded)
    if found:
        raise AnswersWrong(_remark(*one, lines or {}) for one in found)
    answers: Answers = build(Answers, _hashed(decoded.values, hash_password))
    return Reading(answers, tuple(_remark(*one, lines or {}) for one in _warnings(decoded.values)))


def mistakes(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Path and sentence of all that is wrong in a document with gaps, as a screen has it while it is being filled."""
    decoded = decode(Answers, document)
    return tuple(one for one in _all_mistakes(decoded) if one[1] != MISSING)


def _all_mistakes(decoded: Decoded) -> list[tuple[str, str]]:
    return decoded.errors + together.mistakes(decoded.values, {path for path, _ in decoded.errors})


def _document(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise AnswersWrong([Remark(THE_FILE, None, "is far too long for answers")])
    try:
        return tomllib.loads(text)
    except RecursionError as err:
        raise AnswersWrong([Remark(THE_FILE, None, "is not TOML: it is nested too deeply")]) from err
    except ValueError as err:
        raise AnswersWrong([_not_toml(text, str(err))]) from err


def _not_toml(text: str, reason: str) -> Remark:
    place = _PLACE.search(reason)
    sentence = f"is not TOML: {_PLACE.sub('', reason)}" + (f" (column {place[2]})" if place else "")
    if place is None and reason.endswith(AT_END):
        return Remark(THE_FILE, text.rstrip().count("\n") + 1, sentence)
    return Remark(THE_FILE, int(place[1]) if place else None, sentence)


def _remark(path: str, sentence: str, lines: Mapping[str, int]) -> Remark:
    return Remark(path, line_of(path, lines), sentence)


def _warnings(values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    role = values.get("role", {})
    if "password" in values["machine"]:
        yield CLEAR
    if role.get("kind") == Role.JOIN and "fingerprint" not in role:
        yield UNKNOWN_ENGINE


def _hashed(values: Mapping[str, Any], hash_password: Callable[[str], str]) -> dict[str, Any]:
    """`values` without the password in clear."""
    machine = dict(values["machine"])
    password = machine.pop("password", None)
    if password is not None:
        machine["password_hash"] = hash_password(password)
    return dict(values) | {"machine": machine}
