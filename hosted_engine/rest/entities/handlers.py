"""List, get, add, update, remove and the actions of every entity, as its declaration says."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entity.declaration import Action, Entity, Place, View
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.rest.call import Answer, Call, Handler
from hosted_engine.rest.entities import bodies, search
from hosted_engine.rest.entities.codec import to_wire
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.resources.base import Resource, added
from hosted_engine.rest.schema import Schema

Wires = list[Wire]
Places = Sequence[tuple[int, Place]]
Handle = Callable[[Call, int, Place], Awaitable[Answer]]


class EntityHandlers(Resource):
    """One entity's. Where several of its places have the same service, the ids in the path say which one is meant."""

    def __init__(self, engine: Engine, entity: Entity[Any], schema: Schema) -> None:
        super().__init__(engine)
        self._entity = entity
        self._schema = schema

    def handlers(self) -> dict[tuple[str, str], Handler]:
        by_services: dict[tuple[str, str], list[tuple[int, Place]]] = {}
        for number, place in enumerate(self._entity.places):
            by_services.setdefault(place.services, []).append((number, place))
        return {key: handler for places in by_services.values() for key, handler in self._of_places(places).items()}

    def _of_places(self, places: Places) -> dict[tuple[str, str], Handler]:
        collection, item = places[0][1].services
        methods = frozenset().union(*(place.methods for _, place in places))
        of_all: dict[tuple[str, str], Handle] = {
            (collection, "list"): self.list,
            (collection, "add"): self.add,
            (item, "get"): self.get,
            (item, "update"): self.update,
            (item, "remove"): self.remove,
        }
        there: dict[tuple[str, str], Handler] = {
            key: partial(self._at, places, handle) for key, handle in of_all.items() if key[1] in methods
        }
        if not places[0][1].within:
            for name, action in self._entity.actions.items():
                there[item, name] = partial(self.act_on, action)
        return there

    async def _at(self, places: Places, handle: Handle, call: Call) -> Answer:
        for number, place in places:
            if set(place.within) <= set(call.ids):
                return await handle(call, number, place)
        raise NotThereYet(service=call.service.name, method=f"{call.method.name} below {call.path}")

    async def list(self, call: Call, _: int, place: Place) -> Answer:
        with self.engine.store.transaction() as tx:
            within = {**place.having, **self._within(tx, call, place), **self._only(call, place)}
            items = search.items(tx, self._entity, call.parameters, within)
            return Answer(self._shown(tx, call, place, items, call.path))

    async def get(self, call: Call, _: int, place: Place) -> Answer:
        with self.engine.store.transaction() as tx:
            return Answer(self._one(tx, call, place, self._item(tx, call, place)))

    async def add(self, call: Call, number: int, place: Place) -> Answer:
        bodies.refuse_unknown(call.unknown)
        with self.engine.store.transaction() as tx:
            command, item = self._to_add(tx, call, number, place)
        running = await self.perform(call, command)
        with self.engine.store.transaction() as tx:
            now = found(tx.of(self._entity.model).get(item.id), self._entity.kind, item.id)
            return added(running, self._shown(tx, call, place, [now], call.path)[0])

    async def update(self, call: Call, _: int, place: Place) -> Answer:
        """Answered when it has ended, as in oVirt."""
        bodies.refuse_unknown(call.unknown)
        with self.engine.store.transaction() as tx:
            before = self._item(tx, call, place)
            taken = bodies.take(tx, self._entity, call.body, "update")
            command, item = self._entity.update(tx, before, taken.values, call.parameters)
            bodies.refuse(self._entity.element, taken, self._one(tx, call, place, item))
        await (await self.perform(call, command)).wait()
        return await self.get(call, _, place)

    async def remove(self, call: Call, number: int, place: Place) -> Answer:
        with self.engine.store.transaction() as tx:
            command = self._entity.remove(tx, self._item(tx, call, place), call.parameters, place=number)
        return await self.act(call, command)

    async def act_on(self, action: Action[Any], call: Call) -> Answer:
        bodies.refuse_unknown(call.unknown)
        with self.engine.store.transaction() as tx:
            item = self._item(tx, call, self._entity.places[0])
            taken = bodies.take_inputs(tx, action.inputs, call.body)
            bodies.refuse("action", taken, {})
            command = action.command(tx, item, taken.values)
        return await self.act(call, command)

    def _to_add(self, tx: Transaction, call: Call, number: int, place: Place) -> tuple[Command, Any]:
        within = self._within(tx, call, place)
        if place.shows:
            return self._to_assign(tx, call, number, place, within)
        taken = bodies.take(tx, self._entity, call.body, "add")
        given = {**taken.values, **place.having, **within}
        bodies.require(self._entity, given)
        command, item = self._entity.add(tx, given, call.parameters, place=number)
        bodies.refuse(self._entity.element, taken, self._shown(tx, call, place, [item], call.path)[0])
        return command, item

    def _to_assign(
        self, tx: Transaction, call: Call, number: int, place: Place, within: dict[str, str]
    ) -> tuple[Command, Any]:
        """What the body names is assigned to what the path names; what is assigned already stays so."""
        other = bodies.resolve(tx, self._entity.references[place.shows], call.body, self._entity.element)
        given = {**within, place.shows: other}
        for there in tx.of(self._entity.model).list(**given):
            return self._entity.update(tx, there, {}, call.parameters)
        identity = "/".join((*within.values(), other))
        return self._entity.add(tx, {"id": identity, **given}, call.parameters, place=number)

    def _within(self, tx: Transaction, call: Call, place: Place) -> dict[str, str]:
        """What an object has to have to be in this place. Raises NotThere where the path leads through nothing."""
        there: dict[str, str] = {}
        for name, within in place.within.items():
            above = entity_of(within.table)
            there[within.field] = found(above.find(tx, call.ids[name], call.caller), above.kind, call.ids[name]).id
        return there

    def _only(self, call: Call, place: Place) -> dict[str, frozenset[str]]:
        """What the caller sees of the list, so that `max` counts that alone."""
        return {} if call.only is None or place.shows else {place.key: call.only}

    def _item(self, tx: Transaction, call: Call, place: Place) -> Any:
        identity = call.ids[self._schema.service(place.services[0]).item_name]
        within = self._within(tx, call, place)
        if place.key == "id":
            item = self._entity.find(tx, identity, call.caller)
            if item is not None and all(getattr(item, name) == value for name, value in within.items()):
                return item
        elif items := tx.of(self._entity.model).list(**within, **{place.key: identity}):
            return items[0]
        raise NotThere(kind=self._entity.kind, id=identity)

    def _one(self, tx: Transaction, call: Call, place: Place, item: Any) -> Wire:
        return self._shown(tx, call, place, [item], call.path.rpartition("/")[0])[0]

    def _shown(self, tx: Transaction, call: Call, place: Place, items: Sequence[Any], path: str) -> Wires:
        """`path` is the collection's, for what has none of its own."""
        entity, key = self._entity, place.key
        if place.shows:
            entity, key = entity_of(self._entity.references[place.shows].tables[0]), "id"
            there = tx.of(entity.model).find([getattr(item, place.shows) for item in items])
            items = sorted(there.values(), key=lambda item: str(getattr(item, entity.order)))
        gathered = entity.gather(View(tx, self.engine.readings, call.parameters, place), items)
        own = entity.path and not place.shows and not place.nested
        return [to_wire(entity, i, gathered, "" if own else f"{path}/{getattr(i, key)}", key) for i in items]


def entity_handlers(engine: Engine, entities: Sequence[Entity[Any]], schema: Schema) -> dict[tuple[str, str], Handler]:
    """Raises TypeError where a declaration names what the API does not have."""
    handlers: dict[tuple[str, str], Handler] = {}
    for entity in entities:
        _check(entity, schema)
        handlers |= EntityHandlers(engine, entity, schema).handlers()
    return handlers


def _check(entity: Entity[Any], schema: Schema) -> None:
    wires = [*entity.shown, *(c.field.wire for c in entity.columns.values()), *(f.wire for f in entity.inputs.values())]
    for wire in wires:
        kind = entity.type
        for name in filter(None, wire.split(".")):
            attribute = schema.type(kind).attributes.get(name) if schema.is_type(kind) else None
            if attribute is None:
                raise TypeError(f"{entity.kind}: the API's {entity.type} has no {wire}")
            kind = attribute.type
