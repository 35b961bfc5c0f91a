"""The engine hears of the storage's state: at once when a node says so, by itself now and then."""

import msgspec

from gluster.diagnosis.problem import Health
from gluster.state import PoolState
from hosted_engine.engine.events.types import EventType
from hosted_engine.fleet.storage_watch import AGAIN_S, OBSERVE_EVERY_S
from node.api.messages.gluster import StorageState
from node.api.problems import Failed
from tests.fakes.engine import node_id
from tests.fakes.pool import whole_pool, with_brick, with_peer
from tests.unit.fleet.hand_clock import run_ready_tasks
from tests.unit.fleet.site import Site, open_site

DOWN = with_brick(whole_pool(), 1, online=False)


def put(site: Site, state: PoolState | None) -> None:
    site.machine(node_id(1)).site.storage = state


def break_off(site: Site, number: int, err: Exception) -> None:
    """From now on that node's answer ends in `err` on this side."""

    async def gluster_state() -> StorageState:
        raise err

    vars(site.machine(node_id(number)))["gluster_state"] = gluster_state


def health(site: Site) -> Health | None:
    report = site.world.readings.storage
    return None if report is None else report.health


def count(site: Site, type_: EventType) -> int:
    with site.world.store.transaction() as tx:
        return len(tx.events.list(name=type_.name))


async def test_the_state_is_known_when_nodes_have_come(site: Site) -> None:
    await site.clock.turn(10)
    assert health(site) is Health.WHOLE


async def test_what_a_node_says_is_looked_at_at_once(site: Site) -> None:
    await site.clock.turn(10)
    put(site, DOWN)
    site.machine(node_id(2)).report_storage()
    await run_ready_tasks()
    assert health(site) is Health.DEGRADED
    assert count(site, EventType.GLUSTER_BRICK_STATUS_DOWN) == 1
    put(site, None)
    site.machine(node_id(2)).report_storage()
    await run_ready_tasks()
    assert health(site) is Health.WHOLE
    assert count(site, EventType.EXTERNAL_EVENT_NORMAL) == 1


async def test_what_no_node_says_is_found_and_told_once(site: Site) -> None:
    await site.clock.turn(10)
    put(site, DOWN)
    await site.clock.turn(2 * OBSERVE_EVERY_S)
    assert health(site) is Health.DEGRADED
    await site.clock.turn(4 * OBSERVE_EVERY_S)
    assert count(site, EventType.GLUSTER_BRICK_STATUS_DOWN) == 1


async def test_a_node_that_sees_the_majority_is_believed(site: Site) -> None:
    cut_off = with_peer(with_peer(whole_pool(), "node2", connected=False), "node3", connected=False)
    await site.clock.turn(10)
    for number in (1, 2, 3):
        machine = site.machine(node_id(number))
        machine.site.storage = None
    site.machine(node_id(1)).pool.own_state = cut_off
    await site.clock.turn(2 * OBSERVE_EVERY_S)
    assert health(site) is Health.WHOLE


async def test_where_no_node_answers_the_state_is_unknown(site: Site) -> None:
    await site.clock.turn(10)
    for number in (1, 2, 3):
        site.machine(node_id(number)).fail("gluster_state", Failed(), times=100)
    await site.clock.turn(2 * OBSERVE_EVERY_S)
    assert health(site) is None


async def test_a_node_that_cannot_be_understood_does_not_keep_others_from_being_asked(site: Site) -> None:
    await site.clock.turn(10)
    put(site, DOWN)
    break_off(site, 1, msgspec.ValidationError("Invalid enum value 'brick-new'"))
    await site.clock.turn(2 * OBSERVE_EVERY_S)
    assert health(site) is Health.DEGRADED


async def test_what_was_known_is_not_taken_for_true_once_a_look_breaks(site: Site) -> None:
    await site.clock.turn(10)
    assert health(site) is Health.WHOLE
    for number in (1, 2, 3):
        break_off(site, number, RuntimeError("a defect"))
    await site.clock.turn(2 * OBSERVE_EVERY_S)
    assert health(site) is None


async def test_what_passes_in_a_moment_is_not_told(site: Site) -> None:
    await site.clock.turn(10)
    put(site, DOWN)
    await site.clock.turn(
        OBSERVE_EVERY_S - AGAIN_S + 2
    )  # in the middle between the look that sees it and the second one
    assert site.world.readings.storage is not None
    put(site, None)
    await site.clock.turn(OBSERVE_EVERY_S)
    assert count(site, EventType.GLUSTER_BRICK_STATUS_DOWN) == 0


async def test_an_engine_that_starts_anew_tells_only_what_has_changed(site: Site) -> None:
    await site.clock.turn(10)
    put(site, DOWN)
    await site.clock.turn(2 * OBSERVE_EVERY_S)
    again = await restart(site)
    await again.clock.turn(2 * OBSERVE_EVERY_S)
    assert health(again) is Health.DEGRADED
    assert count(again, EventType.GLUSTER_BRICK_STATUS_DOWN) == 1
    await again.fleet.stop()


async def test_what_was_mended_while_the_engine_was_away_is_told(site: Site) -> None:
    await site.clock.turn(10)
    put(site, DOWN)
    await site.clock.turn(2 * OBSERVE_EVERY_S)
    await site.fleet.stop()
    put(site, whole_pool())
    again = await restart(site)
    await again.clock.turn(2 * OBSERVE_EVERY_S)
    assert health(again) is Health.WHOLE
    assert count(again, EventType.GLUSTER_BRICK_STATUS_CHANGED) == 1
    assert count(again, EventType.EXTERNAL_EVENT_NORMAL) == 1
    await again.fleet.stop()


async def restart(site: Site) -> Site:
    """Another engine process over the same database and the same nodes."""
    await site.fleet.stop()
    fleet = open_site(site.world, site.clock)
    fleet.start()
    await run_ready_tasks()
    return Site(site.world, fleet, site.clock)
