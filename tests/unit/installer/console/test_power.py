"""A node is not switched off under the storage or its VMs, unless somebody who knows better types its name."""

from dataclasses import replace

import pytest

from gluster.state import PoolState
from installer.console.power import why_not_off, why_not_without
from node.system.process import CommandFailed
from tests.fakes.pool import whole_pool, with_brick
from tests.unit.installer.console.machine import Machine, shows
from tests.unit.installer.console.operator import Operator
from tests.unit.installer.console.test_actions import join

NO_ANSWER = PoolState("node1", answered=False, reason="glusterd does not run")


def test_a_whole_pool_does_without_one_server() -> None:
    assert why_not_without(whole_pool()) is None


@pytest.mark.parametrize("online", [False, None])
def test_with_two_bricks_none_can_go(online: bool | None) -> None:
    reason = why_not_without(with_brick(whole_pool(), 1, online=online))
    assert reason is not None
    assert "quorum will be lost for data" in reason


def test_a_pool_that_says_nothing_may_lose_its_quorum() -> None:
    assert "glusterd does not run" in (why_not_without(NO_ANSWER) or "")


def test_a_look_that_breaks_is_a_reason(machine: Machine) -> None:
    def fail() -> PoolState:
        raise OSError("the disk is gone")

    join(machine)
    machine.pool = fail
    assert "the disk is gone" in why_not_off(machine.dependencies)[0]


def test_vms_are_a_reason_and_so_is_not_knowing_them(machine: Machine) -> None:
    machine.run.answers["virsh"] = "HostedEngine\nvm7\n"
    assert why_not_off(machine.dependencies) == [
        "VMs run here and would be shut down: HostedEngine, vm7. Move them in the API first; HostedEngine, the "
        "engine's, goes away by Maintenance."
    ]
    machine.run.answers["virsh"] = CommandFailed(("virsh",), "it took longer than 15 s")
    assert "Nobody can say which VMs run here" in why_not_off(machine.dependencies)[0]
    machine.run.answers["virsh"] = CommandFailed(("virsh",), "virsh is not installed")
    assert why_not_off(machine.dependencies) == []


async def test_a_node_that_can_be_done_without_is_rebooted_after_a_question(machine: Machine) -> None:
    join(machine)
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "r")
        await operator.expect("Reboot node1", "No volume loses its quorum without this node")
        await operator.goes("escape", "r")
        await operator.expect("Yes, reboot node1")
        assert machine.run.commands("systemctl reboot") == []
        await operator.goes("y")
        await operator.expect("What can be done")
    assert len(machine.run.commands("systemctl reboot")) == 1


async def test_where_quorum_would_be_lost_the_name_is_typed(machine: Machine) -> None:
    join(machine)
    state = with_brick(whole_pool(), 2, online=False)
    machine.pool = lambda: replace(state)
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "o")
        await shows(pilot, "power-refused", "Gluster quorum will be lost for data")
        await operator.goes("enter")
        await operator.expect("that is not node1: nothing is done")
        assert machine.run.commands("systemctl") == []
        await operator.goes("node1", "enter")
        await operator.expect("What can be done")
    assert len(machine.run.commands("systemctl poweroff")) == 1
