"""The engine goes to a machine whose claim code it was given, and has it ask to be taken in."""

from dataclasses import replace

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.nodes.joining.base import NodeWork
from hosted_engine.engine.nodes.joining.conflicts import conflicts
from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.problems import found
from hosted_engine.engine.secrets import Secret
from node.api.problems import Failed, NodeNonResponsive

INVITE_S = 30.0
ASKS_S = 60.0


class NotTakenIn(Failed):
    what = "Host {node} was not taken in"
    why = "{reason}"
    mend = "Remove the other host, or change the machine, and add it again"


class InvitationWork(NodeWork):
    """`code` is the machine's claim code, `expected` the words of its key, empty where nobody has said them."""

    def __init__(self, dependencies: Dependencies, node_id: str, code: Secret, expected: str) -> None:
        super().__init__(dependencies, node_id)
        self._code = code
        self._expected = expected

    async def invite(self) -> None:
        async def why_not() -> str | None:
            try:
                self._note(await self.dependencies.fleet.invite(self.node(), self._revealed(), self._expected))
            except NodeNonResponsive as err:
                return str(err)
            return None

        await self.until(f"the machine at {self.node().address} answers", why_not, INVITE_S)

    def _revealed(self) -> str:
        with self.dependencies.store.transaction() as tx:
            return tx.secrets.reveal(self._code)

    def _note(self, fingerprint: str) -> None:
        """From here on its questions are those of this host, also where it has asked by itself before."""
        with self.dependencies.store.transaction() as tx:
            node = found(tx.nodes.get(self.id), "host", self.id)
            for other in tx.nodes.list(fingerprint=fingerprint):
                if other.id != self.id and other.status not in OUTSIDE:
                    raise NotTakenIn(node=node.name, reason=f"host {other.name} of this site has its key")
            for asked in tx.node_registrations.list(fingerprint=fingerprint):
                if asked.id != self.id:
                    tx.node_registrations.remove(asked.id)
            for other in tx.nodes.list(fingerprint=fingerprint):
                if other.id != self.id:
                    tx.nodes.remove(other.id)
            tx.nodes.update(replace(node, fingerprint=fingerprint))

    async def wait_for_question(self) -> None:
        async def why_not() -> str | None:
            with self.dependencies.store.transaction() as tx:
                return "it has not asked yet" if tx.node_registrations.get(self.id) is None else None

        await self.until(f"{self.node().name} asks to be taken in", why_not, ASKS_S)
        with self.dependencies.store.transaction() as tx:
            node = found(tx.nodes.get(self.id), "host", self.id)
            asked = found(tx.node_registrations.get(self.id), "registration", self.id)
            for reason in conflicts(tx, node, asked):
                raise NotTakenIn(node=node.name, reason=f"it {reason}")

    async def leave_it_asking(self) -> None:
        """Undo of both: it may be approved, or removed."""
