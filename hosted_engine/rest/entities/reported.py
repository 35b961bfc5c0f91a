"""List and get of what no table holds, and what brings it there and takes it away, as its declaration says."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.entity.reported import Reported, ReportedAction, Shown
from hosted_engine.engine.entity.values import normal
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere
from hosted_engine.rest.call import Answer, Call, Handler
from hosted_engine.rest.entities import bodies
from hosted_engine.rest.entities.codec import reported_row
from hosted_engine.rest.media.objects import Objects
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import Incomplete, NotThereYet
from hosted_engine.rest.resources.base import Resource, added
from hosted_engine.rest.schema import Schema


class ReportedHandlers(Resource):
    def __init__(self, engine: Engine, declared: Sequence[Reported], schema: Schema) -> None:
        super().__init__(engine)
        self._declared = declared
        self._schema = schema

    def handlers(self) -> dict[tuple[str, str], Handler]:
        there: dict[tuple[str, str], Handler] = {}
        for one in self._declared:
            collection, item = one.services
            there |= {(collection, "list"): self.list, (item, "get"): self.get}
            there |= {(collection, "add"): self.add} if one.add else {}
            there |= {(item, "update"): self.update} if one.update else {}
            there |= {(item, "remove"): self.remove} if one.remove else {}
            there |= {(item, name): partial(self.act_on, action) for name, action in one.actions.items()}
        return there

    async def list(self, call: Call) -> Answer:
        meant = self._meant(call)
        items = await self.engine.store.read(lambda tx: self._items(tx, meant, call))
        limit = call.parameters.integer("max")
        rows = [reported_row(identity, f"{call.path}/{identity}", one) for identity, one in items.items()]
        return Answer(Objects(rows[:limit] if limit is not None and limit >= 0 else rows))

    async def get(self, call: Call) -> Answer:
        meant = self._meant(call)
        items = await self.engine.store.read(lambda tx: self._items(tx, meant, call))
        identity = call.ids[self._schema.service(meant.services[0]).item_name]
        return Answer(reported_row(identity, call.path, _one(items, meant, identity)).wire())

    async def add(self, call: Call) -> Answer:
        """What is there already is answered as it is."""
        bodies.refuse_unknown(call.unknown)
        meant = self._meant(call)
        command, identity = await self.engine.store.read(lambda tx: self._to_add(tx, meant, call))
        running = await self.perform(call, command) if command is not None else None
        shown = await self.engine.store.read(lambda tx: self._shown(tx, meant, call, identity))
        return added(running, shown) if running is not None else Answer(shown, 201)

    async def update(self, call: Call) -> Answer:
        """Answered when it has ended."""
        bodies.refuse_unknown(call.unknown)
        meant = self._meant(call)
        command = await self.engine.store.read(lambda tx: self._to_update(tx, meant, call))
        if command is not None:
            await (await self.perform(call, command)).wait()
        return await self.get(call)

    async def remove(self, call: Call) -> Answer:
        meant = self._meant(call)
        assert meant.remove is not None
        remove = meant.remove
        command = await self.engine.store.read(lambda tx: remove(tx, call.ids))
        return await self.act(call, command) if command is not None else Answer()

    async def act_on(self, action: ReportedAction, call: Call) -> Answer:
        bodies.refuse_unknown(call.unknown)

        def command(tx: Transaction) -> Command:
            taken = bodies.take_inputs(tx, action.inputs, call.body)
            bodies.refuse("action", taken, dict(action.shown))
            return action.command(tx, call.ids, _normal("action", action.inputs, taken.values))

        return await self.act(call, await self.engine.store.read(command))

    def _to_update(self, tx: Transaction, meant: Reported, call: Call) -> Command | None:
        """What is left out is none; the element that it stands in has to be there."""
        assert meant.update is not None
        kind = next(iter(call.method.takes.values()))
        root = self._schema.type(kind).tag
        identity = call.ids[self._schema.service(meant.services[0]).item_name]
        shown = _one(self._items(tx, meant, call), meant, identity)
        taken = bodies.take_inputs(tx, meant.inputs, call.body, root)
        bodies.refuse(root, taken, reported_row(identity, call.path, shown).wire())
        if missing := [one.wire for one in meant.inputs.values() if one.wire.partition(".")[0] not in call.body]:
            raise Incomplete(type=kind, missing=", ".join(missing), method="update")
        return meant.update(tx, call.ids, taken.values, call.parameters)

    def _to_add(self, tx: Transaction, meant: Reported, call: Call) -> tuple[Command | None, str]:
        assert meant.add is not None
        kind = next(iter(call.method.takes.values()))
        root = self._schema.type(kind).tag
        taken = bodies.take_inputs(tx, meant.inputs, call.body, root)
        needed = {name: one for name, one in meant.inputs.items() if name not in meant.optional}
        if missing := [one.wire for name, one in needed.items() if taken.values.get(name) is None]:
            raise Incomplete(type=kind, missing=", ".join(missing), method="add")
        given = _normal(root, meant.inputs, taken.values)
        command, identity = meant.add(tx, call.ids, given)
        there = self._items(tx, meant, call).get(identity)
        shown = reported_row(identity, call.path, there).wire() if there is not None else {}
        bodies.refuse(root, taken, shown | self._links(call, identity))
        return command, identity

    def _links(self, call: Call, identity: str) -> Wire:
        """What is known of one before it is there: what the path says."""
        return {"id": identity, **{name: {"id": value} for name, value in call.ids.items()}}

    def _shown(self, tx: Transaction, meant: Reported, call: Call, identity: str) -> Wire:
        shown = _one(self._items(tx, meant, call), meant, identity)
        return reported_row(identity, f"{call.path}/{identity}", shown).wire()

    def _items(self, tx: Transaction, meant: Reported, call: Call) -> Mapping[str, Shown]:
        return meant.items(tx, self.engine.readings, call.ids, call.parameters)

    def _meant(self, call: Call) -> Reported:
        """Raises NotThereYet where the same service is asked for what nobody reports."""
        for one in self._declared:
            if call.service.name in one.services and one.within <= call.ids.keys():
                return one
        raise NotThereYet(service=call.service.name, method=f"{call.method.name} below {call.path}")


def _normal(root: str, inputs: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Raises BadValue."""
    return {name: normal(f"{root}.{inputs[name].wire}", value, inputs[name]) for name, value in values.items()}


def _one(items: Mapping[str, Shown], meant: Reported, identity: str) -> Shown:
    """Raises NotThere."""
    if identity not in items:
        raise NotThere(kind=meant.kind, id=identity)
    return items[identity]
