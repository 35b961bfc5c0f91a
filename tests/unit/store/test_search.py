"""What searches find, on SQLite; tests/integration/test_postgresql.py asks PostgreSQL the same."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hosted_engine.engine.search.model import BadSearch
from tests.fakes.engine import World
from tests.unit.engine.scenes import vm_of
from tests.unit.store.searches import CASES, VMS, every_word, found, furnish, id_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(f"sqlite:///{tmp_path_factory.mktemp('store')}/engine.db")
    furnish(world)
    yield world
    world.store.close()


@pytest.mark.parametrize(("table", "text", "names"), CASES, ids=lambda value: str(value)[:60])
def test_it_finds(world: World, table: str, text: str, names: list[str]) -> None:
    assert found(world, table, text) == names


def test_every_word_can_be_asked(world: World) -> None:
    asked = [found(world, table, text) for table, text in every_word()]
    assert len(asked) > 500


def test_pages_and_limits(world: World) -> None:
    assert found(world, "vms", "", max="2") == VMS[:2]
    assert found(world, "vms", "page 2", max="4") == VMS[4:]
    assert found(world, "vms", "page 3", max="4") == []
    assert found(world, "vms", "", max="0") == []
    assert found(world, "vms", "page 7", max="0") == []
    for everything in ("-1", "9" * 18, "many"):
        assert found(world, "vms", "", max=everything) == VMS
    assert found(world, "vms", "page 999999999", max="9" * 18) == []


def test_case_counts_when_asked(world: World) -> None:
    assert found(world, "vms", "name=web*", case_sensitive="true") == ["web1"]
    assert found(world, "vms", "name=W?b_2", case_sensitive="true") == []
    assert found(world, "vms", "name=[W]eb_2", case_sensitive="true") == []
    assert found(world, "vms", "description=*%*", case_sensitive="true") == ["größe"]
    assert found(world, "vms", "Shop", case_sensitive="true") == []


def test_events_after_one_come_in_order_all_or_the_oldest(world: World) -> None:
    with world.store.transaction() as tx:
        first, second, third, last = sorted(event.id for event in tx.events.list())
    newest_first = found(world, "events", "")
    assert found(world, "events", "", **{"from": str(first)}) == newest_first[2::-1]
    assert found(world, "events", "", **{"from": str(first), "max": "2"}) == newest_first[2:0:-1]
    assert found(world, "events", "severity>warning", **{"from": str(first), "max": "1"}) == [newest_first[1]]
    assert found(world, "events", "sortby time", **{"from": str(second)}) == newest_first[1::-1]
    assert found(world, "events", "page 2", **{"from": str(first), "max": "2"}) == newest_first[:1]
    assert found(world, "events", "", **{"from": str(last)}) == []
    assert third > second


@pytest.mark.parametrize(
    ("table", "text", "at", "status", "reason"),
    [
        ("vms", "colour=red", 1, 400, "there is no field colour of a VM, only apps, architecture, bios_type,"),
        ("vms", "name=x and quota=y", 12, 501, "the field `quota` of a VM is not there yet"),
        ("vms", "users.name=x", 1, 501, "the relation `users` of a VM is not there yet"),
        ("vms", "planets.name=x", 1, 400, "there is no relation planets of a VM, only cluster, datacenter, events,"),
        ("vms", "hosts.colour=x", 1, 400, "there is no field colour of a host, only active_vms,"),
        ("vms", "host.vms.host.vms.name=x", 1, 400, "leads over more than 3 relations"),
        ("vms", "status=flying", 8, 400, "of `status`, 'flying' is not among the values: down, image_locked,"),
        ("vms", "status>up and name<x", 19, 400, "`name` can be compared with = and != only"),
        ("vms", "hosts<x", 6, 400, "`hosts` can be compared with = and != only"),
        ("vms", "memory>lots", 8, 400, "of `memory`, 'lots' is no number"),
        ("vms", "memory=1e9", 8, 400, "of `memory`, '1e9' is no number"),
        ("vms", "has_illegal_images=perhaps", 20, 400, "'perhaps' is neither true nor false"),
        ("vms", "creationdate>soon", 14, 400, "'soon' is no date, as 2026-11-30"),
        ("vms", "uptime>long", 8, 400, "'long' is no span of time, as 1.12:30:00"),
        ("vms", "id=web*", 4, 400, "'web*' is no id"),
        ("vms", "sortby colour", 8, 400, "there is no field colour of a VM"),
        ("vms", "sortby hosts", 8, 400, "`hosts` are other objects: name a field of them"),
        ("vms", "Hosts: name=x", 1, 400, "`hosts` is not what this collection holds (vms)"),
        ("vms", "name: production", 1, 400, "a value with a colon needs quotes"),
        ("events", "id=x", 4, 400, "'x' is no number"),
    ],
)
def test_it_refuses_by_name_with_the_place(
    world: World, table: str, text: str, at: int, status: int, reason: str
) -> None:
    with pytest.raises(BadSearch) as caught:
        found(world, table, text)
    said = caught.value.text
    assert (said.status, said.why.startswith(f"at character {at}, ")) == (status, True), said.why
    assert reason in said.why


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case_sensitive", ["true", "false"])
@pytest.mark.parametrize(
    "pattern", ["*" * 2000 + "x", "*a" * 1000 + "x", "a*" * 1000 + "x", ("a" * 30 + "*") * 60 + "x"]
)
def test_no_pattern_takes_long(world: World, pattern: str, case_sensitive: str) -> None:
    vm = vm_of(world, id_of(3))
    with world.store.transaction() as tx:
        tx.vms.update(replace(vm, description="ab" * 2000))
    assert found(world, "vms", f"description={pattern}", case_sensitive=case_sensitive) == []
    with world.store.transaction() as tx:
        tx.vms.update(replace(vm, description="100% O'Brien's"))
