"""Shows objects of an entity as they travel; of many collections at once, so that what it takes is asked for once."""

from collections.abc import Sequence
from typing import Any

from hosted_engine.engine.entity.declaration import Entity, View
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.rest.entities.codec import row
from hosted_engine.rest.media.objects import Objects

Groups = Sequence[tuple[str, Sequence[Any]]]  # objects by the path of their collection


def show(view: View, entity: Entity[Any], groups: Groups) -> Sequence[Objects]:
    """What is in the collections. Their paths are for what has no collection of its own."""
    place, key = view.place, view.place.key
    if place.shows:
        other, key = entity_of(entity.references[place.shows].tables[0]), "id"
        entity, groups = other, _assigned(view.tx, place.shows, other, groups)
    gathered = entity.gather(view, [item for _, items in groups for item in items])
    own = entity.path and not place.shows and not place.nested
    return [
        Objects([row(entity, i, gathered, "" if own else f"{path}/{getattr(i, key)}", key) for i in items])
        for path, items in groups
    ]


def _assigned(tx: Transaction, field: str, other: Entity[Any], groups: Groups) -> Groups:
    """What `field` names in the place of what names it, in the order of the others."""
    named = [(path, [getattr(item, field) for item in items]) for path, items in groups]
    there = tx.of(other.model).find([one for _, ids in named for one in ids])

    def order(item: Any) -> str:
        return str(getattr(item, other.order[0].removeprefix("-")))

    return [(path, sorted((there[one] for one in ids if one in there), key=order)) for path, ids in named]
