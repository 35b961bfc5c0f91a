"""Which links and actions an object carries: what its service offers and its type has."""

from collections.abc import Iterable
from functools import lru_cache

from hosted_engine.rest.media.wire import LINKS, SERVICE, Wire
from hosted_engine.rest.schema import Schema, Type


class Linker:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.rels = lru_cache(maxsize=None)(self._rels)
        self.actions = lru_cache(maxsize=None)(self._actions)

    def links_of(self, value: Wire, kind: Type) -> list[tuple[str, str]]:
        """(rel, href) of its collections, without those that it holds itself, then its own further links."""
        found: list[tuple[str, str]] = []
        if (service := value.get(SERVICE)) and (href := value.get("href")):
            inline_rels = self.inline_rels(tuple(value), kind.name)
            found += [(rel, f"{href}/{rel}") for rel in self.rels(service, kind.name) if rel not in inline_rels]
        return [*found, *value.get(LINKS, ())]

    def inline_rels(self, names: Iterable[str], type_name: str) -> set[str]:
        """The rels of the collections among the attributes `names`."""
        known = self._schema.type(type_name).attributes
        attributes = (known.get(name) for name in names)
        return {a.rel for a in attributes if a is not None and a.many and a.link}

    def _rels(self, service: str, type_name: str) -> tuple[str, ...]:
        children = self._schema.service(service).children
        attributes = self._schema.type(type_name).attributes.values()
        return tuple(a.rel for a in attributes if a.many and a.link and a.rel in children)

    def _actions(self, service: str) -> tuple[str, ...]:
        return tuple(self._schema.service(service).actions)
