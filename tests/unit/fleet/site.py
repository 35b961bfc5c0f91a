"""A site of three fake nodes, with a real fleet on a clock that tests turn."""

from dataclasses import dataclass

from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.fleet.fleet import Fleet
from tests.fakes.engine import DATA_ID, World, node_id
from tests.fakes.fleet import FakeFleet
from tests.fakes.node.fake import FakeNode
from tests.unit.engine.scenes import done, tiny_vm
from tests.unit.fleet.hand_clock import HandClock, run_ready_tasks

ONE, TWO = node_id(1), node_id(2)

ONE, TWO, THREE = node_id(1), node_id(2), node_id(3)


@dataclass
class Site:
    world: World
    fleet: Fleet
    clock: HandClock

    def node(self, id_: str) -> Node:
        with self.world.store.transaction() as tx:
            node = tx.nodes.get(id_)
        assert node is not None
        return node

    def machine(self, id_: str) -> FakeNode:
        return self.world.nodes[id_]

    async def started(self, name: str = "vm1", *, on: str = ONE) -> str:
        vm_id = await tiny_vm(self.world, name)
        await done(self.world, StartVm(id=vm_id, node_ids=(on,)))
        await run_ready_tasks()
        return vm_id

    def domain(self) -> StorageDomainStatus:
        with self.world.store.transaction() as tx:
            domain = tx.storage_domains.get(DATA_ID)
        assert domain is not None
        return domain.status


def open_site(world: World, clock: HandClock) -> Fleet:
    """A process over the world's database, with a real fleet."""
    world.begin()
    fleet = Fleet(
        store=world.store,
        readings=world.readings,
        locks=world.locks,
        clock=clock,
        connect=lambda node: world.nodes[node.id],
        connect_out_of_time=lambda node: world.nodes[node.id],
        is_unclaimed=FakeFleet(world.nodes).is_unclaimed,
        invite=FakeFleet(world.nodes).invite,
    )
    world.begin_with(fleet)
    return fleet
