"""Storage domains as the nodes have them mounted, and what a node is asked of them."""

from dataclasses import replace

from hosted_engine.engine.storage.model import StorageDomainStatus
from node.api.messages.events import Event, EventKind
from node.api.messages.mounts import MountReport
from node.api.problems import Failed
from tests.fakes.engine import DATA_ID, DOMAINS, TINY_IMAGE, World, fake_nodes
from tests.unit.engine.scenes import events_of
from tests.unit.fleet.hand_clock import HandClock, run_ready_tasks
from tests.unit.fleet.site import ONE, THREE, TWO, Site, open_site


async def test_volumes_that_are_not_mounted_are_asked_for(site: Site) -> None:
    machine = site.machine(ONE)
    await machine.unmount(DATA_ID)
    await site.clock.turn(31)
    await site.clock.turn(31)
    assert {mount.storage_domain for mount in await machine.mounts()} == set(DOMAINS.values())


async def test_a_storage_domain_that_was_let_go_while_a_node_was_away_is_unmounted(site: Site) -> None:
    """One that is only being worked on stays."""
    machine = site.machine(ONE)
    for status, mounted in ((StorageDomainStatus.DETACHING, True), (StorageDomainStatus.MAINTENANCE, False)):
        with site.world.store.transaction() as tx:
            domain = tx.storage_domains.get(DATA_ID)
            assert domain is not None
            tx.storage_domains.update(replace(domain, status=status))
        await site.clock.turn(31)
        await site.clock.turn(31)
        assert (DATA_ID in {mount.storage_domain for mount in await machine.mounts()}) is mounted


async def test_nodes_are_asked_how_large_an_image_of_the_deploy_is_until_one_answers() -> None:
    clock = HandClock()
    world = World(nodes=fake_nodes(now=clock.now))
    for machine in world.nodes.values():
        machine.fail("image", Failed())
    fleet = open_site(world, clock)
    fleet.start()
    await run_ready_tasks()

    def size() -> int:
        with world.store.transaction() as tx:
            disk = tx.disks.get(TINY_IMAGE.disk_id)
        assert disk is not None
        return disk.actual_size_bytes

    assert size() == 0
    await clock.turn(31)
    assert size() == world.nodes[ONE].site.images[TINY_IMAGE].actual_size_bytes > 0
    await fleet.stop()


async def test_storage_domains_follow_the_nodes(site: Site) -> None:
    for machine in site.world.nodes.values():
        machine.lose_power()
    await site.clock.turn(30)
    assert site.domain() is StorageDomainStatus.UNKNOWN
    site.machine(THREE).start()
    await site.clock.turn(30)
    assert site.domain() is StorageDomainStatus.ACTIVE


async def test_a_volume_that_stalls_for_a_moment_is_no_lost_storage(site: Site) -> None:
    """It does when the server of one of its bricks has just died."""
    stalled = MountReport(storage_domain=DATA_ID, mounted=False, path="/", detail="the volume does not answer")
    for machine in site.world.nodes.values():
        machine.send(Event(number=0, kind=EventKind.MOUNT, at=0.0, mounts=(stalled,)))
        machine.fail("mounts", Failed(), times=99)
        machine.fail("mount", Failed(), times=99)
    await site.clock.turn(55)
    assert site.domain() is StorageDomainStatus.ACTIVE
    await site.clock.turn(35)
    assert site.domain() is StorageDomainStatus.INACTIVE
    assert events_of(site.world)[-1] == "SYSTEM_DEACTIVATED_STORAGE_DOMAIN"
    back = MountReport(storage_domain=DATA_ID, mounted=True, path="/")
    site.machine(TWO).send(Event(number=0, kind=EventKind.MOUNT, at=0.0, mounts=(back,)))
    await run_ready_tasks()
    assert site.domain() is StorageDomainStatus.ACTIVE
    assert events_of(site.world)[-1] == "USER_ACTIVATED_STORAGE_DOMAIN"
