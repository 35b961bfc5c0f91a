"""Which words oVirt's search knows (known.json, written by ci/schema.py): those that this engine has nothing for are
refused as not there yet, not as unknown.

Form of known.json:
  enums  name -> "value value …"
  types  name of the API's type -> ["word word …", "field[*][:Enum] …", "relation …"], words being those that may stand
         before a colon, an asterisk at what bare words look into
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KnownField:
    """`values` are those of an enumeration, `free` says that bare words look into it."""

    free: bool
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All in lower case but the values of enumerations."""

    type: str
    prefixes: tuple[str, ...]
    fields: Mapping[str, KnownField]
    relations: Mapping[str, None]


def _read(text: str) -> dict[str, Known]:
    raw = json.loads(text)
    enums = {name: tuple(values.split()) for name, values in raw["enums"].items()}

    def field(text: str) -> tuple[str, KnownField]:
        name, _, enum = text.partition(":")
        return name.rstrip("*"), KnownField(name.endswith("*"), enums.get(enum, ()))

    return {
        name: Known(name, tuple(prefixes.split()), dict(map(field, fields.split())), dict.fromkeys(relations.split()))
        for name, (prefixes, fields, relations) in raw["types"].items()
    }


KNOWN: Mapping[str, Known] = _read(Path(__file__).with_name("known.json").read_text())
