"""Adds, changes and removes an object of any entity that needs nothing of the nodes: one transaction each, no steps."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.entity.field import OnRemove
from hosted_engine.engine.entity.registry import entity_of, users_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import InUse, found

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity, Events


class EntityCommand(Command, frozen=True, kw_only=True):
    """`table` says which entity, `id` which object, `place` in which of its places it was asked for; `held` is locked
    meanwhile."""

    table: str
    id: str
    place: int = 0
    held: tuple[Lock, ...] = ()

    @property
    def entity(self) -> "Entity[Any]":
        return entity_of(self.table)

    @property
    def events(self) -> "Events":
        return self.entity.events_at(self.place)

    def locks(self) -> tuple[Lock, ...]:
        return self.held

    def the_item(self, tx: Transaction) -> Any:
        return found(tx.of(self.entity.model).get(self.id), self.entity.kind, self.id)


class AddEntity(EntityCommand, frozen=True, kw_only=True):
    """`item` is the whole object as JSON has it."""

    item: dict[str, Any]

    @classmethod
    def of(cls, entity: "Entity[Any]", item: Any, *, place: int = 0) -> Self:
        return cls(table=entity.table, id=item.id, place=place, held=entity.locks(item), item=msgspec.to_builtins(item))

    def check(self, tx: Transaction) -> None:
        item = self._item()
        self.entity.check_references(tx, item)
        self.entity.check(tx, item, None)
        self.entity.check_unique(tx, item)

    def describe(self, tx: Transaction) -> str:
        return f"Adding {self.entity.kind} {self.entity.name_of(self._item())}"

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
        was, now = msgspec.to_builtins(before), msgspec.to_builtins(item)
        changes = {name: value for name, value in now.items() if value != was[name]}
        return cls(table=entity.table, id=before.id, held=entity.locks(before), changes=changes)

    def check(self, tx: Transaction) -> None:
        before, item = self.the_item(tx), self._changed(tx)
        if item == before:
            return
        self.entity.check_references(tx, item)
        self.entity.check(tx, item, before)
        self.entity.check_unique(tx, item)

    def describe(self, tx: Transaction) -> str:
        return f"Editing {self.entity.kind} {self.entity.name_of(self.the_item(tx))}"

    def finish(self, tx: Transaction, context: Context) -> None:
        item = self._changed(tx)
        if item == self.the_item(tx):
            return
        tx.of(self.entity.model).update(item)
        emit_of(tx, context, self.events.update, self.entity, item)

    def _changed(self, tx: Transaction) -> Any:
        return msgspec.convert(msgspec.to_builtins(self.the_item(tx)) | self.changes, self.entity.model)


class RemoveEntity(EntityCommand, frozen=True, kw_only=True):
    @classmethod
    def of(cls, entity: "Entity[Any]", item: Any, *, place: int = 0) -> Self:
        return cls(table=entity.table, id=item.id, place=place, held=entity.locks(item))

    def check(self, tx: Transaction) -> None:
        check_removable(tx, self.entity, self.the_item(tx))

    def describe(self, tx: Transaction) -> str:
        return f"Removing {self.entity.kind} {self.entity.name_of(self.the_item(tx))}"

    def finish(self, tx: Transaction, context: Context) -> None:
        item = self.the_item(tx)
        remove_item(tx, self.entity, item)
        emit_of(tx, context, self.events.remove, self.entity, item)


def check_removable(tx: Transaction, entity: "Entity[Any]", item: Any) -> None:
    """Raises Refused while something that does not go with it needs it."""
    entity.check_removable(tx, item)
    for user, field, reference in users_of(entity.table):
        others = tx.of(user.model).list(**{field: item.id})
        if others and reference.on_remove is OnRemove.REFUSE:
            named = ", ".join(user.name_of(other) for other in others[:3])
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            raise InUse(kind=entity.kind, name=entity.name_of(item), users=f"{user.kind} {named}{more}")
        if reference.on_remove is OnRemove.CASCADE:
            for other in others:
                check_removable(tx, user, other)


def remove_item(tx: Transaction, entity: "Entity[Any]", item: Any) -> None:
    """Of the objects that name it, those that go with it go first, and the others name nothing from now on."""
    for user, field, reference in users_of(entity.table):
        for other in tx.of(user.model).list(**{field: item.id}):
            if reference.on_remove is OnRemove.CASCADE:
                remove_item(tx, user, other)
            elif reference.on_remove is OnRemove.CLEAR:
                tx.of(user.model).update(replace(other, **{field: None}))
    entity.removed(tx, item)
    tx.of(entity.model).remove(item.id)
