"""The statistics of whatever has some: of hosts and of their NICs."""

import uuid
from collections.abc import Sequence

from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.nodes.statistics import Statistic, statistics_of
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.refs import ref
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.resources.base import Resource
from hosted_engine.rest.resources.host_nics import HostNics


class StatisticLists(Resource):
    def handlers(self) -> Handlers:
        return {("Statistics", "list"): self.list, ("Statistic", "get"): self.get}

    async def list(self, call: Call) -> Answer:
        return Answer(list(await self._all(call)))

    async def get(self, call: Call) -> Answer:
        wanted = call.ids["statistic"]
        for one in await self._all(call):
            if one["id"] == wanted:
                return Answer(one)
        raise NotThere(kind="statistic", id=wanted)

    async def _all(self, call: Call) -> Sequence[Wire]:
        """Raises NotThereYet below what has none yet: VMs, disks, steps."""
        match call.ids.keys() - {"statistic"}:
            case names if names == {"host", "nic"}:
                return await HostNics(self.engine).statistics(call)
            case names if names == {"host"}:
                return await self._of_host(call.ids["host"])
        raise NotThereYet(service=call.service.name, method=f"{call.method.name} below {call.path}")

    async def _of_host(self, identity: str) -> Sequence[Wire]:
        node = await self.engine.store.read(lambda tx: found(tx.of(Node).get(identity), "host", identity))
        return [_to_wire(identity, one) for one in statistics_of(node, self.engine.readings)]


def _to_wire(host: str, one: Statistic) -> Wire:
    return {
        **ref("hosts", host, "statistics", str(uuid.uuid5(uuid.UUID(host), one.name))),
        "name": one.name,
        "description": one.description,
        "kind": one.kind,
        "type": one.type,
        "unit": one.unit,
        "values": [{"datum": one.value}],
        "host": ref("hosts", host),
    }
