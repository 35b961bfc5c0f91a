"""The agent of the machine: the real server over the real network, on what is fake of a node; argument: its folder.

`unguarded` in the folder takes the protection away: changes are confirmed at once, without anybody's proof.
"""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

from msgspec import structs

from netconf.change_store import ChangeStore
from netconf.choose import default_network
from node.api.messages.network import NetworkChange, NetworkRequest
from node.api.operation import Arguments, Operation
from node.clock import SystemClock
from node.network.host_network import BACKEND_WAIT_S, HostNetwork
from node.server.app import make_app
from node.server.serve import Service
from node.tls import server_context
from tests.fakes.node.fake import FakeNode
from tests.integration.lockout import dying

PORT = 54321
UNGUARDED = "unguarded"


class NetworkNode(FakeNode):
    """Only the network is real."""

    def __init__(self, network: HostNetwork, folder: Path) -> None:
        super().__init__("node1")
        self.host_network = network
        self._folder = folder

    async def call(self, operation: Operation, arguments: Arguments) -> Any:
        match operation.name:
            case "network":
                return await self.host_network.network()
            case "change_network":
                return await self._change(**arguments)
            case "confirm_network":
                return await self.host_network.confirm_network(**arguments)
        return await super().call(operation, arguments)

    async def _change(self, request: NetworkRequest) -> NetworkChange:
        is_unguarded = (self._folder / UNGUARDED).exists()
        without = request.without_name_servers or is_unguarded
        change = await self.host_network.change_network(structs.replace(request, without_name_servers=without))
        if change.changed and is_unguarded:
            await self.host_network.confirm_network(change.checkpoint)
        return change


class Member:
    """A node that belongs to the site already."""

    claimed = True

    def knows_claim_code(self, code: str) -> bool:
        return False

    def believes_claim_proof(self, nonce: str, proof: str) -> bool:
        return False

    def is_member(self, name: str) -> bool:
        return True


async def main(folder: Path) -> None:
    node = NetworkNode(HostNetwork(default_network(ChangeStore(), wait_s=BACKEND_WAIT_S), SystemClock()), folder)
    keeping = asyncio.create_task(node.host_network.run())

    def make() -> tuple[Any, Any]:
        tls = server_context(folder / "node1.crt", folder / "node1.key", folder / "ca.crt")
        return make_app(node, Member(), mutual=True), tls

    await Service(make, port=PORT).run()
    keeping.cancel()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    dying.obey(Path(sys.argv[1]))
    asyncio.run(main(Path(sys.argv[1])))
