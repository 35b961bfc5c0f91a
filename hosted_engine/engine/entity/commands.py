"""Adds, changes and removes an object of any entity that needs nothing of the nodes: one transaction each, no steps."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, get_origin

import msgspec

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.entity.changes import changed, changes
from hosted_engine.engine.entity.field import OnRemove
from hosted_engine.engine.entity.registry import entity_of, users_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import InUse, found, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.entity.events import Events


class EntityCommand(Command, frozen=True, kw_only=True):
    """`table` says which entity, `id` which object, `place` in which of its places it was asked for; `required_locks`
    are taken meanwhile."""

    table: str
    id: str
    place: int = 0
    required_locks: tuple[Lock, ...] = msgspec.field(name="held", default=())  # as stored tasks name it

    @property
    def entity(self) -> "Entity[Any]":
        return entity_of(self.table)

    @property
    def events(self) -> "Events":
        return self.entity.events_at(self.place)

    def locks(self) -> tuple[Lock, ...]:
        return self.required_locks

    def the_item(self, tx: Transaction) -> Any:
        return found(tx.of(self.entity.model).get(self.id), self.entity.kind, self.id)


class AddEntity(EntityCommand, frozen=True, kw_only=True):
    """`item` is the whole object as JSON has it."""

    item: dict[str, Any]

    @classmethod
    def of(cls, entity: "Entity[Any]", item: Any, *, place: int = 0) -> Self:
        return cls(
            table=entity.table,
            id=item.id,
            place=place,
            required_locks=entity.locks(item),
            item=msgspec.to_builtins(item),
        )

    def check(self, tx: Transaction) -> None:
        item = self._item()
        self.entity.check_references(tx, item)
        self.entity.check(tx, item, None)
        if type(self) is AddEntity:
            self.entity.check_alone(tx, item, None)
        self.entity.check_unique(tx, item)

    def describe(self, tx: Transaction) -> str:
        return self.entity.describe(tx, self._item(), "Adding")

    def creates(self) -> tuple[tuple[str, str], ...]:
        return ((self.table, self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        item = self._item()
        tx.of(self.entity.model).add(item)
        self.entity.added(tx, item)
        emit_of(tx, context, self.events.add, self.entity, item)

    def _item(self) -> Any:
        return msgspec.convert(self.item, self.entity.model)


class UpdateEntity(EntityCommand, frozen=True, kw_only=True):
    """`changes` holds the fields that change, as JSON has them: what others change meanwhile stays."""

    changes: dict[str, Any]

    @classmethod
    def of(cls, entity: "Entity[Any]", before: Any, item: Any) -> Self:
        return cls(table=entity.table, id=before.id, required_locks=entity.locks(before), changes=changes(before, item))

    def check(self, tx: Transaction) -> None:
        before, item = self.the_item(tx), self._changed(tx)
        if item == before:
            return
        self.entity.check_references(tx, item)
        self.entity.check(tx, item, before)
        if type(self) is UpdateEntity:
            self.entity.check_alone(tx, item, before)
        self.entity.check_unique(tx, item)

    def describe(self, tx: Transaction) -> str:
        return self.entity.describe(tx, self.the_item(tx), "Editing")

    def finish(self, tx: Transaction, context: Context) -> None:
        before, item = self.the_item(tx), self._changed(tx)
        if item == before:
            return
        tx.of(self.entity.model).update(item)
        self.entity.changed(tx, item, before)
        emit_of(tx, context, self.events.update, self.entity, item)

    def _changed(self, tx: Transaction) -> Any:
        return changed(self.the_item(tx), self.changes)


class RemoveEntity(EntityCommand, frozen=True, kw_only=True):
    @classmethod
    def of(cls, entity: "Entity[Any]", item: Any, *, place: int = 0) -> Self:
        return cls(table=entity.table, id=item.id, place=place, required_locks=entity.locks(item))

    def check(self, tx: Transaction) -> None:
        item = self.the_item(tx)
        check_removable(tx, self.entity, item)
        if type(self) is RemoveEntity:
            self.entity.check_alone(tx, item, item, stays=False)

    def describe(self, tx: Transaction) -> str:
        return self.entity.describe(tx, self.the_item(tx), "Removing")

    def finish(self, tx: Transaction, context: Context) -> None:
        item = self.the_item(tx)
        remove_item(tx, self.entity, item)
        emit_of(tx, context, self.events.remove, self.entity, item)


def check_removable(tx: Transaction, entity: "Entity[Any]", item: Any) -> None:
    """Raises Refused while something that does not go with it needs it."""
    entity.check_removable(tx, item)
    for user, field, reference in users_of(entity.table):
        if reference.on_remove is OnRemove.NO_ACTION:
            continue
        others = _naming(tx, user, field, item.id)
        if others and reference.on_remove is OnRemove.REFUSE:
            users = f"{user.kind} {listed([user.name_of(other) for other in others])}"
            raise InUse(kind=entity.kind, name=entity.name_of(item), users=users)
        if reference.on_remove is OnRemove.CASCADE:
            for other in others:
                check_removable(tx, user, other)


def _naming(tx: Transaction, user: "Entity[Any]", field: str, identity: str) -> "Sequence[Any]":
    """The objects whose field names this one, alone or among others."""
    if get_origin(user.columns[field].type) is tuple:
        return [other for other in tx.of(user.model).list() if identity in getattr(other, field)]
    return tx.of(user.model).list(**{field: identity})


def remove_item(tx: Transaction, entity: "Entity[Any]", item: Any) -> None:
    """Of the objects that name it, those that go with it go first, and the others name nothing from now on."""
    for user, field, reference in users_of(entity.table):
        if reference.on_remove is OnRemove.NO_ACTION:
            continue
        for other in tx.of(user.model).list(**{field: item.id}):
            if reference.on_remove is OnRemove.CASCADE:
                remove_item(tx, user, other)
            elif reference.on_remove is OnRemove.CLEAR:
                tx.of(user.model).update(replace(other, **{field: None}))
    entity.removed(tx, item)
    tx.of(entity.model).remove(item.id)
