"""What is written of all objects of one form alike is prepared once: a frame with gaps for their values.

A frame is made by writing one object with marks in the place of its values, so that nothing here knows a format.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hosted_engine.rest.media.objects import Form
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.schema import Attribute, Schema

HERE = "\ue000"  # stands for the object's href
_GAP = "\ue001"  # encloses the number of a value


class Gap(str):
    """Stands in the place of a value; a whole attribute, tags and all, where that is an object or a list."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`parts` are texts, and at every odd place a gap; `numbers` say which value goes into each gap, `attributes` what
    it is; `heres` are the places of texts that name the object's href."""

    parts: tuple[str, ...]
    numbers: tuple[int, ...]
    attributes: tuple[Attribute, ...]
    heres: tuple[int, ...]

    def fill(self, href: str, texts: Sequence[str]) -> str:
        parts = list(self.parts)
        parts[1::2] = texts
        for place in self.heres:
            parts[place] = parts[place].replace(HERE, href)
        return "".join(parts)


def marked(form: Form, absent: Sequence[bool]) -> Wire:
    """An object of that form with marks in the place of all its values that are there."""
    gaps = [None if gone else Gap(f"{_GAP}{number}{_GAP}") for number, gone in enumerate(absent)]
    return form.wire(gaps) | {"href": HERE}


def cut(schema: Schema, type_name: str, form: Form, text: str, *, quote: str = "") -> Frame:
    """`text` is a marked object as it was written, `quote` what the format puts around a text."""
    parts = re.split(f"{quote}{_GAP}([0-9]+){_GAP}{quote}", text)
    numbers = tuple(int(number) for number in parts[1::2])
    attributes = tuple(_attribute(schema, type_name, form.places[number]) for number in numbers)
    heres = tuple(place for place, part in enumerate(parts) if HERE in part)
    return Frame(tuple(parts), numbers, attributes, heres)


def _attribute(schema: Schema, type_name: str, place: str) -> Attribute:
    holder, dot, rest = place.partition(".")
    attribute = schema.type(type_name).attributes[holder]
    return _attribute(schema, attribute.type, rest) if dot else attribute
