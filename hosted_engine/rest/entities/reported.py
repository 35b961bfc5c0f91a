"""List and get of what nodes report, as its declaration says."""

from collections.abc import Mapping, Sequence

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entity.reported import Reported, Shown
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.rest.call import Answer, Call, Handler
from hosted_engine.rest.entities.codec import reported_row
from hosted_engine.rest.media.objects import Objects
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.schema import Schema


class ReportedHandlers:
    def __init__(self, engine: Engine, declared: Sequence[Reported], schema: Schema) -> None:
        self._engine = engine
        self._declared = declared
        self._schema = schema

    def handlers(self) -> dict[tuple[str, str], Handler]:
        collections = {(one.services[0], "list"): self.list for one in self._declared}
        return {**collections, **{(one.services[1], "get"): self.get for one in self._declared}}

    async def list(self, call: Call) -> Answer:
        _, items = await self._items(call)
        limit = call.parameters.integer("max")
        rows = [reported_row(identity, f"{call.path}/{identity}", one) for identity, one in items.items()]
        return Answer(Objects(rows[:limit] if limit is not None and limit >= 0 else rows))

    async def get(self, call: Call) -> Answer:
        meant, items = await self._items(call)
        identity = call.ids[self._schema.service(meant.services[0]).item_name]
        shown: Shown = found(items.get(identity), meant.kind, identity)
        return Answer(reported_row(identity, call.path, shown).wire())

    async def _items(self, call: Call) -> tuple[Reported, Mapping[str, Shown]]:
        """Raises NotThereYet where the same service is asked for what nobody reports."""
        for one in self._declared:
            if call.service.name in one.services and one.within <= call.ids.keys():
                meant = one
                break
        else:
            raise NotThereYet(service=call.service.name, method=f"{call.method.name} below {call.path}")

        def look(tx: Transaction) -> Mapping[str, Shown]:
            return meant.items(tx, self._engine.readings, call.ids)

        return meant, await self._engine.store.read(look)
