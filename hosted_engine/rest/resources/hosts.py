"""/hosts"""

import asyncio

from hosted_engine.engine.nodes.checks import NotToMaintenance
from hosted_engine.engine.nodes.commands.maintenance import ActivateNode, DeactivateNode
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.problems import found
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.entities import bodies
from hosted_engine.rest.problems import NotThereYet
from hosted_engine.rest.resources.base import Resource

PREPARING_POLL_S = 0.5


class MaintenanceEnded(NotToMaintenance):
    why = "it is {status} meanwhile: somebody has activated it, or it does not respond any more"
    mend = "Look at its events, and try again"


class Hosts(Resource):
    def handlers(self) -> Handlers:
        return {
            ("Host", "activate"): self.activate,
            ("Host", "deactivate"): self.deactivate,
        }

    async def activate(self, call: Call) -> Answer:
        _refuse_but(call)
        return await self.act(call, ActivateNode(id=call.ids["host"]))

    async def deactivate(self, call: Call) -> Answer:
        """Who waits waits for the maintenance itself, not only for its begin."""
        _refuse_but(call, "reason", "force", "stop_gluster_service")
        if _flag(call, "stop_gluster_service"):
            raise NotThereYet(service="Host", method="deactivate with stop_gluster_service")
        reason = call.body.get("reason") or call.parameters.text("reason") or ""
        command = DeactivateNode(id=call.ids["host"], reason=reason, force=_flag(call, "force"))
        answer = await self.act(call, command)
        if call.wait:
            await self._prepared(command.id)
        return answer

    async def _prepared(self, identity: str) -> None:
        while (node := self._node(identity)).status is NodeStatus.PREPARING_FOR_MAINTENANCE:  # noqa: ASYNC110
            await asyncio.sleep(PREPARING_POLL_S)
        if node.status is not NodeStatus.MAINTENANCE:
            raise MaintenanceEnded(node=node.name, status=node.status.value)

    def _node(self, identity: str) -> Node:
        with self.engine.store.transaction() as tx:
            return found(tx.nodes.get(identity), "host", identity)


def _refuse_but(call: Call, *names: str) -> None:
    """Raises NotCarriedOut, UnknownElement for what else the body says."""
    bodies.refuse_unknown(call.unknown)
    others = {name: value for name, value in call.body.items() if name not in (*names, "async")}
    bodies.refuse("action", bodies.Taken(left={name: (value, None) for name, value in others.items()}), {})


def _flag(call: Call, name: str) -> bool:
    """In the action, as the SDK sends it, or beside it, as oVirt reads it."""
    return bool(call.body.get(name) or call.parameters.boolean(name))
