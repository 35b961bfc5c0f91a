"""A host that is lost is removed by force: what the site has of it goes, and what speaks against it."""

from dataclasses import replace

import pytest

from hosted_engine.engine.nodes.commands.give_up import GiveUpNode
from hosted_engine.engine.nodes.commands.remove import HostStays, RemoveNode
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.problems import found
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.storageconnections.mounts import gluster_servers
from hosted_engine.engine.vms.commands.start import StartVm
from node.steps import StepFailed
from tests.fakes.engine import World, node_id
from tests.unit.engine.scenes import done, events_of, tiny_vm

THREE = node_id(3)


@pytest.fixture
def world() -> World:
    return World()


def lose(world: World, id_: str = THREE) -> None:
    """The machine is gone, and the engine has noticed."""
    world.nodes[id_].lose_power()
    world.shared.away.add(world.nodes[id_].name)
    world.nodes[id_].host.claimed = None  # nobody answers for it
    status(world, NodeStatus.NON_RESPONSIVE, id_)


def status(world: World, status: NodeStatus, id_: str = THREE) -> None:
    with world.store.transaction() as tx:
        tx.nodes.update(replace(found(tx.nodes.get(id_), "host", id_), status=status))


async def test_the_site_goes_on_without_it(world: World) -> None:
    lose(world)
    await done(world, GiveUpNode(id=THREE))
    with world.store.transaction() as tx:
        assert tx.nodes.get(THREE) is None
        connections = tx.of(StorageConnection).list()
        assert all("node3" not in gluster_servers(one) and "node3" not in one.mount_options for one in connections)
    assert world.shared.peers == ["node1", "node2"]
    assert all(len(volume.bricks) == 2 for volume in world.shared.volumes.values())
    assert all("node3" not in volume.options["auth.ssl-allow"] for volume in world.shared.volumes.values())
    assert len((await world.nodes[node_id(1)].site_nodes("engine")).nodes) == 2
    for number in (1, 2):
        other = world.nodes[node_id(number)]
        assert "node3" not in other.net.known
        assert other.machines.movable.members == ("node1", "node2")
    assert events_of(world)[-1] == "USER_REMOVE_VDS"


async def test_one_whose_copies_are_needed_stays(world: World) -> None:
    """Of three, with another one away, one would be left."""
    lose(world)
    world.shared.away.add("node2")
    with pytest.raises(StepFailed, match="has too few copies"):
        await done(world, GiveUpNode(id=THREE))
    with world.store.transaction() as tx:
        node = found(tx.nodes.get(THREE), "host", THREE)
    assert (node.status, "by removing it again" in node.detail) == (NodeStatus.DOWN, True)
    assert "node3" in world.shared.peers
    world.shared.away.remove("node2")
    await done(world, GiveUpNode(id=THREE))
    assert "node3" not in world.shared.peers


async def test_one_that_answers_after_all_stays(world: World) -> None:
    status(world, NodeStatus.NON_RESPONSIVE)
    with pytest.raises(StepFailed, match="it answers"):
        await done(world, GiveUpNode(id=THREE))
    assert "node3" in world.shared.peers


@pytest.mark.parametrize("now", [NodeStatus.UP, NodeStatus.CONNECTING, NodeStatus.PREPARING_FOR_MAINTENANCE])
async def test_one_that_is_not_lost_stays(world: World, now: NodeStatus) -> None:
    status(world, now)
    with pytest.raises(HostStays, match="only one that does not respond"):
        await done(world, GiveUpNode(id=THREE))


async def test_one_with_vms_that_may_run_stays(world: World) -> None:
    vm_id = await tiny_vm(world)
    await done(world, StartVm(id=vm_id, node_ids=(THREE,)))
    lose(world)
    with pytest.raises(HostStays, match="these VMs run on it: vm1"):
        await done(world, GiveUpNode(id=THREE))


async def test_without_force_nothing_is_different(world: World) -> None:
    lose(world)
    with pytest.raises(HostStays, match="has to be in Maintenance mode"):
        await done(world, RemoveNode(id=THREE))
