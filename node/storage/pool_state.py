"""The true state of the site's storage: one look for whoever asks, made whole by what other nodes say of themselves."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from gluster.facade import Gluster
from gluster.observe import with_facts
from gluster.state import PoolState, ServerFacts
from node.api.problems import Problem
from node.client import NodeClient
from node.system.threads import Threads

FACTS_S = 4.0  # how long a node may take to say what only it knows

AskFacts = Callable[[str], Awaitable[ServerFacts]]
"""Asks the agent of the node with that name; raises Problem."""


class PoolStateReader:
    """`own_facts` blocks. A node whose agent does not answer has no facts: what they would have said is unknown."""

    def __init__(
        self,
        gluster: Gluster,
        threads: Threads,
        *,
        node_name: str,
        own_facts: Callable[[], ServerFacts],
        ask_facts: AskFacts,
    ) -> None:
        self._gluster = gluster
        self._threads = threads
        self._node_name = node_name
        self._own_facts = own_facts
        self._ask_facts = ask_facts

    async def read(self) -> PoolState:
        state = await self._threads(self._gluster.observe_state, self._node_name)
        others = [state.servers[peer.uuid] for peer in state.peers if peer.connected]
        own, found = await asyncio.gather(self._threads(self._own_facts), asyncio.gather(*map(self._facts, others)))
        known = {name: facts for name, facts in zip(others, found, strict=True) if facts is not None}
        return with_facts(state, known | {state.server: own})

    async def _facts(self, node: str) -> ServerFacts | None:
        try:
            return await asyncio.wait_for(self._ask_facts(node), FACTS_S)
        except (Problem, TimeoutError, OSError):  # OSError: this machine has no certificate of a site
            return None


def ask_agents(make_tls: Callable[[], ssl.SSLContext], port: int) -> AskFacts:
    """Asks over the network, as a node of the site. `make_tls` may raise OSError where this machine is none."""

    async def ask(node: str) -> ServerFacts:
        client = NodeClient(node, make_tls(), port=port)
        try:
            return await client.gluster_facts()
        finally:
            await client.close()

    return ask
