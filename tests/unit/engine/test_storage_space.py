"""What a storage domain has to keep free: told, and nothing is made on it below that."""

from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.storage.model import GIB, StorageDomain
from hosted_engine.engine.storage.presence import observe_domains
from hosted_engine.engine.storage.space import SpaceLevel, event_of_space, level
from hosted_engine.engine.transfers.entity import IMAGE_TRANSFERS
from node.api.messages.transfers import TransferDirection
from tests.fakes.engine import DATA_ID, World
from tests.unit.engine.scenes import adding, done, events_of, new_disk

_LOW, _CRITICAL = EventType.IRS_DISK_SPACE_LOW, EventType.IRS_DISK_SPACE_LOW_ERROR
DOMAIN = StorageDomain(
    id="d", name="data", data_center_id="c", storage_connection_id="s", size_bytes=100 * GIB, free_bytes=50 * GIB
)


@pytest.mark.parametrize(
    ("free_gib", "expected"),
    [(50, SpaceLevel.ENOUGH), (10, SpaceLevel.ENOUGH), (9, SpaceLevel.LOW), (5, SpaceLevel.CRITICAL)],
)
def test_the_blocker_is_in_gib_and_the_indicator_in_percent(free_gib: int, expected: SpaceLevel) -> None:
    assert level(replace(DOMAIN, free_bytes=free_gib * GIB)) is expected


def test_nothing_is_known_of_a_domain_that_nobody_has_mounted() -> None:
    assert level(replace(DOMAIN, size_bytes=None, free_bytes=None)) is SpaceLevel.ENOUGH


def test_what_gets_worse_is_told_once_and_what_gets_better_is_not() -> None:
    low, critical = (replace(DOMAIN, free_bytes=gib * GIB) for gib in (9, 1))
    for is_volume in (False, True):
        assert event_of_space(DOMAIN, low, is_volume=is_volume) in (_LOW, _CRITICAL)
        assert event_of_space(low, critical, is_volume=False) is _CRITICAL
        assert event_of_space(critical, critical, is_volume=is_volume) is None
        assert event_of_space(critical, DOMAIN, is_volume=is_volume) is None


def test_a_volume_of_the_site_is_told_at_each_of_its_steps_too() -> None:
    domain = replace(DOMAIN, critical_space_gib=0, warning_low_space_percent=0)
    steps = [replace(domain, free_bytes=gib * GIB) for gib in (50, 20, 10, 0)]
    told = [event_of_space(before, after, is_volume=True) for before, after in pairwise(steps)]
    assert told == [_LOW, _CRITICAL, _CRITICAL]
    told = [event_of_space(before, after, is_volume=False) for before, after in pairwise(steps)]
    assert told == [None, None, _CRITICAL]


def set_domain(world: World, **values: int) -> None:
    with world.store.transaction() as tx:
        domain = tx.storage_domains.get(DATA_ID)
        assert domain is not None
        tx.storage_domains.update(replace(domain, **values))  # type: ignore[arg-type]


async def test_on_a_domain_that_is_almost_full_nothing_is_made() -> None:
    world = World()
    disk = new_disk(world)
    await done(world, disk)
    set_domain(world, size_bytes=100 * GIB, free_bytes=5 * GIB)
    with pytest.raises(WrongState, match="critical_space_action_blocker"):
        await done(world, new_disk(world, "other"))
    with pytest.raises(WrongState, match="has to keep 5 GiB"):
        await done(world, adding(world, IMAGE_TRANSFERS, disk_id=disk.id))
    command = adding(world, IMAGE_TRANSFERS, disk_id=disk.id, direction=TransferDirection.DOWNLOAD)
    await world.engine.perform(command, world.caller)
    await world.engine.stop()
    set_domain(world, critical_space_gib=4)
    await done(world, new_disk(world, "other"))


async def test_a_domain_that_fills_is_told() -> None:
    world = World()
    set_domain(world, size_bytes=100 * GIB, free_bytes=80 * GIB)
    for id_ in world.nodes:
        reading = world.readings.of(id_)
        mounts = tuple(
            msgspec.structs.replace(mount, size_bytes=100 * GIB, free_bytes=3 * GIB) for mount in reading.mounts
        )
        world.readings.put(id_, replace(reading, mounts=mounts))
    for _ in range(2):
        with world.store.transaction() as tx:
            observe_domains(tx, world.readings, world.now)
    assert events_of(world).count("IRS_DISK_SPACE_LOW_ERROR") == 2  # of the engine's domain, and of the other
