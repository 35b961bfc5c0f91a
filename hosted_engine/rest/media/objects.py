"""Many objects of one form: what they have in common is said once, and each has the values that stand at its places.

Writers write them from that; whoever has to look into them gets nested wire objects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hosted_engine.rest.media.wire import SERVICE, Wire


@dataclass(slots=True)
class _Part:
    """A part of the form: what is always the same there, the names with the number of the value that each has, and the
    parts within."""

    same: Wire = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    parts: "dict[str, _Part]" = field(default_factory=dict)

    def fill(self, values: Sequence[Any]) -> Wire:
        wire = self.same.copy()
        for name, number in self.numbers.items():
            if (value := values[number]) is not None:
                wire[name] = value
        for name, part in self.parts.items():
            if inner := part.fill(values):
                wire[name] = inner
        return wire

    def at(self, place: str) -> "tuple[_Part, str]":
        """The part that holds what stands at `place`, and its name there; nothing else stands there from now on."""
        holder, dot, rest = place.partition(".")
        if dot:
            return self.parts.setdefault(holder, _Part()).at(rest)
        for names in (self.same, self.numbers, self.parts):
            names.pop(holder, None)
        return self, holder


class Form:
    """`same` by places ("cpu.topology.cores"), `places` those of the values, in their order; of two for one place the
    later one counts."""

    def __init__(self, same: Mapping[str, Any], places: Sequence[str]) -> None:
        self.places = tuple(places)
        self._whole = _Part()
        for place, value in same.items():
            part, name = self._whole.at(place)
            part.same[name] = value
        for number, place in enumerate(places):
            part, name = self._whole.at(place)
            part.numbers[name] = number

    def wire(self, values: Sequence[Any]) -> Wire:
        """Places without a value are left out."""
        return self._whole.fill(values)


class Row(NamedTuple):
    """One object; its id is the first of the values."""

    form: Form
    href: str
    values: tuple[Any, ...]

    @property
    def id(self) -> str:
        return str(self.values[0])

    def wire(self) -> Wire:
        return self.form.wire(self.values) | {"href": self.href}


@dataclass(slots=True)
class Objects:
    """`service` as the mark SERVICE has it."""

    rows: Sequence[Row]
    service: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def wires(self) -> list[Wire]:
        mark = {SERVICE: self.service} if self.service else {}
        return [row.wire() | mark for row in self.rows]
