"""Makes objects of any type of the schema at random, the same for the same seed."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.schema import Attribute, Schema

_LETTERS = "abcXYZ019 -_.&<>\"'\n\täößñ日本🙂"


class Maker:
    def __init__(self, schema: Schema, seed: str) -> None:
        self._schema = schema
        self._random = random.Random(seed)

    def object(self, type_name: str, depth: int = 3) -> Wire:
        """Every attribute with an even chance, none empty; objects within objects down to `depth`."""
        kind = self._schema.type(type_name)
        value: Wire = {}
        if self._random.random() < 0.5:
            value["href"] = f"/ovirt-engine/api/{self._word()}"
        for name, attribute in kind.attributes.items():
            if self._random.random() < 0.5 and (depth > 0 or not attribute.struct):
                value[name] = self._content(attribute, depth)
        return value

    def _content(self, attribute: Attribute, depth: int) -> Any:
        if attribute.many:
            return [self._one(attribute, depth) for _ in range(self._random.randint(1, 2))]
        return self._one(attribute, depth)

    def _one(self, attribute: Attribute, depth: int) -> Any:
        if attribute.struct:
            return self.object(attribute.type, 0 if attribute.link else depth - 1)
        match attribute.type:
            case "String":
                return self._word() + "".join(self._random.choices(_LETTERS, k=self._random.randint(0, 12)))
            case "Integer":
                return self._random.choice((0, 1, -1, 1 << 40, self._random.randint(0, 1000)))
            case "Boolean":
                return self._random.random() < 0.5
            case "Double":
                return self._random.choice((0.0, 1.5, -2.25, 1e20))
            case "Date":
                return datetime(2026, 11, 20, tzinfo=UTC) + timedelta(milliseconds=self._random.randint(0, 1 << 40))
            case enum:
                return self._random.choice(self._schema.enums[enum])

    def _word(self) -> str:
        return f"w{self._random.randint(0, 9999)}"
