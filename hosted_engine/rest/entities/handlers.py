"""List, get, add, update, remove and the actions of every entity, as its declaration says."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entity.declaration import Action, Entity, Place, View
from hosted_engine.engine.entity.field import Part, Reference
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.rest.batch import Answers, Batch
from hosted_engine.rest.call import Answer, Call, Handler, Parameters
from hosted_engine.rest.entities import bodies, search
from hosted_engine.rest.entities.codec import ref, to_wire
from hosted_engine.rest.entities.compare import put_part
from hosted_engine.rest.entities.reported import ReportedHandlers
from hosted_engine.rest.entities.showing import Groups, show
from hosted_engine.rest.media.objects import Objects
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.resources.base import Resource, acted, added
from hosted_engine.rest.schema import Schema

POLL_S = 0.5  # between two looks at what somebody waits for

Wires = list[Wire]
Handle = Callable[[Call, int, Place], Awaitable[Answer]]
Key = tuple[str, str]  # (service, method) of the schema


@dataclass(frozen=True, slots=True)
class Here:
    """What answers in one place of an entity: one call, or many `together`."""

    handle: Handle
    number: int
    place: Place
    together: Callable[[Sequence[Call], Place], Awaitable[Answers | None]] | None = None
    instead: Mapping[str, Handler] = field(default_factory=dict)


class EntityHandlers(Resource):
    """One entity's, in each of its places."""

    def __init__(self, engine: Engine, entity: Entity[Any], schema: Schema) -> None:
        super().__init__(engine)
        self._entity = entity
        self._schema = schema

    def places(self) -> Iterator[tuple[Key, Here]]:
        for number, place in enumerate(self._entity.places):
            collection, item = place.services
            there: dict[Key, Handle] = {
                (collection, "list"): self.list,
                (collection, "add"): self.add,
                (item, "get"): self.get,
                (item, "update"): self.update,
                (item, "remove"): self.remove,
            }
            together = {(collection, "list"): self.lists, (item, "get"): self.gets}
            for key, handle in there.items():
                if key[1] in place.methods:
                    yield key, Here(handle, number, place, together.get(key), self._instead(place, key))

    def _instead(self, place: Place, key: Key) -> Mapping[str, Handler]:
        there = {
            option: ReportedHandlers(self.engine, [one], self._schema).handlers()
            for option, one in place.instead.items()
        }
        return {option: handlers[key] for option, handlers in there.items() if key in handlers}

    def actions(self) -> Iterator[tuple[Key, Handler]]:
        for name, action in self._entity.actions.items():
            yield (self._entity.places[action.place].services[1], name), partial(self.act_on, action)

    async def list(self, call: Call, _: int, place: Place) -> Answer:
        def read(tx: Transaction) -> Objects:
            within = {**place.having, **self._within(tx, call, place), **self._only(call, place)}
            asked = search.Asked(self._entity, call.parameters, within, self.engine.clock())
            items = search.items(tx, asked, self.engine.readings)
            return self._all_shown(tx, call.parameters, place, [(call.path, items)])[0]

        return Answer(await self.engine.store.read(read))

    async def get(self, call: Call, _: int, place: Place) -> Answer:
        def read(tx: Transaction) -> Wire:
            return self._one(tx, call, place, self._item(tx, call, place))

        return Answer(await self.engine.store.read(read))

    async def lists(self, calls: Sequence[Call], place: Place) -> Answers | None:
        """What many objects have each, None where it has to be asked one by one."""
        if len(place.within) != 1:
            return None
        ((name, within),) = place.within.items()

        def read(tx: Transaction) -> Answers:
            there: dict[str, list[Any]] = {call.ids[name]: [] for call in calls}
            for item in tx.of(self._entity.model).list(**{within.field: tuple(there)}):
                there[getattr(item, within.field)].append(item)
            groups = [(call.path, there[call.ids[name]]) for call in calls]
            return [Answer(objects) for objects in self._all_shown(tx, calls[0].parameters, place, groups)]

        return await self.engine.store.read(read)

    async def gets(self, calls: Sequence[Call], place: Place) -> Answers | None:
        """Many objects, None where they have to be asked one by one."""
        if place.within or place.key != "id" or self._entity.columns["id"].type is not str:
            return None
        item_name = self._schema.service(place.services[0]).item_name
        ids = [call.ids[item_name] for call in calls]

        def read(tx: Transaction) -> dict[str, Wire]:
            there = tx.of(self._entity.model).find(ids)
            path = calls[0].path.rpartition("/")[0]
            shown = self._all_shown(tx, calls[0].parameters, place, [(path, tuple(there.values()))])[0]
            return dict(zip(there, shown.wires(), strict=True))

        wires = await self.engine.store.read(read)
        return [Answer(wires[id_]) if id_ in wires else None for id_ in ids]

    async def add(self, call: Call, number: int, place: Place) -> Answer:
        bodies.refuse_unknown(call.unknown)
        command, item = await self.engine.store.read(lambda tx: self._to_add(tx, call, number, place))
        running = await self.perform(call, command)
        if place.waits:
            await running.wait()

        def read(tx: Transaction) -> Wire:
            now = found(self._entity.find_added(tx, item), self._entity.kind, str(item.id))
            return self._shown(tx, call, place, [now], call.path)[0]

        return added(running, await self.engine.store.read(read))

    async def update(self, call: Call, _: int, place: Place) -> Answer:
        """Answered when it has ended, as in oVirt."""
        bodies.refuse_unknown(call.unknown)
        command = await self.engine.store.read(lambda tx: self._to_update(tx, call, place))
        await (await self.perform(call, command)).wait()
        return await self.get(call, _, place)

    async def remove(self, call: Call, number: int, place: Place) -> Answer:
        def read(tx: Transaction) -> Command:
            return self._entity.remove(tx, self._item(tx, call, place), call.parameters, place=number)

        return await self.act(call, await self.engine.store.read(read))

    async def act_on(self, action: Action[Any], call: Call) -> Answer:
        bodies.refuse_unknown(call.unknown)
        command, item = await self.engine.store.read(lambda tx: self._to_act(tx, call, action))
        running = await self.perform(call, command)
        links = action.answers(running.command) if action.answers else {}
        answer = acted(running, {name: ref(link.table, link.id) for name, link in links.items()})
        while call.wait and action.is_done and not action.is_done(await self._now(item.id)):  # noqa: ASYNC110 - a node does it
            await asyncio.sleep(POLL_S)
        return answer

    async def _now(self, identity: str) -> Any:
        def read(tx: Transaction) -> Any:
            return found(tx.of(self._entity.model).get(identity), self._entity.kind, identity)

        return await self.engine.store.read(read)

    def _to_act(self, tx: Transaction, call: Call, action: Action[Any]) -> tuple[Command, Any]:
        item = self._item(tx, call, self._entity.places[action.place])
        taken = bodies.take_inputs(tx, action.inputs, {**_beside(call, action, self._schema), **call.body})
        bodies.refuse("action", taken, dict(action.shown))
        caller = {"caller_id": call.caller.user_id} if action.of_caller else {}
        return action.command(tx, item, {**taken.values, **caller}), item

    def _to_update(self, tx: Transaction, call: Call, place: Place) -> Command:
        before = self._item(tx, call, place)
        taken = bodies.take(tx, self._entity, call.body, "update", before=before)
        command, item = self._entity.update(tx, before, taken.values, call.parameters)
        shown = self._with_parts(tx, call, self._one(tx, call, place, item), item, command, taken.values)
        bodies.refuse(self._entity.element, taken, shown)
        return command

    def _to_add(self, tx: Transaction, call: Call, number: int, place: Place) -> tuple[Command, Any]:
        within = self._within(tx, call, place)
        if place.shows:
            return self._to_assign(tx, call, number, place, within)
        if place.joins:
            return self._to_join(tx, call, within)
        taken = bodies.take(tx, self._entity, call.body, "add", known=within)
        bodies.refuse_other(self._entity, taken, within)
        given = {**taken.values, **place.having, **within, **self._named(tx, call, place, within)}
        bodies.require(self._entity, given, self._entity.completed(given))
        command, item = self._entity.add(tx, {**given, **call.found}, call.parameters, place=number)
        shown = self._shown(tx, call, place, [item], call.path)[0]
        bodies.refuse(self._entity.element, taken, self._with_parts(tx, call, shown, item, command, given))
        return command, item

    def _with_parts(
        self, tx: Transaction, call: Call, shown: Wire, item: Any, command: Command, given: dict[str, Any]
    ) -> Wire:
        """`shown`, and in it the parts that a body may say; for comparing, not for an answer."""
        for place, (entity, part) in self._entity.parts(tx, item, command, given).items():
            at = entity.places[0]
            gathered = entity.gather(View(tx, self.engine.readings, call.parameters, at), [part])
            put_part(shown, place, to_wire(entity, part, gathered, "", at.key))
        return shown

    def _to_assign(
        self, tx: Transaction, call: Call, number: int, place: Place, within: dict[str, str]
    ) -> tuple[Command, Any]:
        """What the body names is assigned to what the path names; what is assigned already stays so."""
        given = {**within, **self._named(tx, call, place, within)}
        for there in tx.of(self._entity.model).list(**given):
            command, item = self._entity.update(tx, there, {}, call.parameters)
            break
        else:
            identity = "/".join(given.values())
            command, item = self._entity.add(tx, {"id": identity, **given}, call.parameters, place=number)
        shown = self._shown(tx, call, place, [item], call.path)[0]
        root = entity_of(self._entity.references[place.shows].tables[0]).element
        bodies.refuse_changes(root, call.body, shown)
        return command, item

    def _to_join(self, tx: Transaction, call: Call, within: dict[str, str]) -> tuple[Command, Any]:
        """What the body names, which says nothing else of it than what is so."""
        identity = bodies.resolve(tx, Reference(to=self._entity.table), call.body, self._entity.element)
        item = found(tx.of(self._entity.model).get(identity), self._entity.kind, identity)
        command = self._entity.join(tx, item, within, call.parameters)
        shown = self._shown(tx, call, self._entity.places[-1], [item], "")[0]
        bodies.refuse_changes(self._entity.element, call.body, shown)
        return command, item

    def _named(self, tx: Transaction, call: Call, place: Place, within: dict[str, str]) -> dict[str, str]:
        """What the body as a whole names, by id or name: where the place is one of references, that which it means."""
        name = place.shows or place.key
        reference = self._entity.references.get(name)
        parts = [said.of for said in self._entity.inputs.values() if isinstance(said, Part)]
        if reference is None or reference.tables[0] in parts:
            return {}

        def meant(named: Sequence[Any]) -> Sequence[Any]:
            return self._entity.meant(tx, name, named, within)

        return {name: bodies.resolve(tx, reference, call.body, self._entity.element, meant)}

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
        return self._all_shown(tx, call.parameters, place, [(path, items)])[0].wires()

    def _all_shown(self, tx: Transaction, options: Parameters, place: Place, groups: Groups) -> Sequence[Objects]:
        return show(View(tx, self.engine.readings, options, place), self._entity, groups)


def _meant(there: Sequence[Here], call: Call) -> Here:
    """Where several places have the same service, the ids in the path say which one is meant. Raises NotThereYet."""
    for here in there:
        if set(here.place.within) <= set(call.ids):
            return here
    raise NotThereYet(service=call.service.name, method=f"{call.method.name} below {call.path}")


def _beside(call: Call, action: Action[Any], schema: Schema) -> Wire:
    """What the path says of the action's elements: oVirt reads them in either place."""
    path, attributes = Parameters(call.parameters.query, call.parameters.matrix), schema.type("Action").attributes
    said: Wire = {}
    for name in (*(one.wire for one in action.inputs.values()), *action.shown):
        if path.text(name) is not None:
            said[name] = path.boolean(name) if attributes[name].type == "Boolean" else path.text(name)
    return said


async def _at(there: Sequence[Here], call: Call) -> Answer:
    here = _meant(there, call)
    for option, handler in here.instead.items():
        if call.parameters.boolean(option):
            return await handler(call)
    return await here.handle(call, here.number, here.place)


async def _together(there: Sequence[Here], calls: Sequence[Call]) -> Answers | None:
    here = _meant(there, calls[0])
    return await here.together(calls, here.place) if here.together else None


def entity_handlers(engine: Engine, entities: Sequence[Entity[Any]], schema: Schema) -> dict[Key, Handler]:
    """Raises TypeError where a declaration names what the API does not have."""
    handlers: dict[Key, Handler] = {}
    there: dict[Key, list[Here]] = {}
    for entity in entities:
        _check(entity, schema)
        of_entity = EntityHandlers(engine, entity, schema)
        handlers.update(of_entity.actions())
        for key, here in of_entity.places():
            there.setdefault(key, []).append(here)
    return handlers | {key: Batch(partial(_at, places), partial(_together, places)) for key, places in there.items()}


def _check(entity: Entity[Any], schema: Schema) -> None:
    said = (*(c.field for c in entity.columns.values()), *entity.inputs.values())
    for wire in (*entity.shown, *(wire for f in said for wire in (f.wire, *f.also))):
        kind = entity.type
        for name in filter(None, wire.split(".")):
            attribute = schema.type(kind).attributes.get(name) if schema.is_type(kind) else None
            if attribute is None:
                raise TypeError(f"{entity.kind}: the API's {entity.type} has no {wire}")
            kind = attribute.type
