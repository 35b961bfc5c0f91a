"""What a node's list of VMs and mounts means when the engine knows something newer, or knew nothing for a while."""

from dataclasses import replace

import pytest

from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.nodes.presence import on_connected
from hosted_engine.engine.nodes.readings import Reading, Readings
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.storage.presence import MISSING_S, observe_domains
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.lifecycle import vm_reported
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.vms import VmReport, VmState
from node.api.problems import Failed
from node.steps import StepFailed
from tests.fakes.engine import DATA_ID, World
from tests.unit.engine.scenes import done, running_vm, tiny_vm, vm_of


def reported(world: World, vm_id: str, *, at: float) -> None:
    changed = replace(vm_of(world, vm_id), reported_at=at)
    with world.store.transaction() as tx:
        tx.vms.update(changed)


async def hello(world: World, vm_id: str, *, as_of: float, boot_id: str) -> None:
    """The VM's node was there before and speaks again; it does not name the VM."""
    node_id = str(vm_of(world, vm_id).node_id)
    capabilities = await world.nodes[node_id].capabilities()
    with world.store.transaction() as tx:
        node = tx.nodes.get(node_id)
        assert node is not None
        tx.nodes.update(replace(node, boot_id="boot"))
        on_connected(tx, node_id, capabilities=capabilities, boot_id=boot_id, vms=(), as_of=as_of, now=world.now)


@pytest.mark.parametrize(
    ("as_of", "boot_id", "status"),
    [(99.0, "boot", VmStatus.UP), (101.0, "boot", VmStatus.DOWN), (99.0, "next boot", VmStatus.DOWN)],
    ids=["older than the start", "newer than the start", "after a boot, whatever the clock says"],
)
async def test_a_list_without_the_vm(as_of: float, boot_id: str, status: VmStatus) -> None:
    world = World()
    vm_id = await running_vm(world)
    reported(world, vm_id, at=100.0)
    await hello(world, vm_id, as_of=as_of, boot_id=boot_id)
    assert vm_of(world, vm_id).status is status


async def test_a_node_whose_clock_is_behind_settles_a_start_of_unknown_fate() -> None:
    """The VM ran last on a node whose clock is ahead."""
    world = World()
    vm_id = await tiny_vm(world)
    reported(world, vm_id, at=9_000.0)
    for node in world.nodes.values():
        node.lose_answer("start_vm")
        node.fail("destroy_vm", Failed())
    with pytest.raises(StepFailed):
        await done(world, StartVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.UNKNOWN
    node_id = str(vm_of(world, vm_id).node_id)
    with world.store.transaction() as tx:
        vm_reported(tx, node_id, VmReport(id=vm_id, name="vm1", state=VmState.UP, since=5.0), world.now)
    assert vm_of(world, vm_id).status is VmStatus.UP


def test_a_volume_is_not_missing_while_nobody_could_have_mounted_it() -> None:
    world, readings = World(), Readings()

    def status_after(status: NodeStatus, now: float) -> StorageDomainStatus:
        with world.store.transaction() as tx:
            for node in tx.nodes.list():
                tx.nodes.update(replace(node, status=status))
                readings.put(node.id, Reading())
            observe_domains(tx, readings, now)
            domain = tx.storage_domains.get(DATA_ID)
        assert domain is not None
        return domain.status

    assert status_after(NodeStatus.UP, 0.0) is StorageDomainStatus.ACTIVE
    assert status_after(NodeStatus.NON_RESPONSIVE, 1.0) is StorageDomainStatus.UNKNOWN
    assert status_after(NodeStatus.UP, 10 * MISSING_S) is StorageDomainStatus.UNKNOWN, "the nodes have just come back"
    assert status_after(NodeStatus.UP, 11 * MISSING_S) is StorageDomainStatus.INACTIVE
