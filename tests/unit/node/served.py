"""A fake node that is served over TLS, as an agent serves its own."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from node.api.operation import Arguments, Operation
from node.clock import SystemClock
from node.registration.inviting import Inviting
from node.registration.join_files import JoinFiles
from node.registration.membership import Membership
from node.server.app import make_app
from node.server.serve import Service
from node.tls import server_context
from tests.fakes.authority import FakeAuthority
from tests.fakes.glusterd_unit import FakeGlusterdUnit
from tests.fakes.node.fake import FakeNode
from tests.ports import free_port


class Hosted(FakeNode):
    """A fake node whose identity is a real membership, served as the agent serves it."""

    def __init__(self, folder: Path) -> None:
        super().__init__("node1")
        self.port = free_port()
        self.service = Service(self._make, port=self.port, hosts="127.0.0.1", drain_s=0)
        self.membership = Membership(
            folder,
            "node1",
            clock=SystemClock(),
            addresses=lambda: ["127.0.0.1"],
            on_membership_changed=self.service.again,
            trusts=[FakeGlusterdUnit(folder).trust(folder)],
        )
        self.membership.prepare()
        self.join_files = JoinFiles(folder, folder)
        self._real: dict[str, Callable[..., Any]] = {
            "identity": self.membership.identity,
            "claim": self.membership.claim,
            "leave": self.membership.end,
            "invite": Inviting(self.membership, self.join_files).invite,
        }

    async def call(self, operation: Operation, arguments: Arguments) -> Any:
        if operation.name in self._real:
            return self._real[operation.name](**arguments)
        return await super().call(operation, arguments)

    def _make(self) -> tuple[Any, ssl.SSLContext]:
        own = self.membership
        if not own.claimed:
            return make_app(self, own, mutual=False), server_context(own.certificate_file, own.key_file, None)
        tls = server_context(own.certificate_file, own.key_file, own.authority_file)
        return make_app(self, own, mutual=True), tls


class Open:
    claimed = True

    def knows_claim_code(self, code: str) -> bool:
        return False

    def believes_claim_proof(self, nonce: str, proof: str) -> bool:
        return False

    def is_member(self, name: str) -> bool:
        return True


async def wait_idle(service: Service) -> None:
    async with asyncio.timeout(60):
        while not service.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[None]:
    task = asyncio.create_task(service.run())
    try:
        await wait_idle(service)
        yield
    finally:
        service.stop()
        await task


@asynccontextmanager
async def member(fake: FakeNode, authority: FakeAuthority, folder: Path) -> AsyncIterator[int]:
    """Serves `fake` as a claimed node; gives the port."""
    certificate, key, ca = authority.issue(folder, "node1", "node")
    port = free_port()
    tls = server_context(certificate, key, ca)
    async with serving(
        Service(lambda: (make_app(fake, Open(), mutual=True), tls), port=port, hosts="127.0.0.1", drain_s=0)
    ):
        yield port
