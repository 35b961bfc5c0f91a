"""The machine itself loses its power at any request of its approval or its removal: it is in, or gets in, or is out."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.commands.install import InstallNode
from hosted_engine.engine.nodes.commands.maintenance import DeactivateNode
from hosted_engine.engine.nodes.commands.remove import RemoveNode
from hosted_engine.engine.nodes.model import NodeStatus
from node.api.operation import Operation
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.fakes.machine import FakeMachine
from tests.unit.engine.scenes import done
from tests.unit.engine.test_joining import host_of, id_of

AWAY_S = (20.0, 3600.0)  # until it is back: while the engine still waits for it, and long after that


class Outlet:
    """Pulls the plug of `machine` at its request number `cut_at` (from 1, none for 0), before or after it was done."""

    def __init__(self, world: World, machine: FakeMachine, cut_at: int, away_s: float, *, after: bool) -> None:
        self._world, self._machine, self._cut_at, self._after = world, machine, cut_at, after
        self._back_at, self._away_s, self.count = float("inf"), away_s, 0
        self._do: Callable[..., Awaitable[Any]] = machine._calling.do
        machine._calling.do = self.do  # type: ignore[method-assign] # a plug, for this machine alone

    async def do(self, operation: Operation, act: Callable[[], Any]) -> Any:
        if self._world.now >= self._back_at:
            self.plug_in()
        self.count += 1
        if self.count != self._cut_at:
            return await self._do(operation, act)
        self._back_at = self._world.now + self._away_s
        if not self._after:
            self._machine.lose_power()
            return await self._do(operation, act)
        answer = await self._do(operation, act)
        self._machine.lose_power()
        return answer

    def plug_in(self) -> None:
        self._back_at = float("inf")
        self._machine.start()


async def joined(cut_at: int, away_s: float, *, after: bool) -> tuple[World, FakeMachine, Outlet]:
    """After an approval into a power cut; what failed is approved again, with the machine back."""
    world = World()
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    outlet = Outlet(world, machine, cut_at, away_s, after=after)
    try:
        await done(world, ApproveNode(id=id_of(machine)))
    except StepFailed:
        outlet.plug_in()
        assert host_of(world, machine).status is NodeStatus.INSTALL_FAILED
        world.ask(machine)
        await done(world, ApproveNode(id=id_of(machine)))
    return world, machine, outlet


async def test_an_approval_needs_some_requests() -> None:
    _, machine, outlet = await joined(0, 0, after=False)
    assert outlet.count >= 12
    assert {"set_names", "add_peer", "mount", "join_lockspace", "deploy_hosted_engine"} <= set(machine.asked)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("away_s", AWAY_S)
async def test_an_approval_ends_well_or_can_be_made_again(away_s: float, after: bool) -> None:
    _, _, whole = await joined(0, 0, after=False)
    for cut_at in range(1, whole.count + 1):
        world, machine, _ = await joined(cut_at, away_s, after=after)
        node = host_of(world, machine)
        assert node.status in (NodeStatus.UP, NodeStatus.CONNECTING), f"request {cut_at}"
        assert machine.host.claimed is not None
        assert len(machine.storage.mounted) == 2
        assert "node4" in world.shared.peers
        with world.store.transaction() as tx:
            assert tx.journal_lines.count() == 0


@pytest.mark.parametrize("command", [RemoveNode, InstallNode])
@pytest.mark.parametrize("after", [False, True])
async def test_a_removal_and_an_installation_can_be_gone_on_with(
    after: bool, command: type[RemoveNode | InstallNode]
) -> None:
    cut_at, count = 0, 1
    while cut_at <= count:
        world, machine, _ = await joined(0, 0, after=False)
        await done(world, DeactivateNode(id=id_of(machine), force=True))
        outlet = Outlet(world, machine, cut_at, 3600.0, after=after)
        try:
            await done(world, command(id=id_of(machine)))
        except StepFailed:
            outlet.plug_in()
            if command is InstallNode:  # nobody listens to a host that is being removed
                world.hear(id_of(machine), world.store)
            await done(world, command(id=id_of(machine)))
        if command is RemoveNode:
            assert machine.host.claimed is None, f"request {cut_at}"
            assert "node4" not in world.shared.peers
        else:
            assert host_of(world, machine).status is NodeStatus.MAINTENANCE, f"request {cut_at}"
        count = max(count, outlet.count) if cut_at == 0 else count
        cut_at += 1
