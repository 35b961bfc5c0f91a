"""One machine on its site with the operator who watches it, and what a trial may do to them."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from netconf.document import parse
from netconf.errors import Problem
from netconf.facade import Network
from netconf.model import NetworkState
from netconf.networkmanager.bus import connect
from tests.integration.lockout.entries import Attempt, Document, Entry
from tests.integration.lockout.node import Node
from tests.integration.lockout.operator import Operator
from tests.integration.lockout.site import Site
from tests.integration.netconf.contract import plain


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a change may wait, the machine may take to come up and to be back, and how often it is looked at."""

    within_s: int = 10
    up_s: float = 60
    back_s: float = 60
    probe_every_s: float = 0.2


@dataclass
class World:
    node: Node
    site: Site
    operator: Operator
    entry: Entry
    network: Network
    pace: Pace

    @property
    def within_s(self) -> int:
        return self.pace.within_s

    async def change(self, document: Document, within_s: int | None = None) -> Attempt:
        return await self.entry.change(document, within_s or self.within_s)

    async def change_only(self, document: Document) -> Attempt:
        return await self.entry.change_only(document, self.within_s)

    async def state(self) -> NetworkState:
        """Without the metrics of routes: NetworkManager gives its own in the order in which links come up."""
        found = plain(await self.network.observe())
        return replace(found, routes=tuple(replace(route, metric=None) for route in found.routes or ()))

    async def is_so(self, document: Document) -> bool:
        return not await self.network.plan(parse(document))

    async def becomes(self, document: Document, within_s: float) -> bool:
        """Whether it can be reached and is so in time; NetworkManager is perhaps only on its way."""
        begun = time.monotonic()
        for _ in range(round(within_s * 5)):
            with suppress(Problem, OSError):
                if self.operator.sight.reachable_since(begun) and await self.is_so(document):
                    return True
            await asyncio.sleep(0.2)
        return False

    async def checkpoints(self) -> int:
        async with connect(self.node.bus_address) as bus:
            return len(await bus.checkpoints())

    async def power_cycle(self) -> None:
        self.node.power_cut()
        await asyncio.sleep(1)
        self.network = await self.node.power_on(within_s=self.pace.up_s)

    async def until(self, condition: Callable[[], bool], within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                while not condition():  # noqa: ASYNC110 - it is another thread that sees it
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def world(
    tree: Path,
    start: dict[str, str],
    enter: Callable[[Node, Operator], Entry],
    *,
    vlans: bool,
    guarded: bool,
    pace: Pace,
) -> AsyncIterator[World]:
    """Everything is taken away at the end. Raises AssertionError when the machine cannot be reached to begin with."""
    folder = Path(tempfile.mkdtemp(prefix="trivet-lockout-", dir="/var/tmp"))
    with Site(tree, vlans=vlans) as site:
        node = Node(tree, folder, site, start, guarded=guarded)
        try:
            network = await node.power_on(within_s=pace.up_s)
            async with Operator(site.operator.netns, node.folder, probe_every_s=pace.probe_every_s) as operator:
                made = World(node, site, operator, enter(node, operator), network, pace)
                if not await made.until(lambda: operator.sight.reachable_since(0) and operator.has_talked, pace.up_s):
                    raise AssertionError(f"the machine did not come up:\n{node.log}")
                yield made
        finally:
            node.remove()
