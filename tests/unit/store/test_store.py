"""The store keeps what it is given, whole transactions at a time, in the form that the migrations make."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from hosted_engine.engine.entity.commands import remove_item
from hosted_engine.engine.events.model import Event, Severity
from hosted_engine.engine.macpools.model import MacRange
from hosted_engine.engine.secrets import Secret
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.initialization.model import Initialization
from hosted_engine.engine.vms.model import Vm, VmStatus
from hosted_engine.store import store as module
from hosted_engine.store.mapping import Mapper
from hosted_engine.store.migrate import HEAD, bring_up_to_date, revision, upgrade
from hosted_engine.store.repositories import CHUNK, Clash
from hosted_engine.store.store import SqlStore, StoreUnreachable
from hosted_engine.store.tables import metadata
from node.api.messages.images import ImageRef
from node.api.messages.machine import Accelerator, Capabilities, Nic
from node.api.messages.network import LinkReport
from tests.fakes.engine import World
from tests.fakes.node.network import NIC

MAPPERS = list(module.MAPPERS.values())
CAPABILITIES = Capabilities(
    node_id="n",
    name="node1",
    version="1",
    api_version=1,
    os="o",
    kernel="k",
    libvirt="l",
    qemu="q",
    gluster="g",
    cpu_model="c",
    cpu_sockets=1,
    cpu_cores=2,
    cpu_threads=1,
    memory_bytes=1,
    accelerator=Accelerator.TCG,
    nics=(Nic(name="host0", mac="m", up=True),),
)


def example(model: type[Any], *, empty: bool) -> Any:
    """An object with a value of its own in every field; `empty` leaves what may be None at None."""
    hints = get_type_hints(model)
    return model(**{f.name: value_for(f.name, hints[f.name], empty=empty) for f in fields(model)})


def value_for(name: str, hint: Any, *, empty: bool) -> Any:
    kinds = get_args(hint)
    if NoneType in kinds and empty:
        return None
    kind = next((k for k in kinds if k is not NoneType), hint) if NoneType in kinds else hint
    if get_origin(kind) is tuple:
        return () if empty else (value_for(name, get_args(kind)[0], empty=empty),)
    if get_origin(kind) is dict:
        return {} if empty else {name: [1, "ü"]}
    if issubclass(kind, StrEnum):
        return list(kind)[-1]
    if isinstance(kind, type) and is_dataclass(kind):
        return example(kind, empty=empty)
    if issubclass(kind, msgspec.Struct):
        memory = ImageRef(storage_domain="d", disk_id="i", image_id="memory")
        structs = {
            Capabilities: CAPABILITIES,
            LinkReport: NIC,
            MacRange: MacRange("02:00:00:00:00:00"),
            ImageRef: memory,
            Initialization: Initialization(host_name="web", root_password=Secret("sealed")),
            Secret: Secret("sealed"),
        }
        return structs[kind]
    by_type: dict[type, Any] = {str: f"{name} ü 日本 '\"", int: 1 << 40, float: 12.5, bool: True}
    return 7 if (name, kind) == ("id", int) else by_type[kind]


@pytest.mark.parametrize("mapper", MAPPERS, ids=lambda mapper: mapper.table.name)
@pytest.mark.parametrize("empty", [False, True])
def test_every_field_of_every_model_comes_back(mapper: Mapper[Any], empty: bool) -> None:
    item = example(mapper.model, empty=empty)
    assert mapper.from_row([mapper.to_row(item)[column.name] for column in mapper.columns]) == item


@pytest.mark.parametrize("make", [upgrade, bring_up_to_date], ids=["by migrations", "at once"])
def test_an_empty_database_gets_the_newest_tables(make: Callable[[Engine], None]) -> None:
    engine = create_engine("sqlite://")
    make(engine)
    assert revision(engine) == HEAD
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_both_ways_to_the_newest_tables_end_in_the_same_ones() -> None:
    """Down to every word of their definition, which the comparison above does not look at."""
    both = []
    for make in (upgrade, bring_up_to_date):
        engine = create_engine("sqlite://")
        make(engine)
        with engine.connect() as connection:
            query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' ORDER BY name"
            rows = connection.exec_driver_sql(query)
            both.append({name: sorted(_without_quotes(line) for line in (sql or "").split("\n")) for name, sql in rows})
    assert both[0] == both[1]


def _without_quotes(line: str) -> str:
    """A table that was altered has its name in quotes."""
    return line.replace('"', "").strip(" \t,")


def test_opening_a_store_again_changes_nothing(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'engine.db'}"
    first = World(url)
    with first.store.transaction() as tx:
        before = tx.vms.list(), tx.nodes.list()
    first.store.close()
    with SqlStore(url).transaction() as tx:
        assert (tx.vms.list(), tx.nodes.list()) == before


def test_a_database_that_cannot_be_opened_is_told_in_words(tmp_path: Any) -> None:
    with pytest.raises(StoreUnreachable, match="unable to open database file"):
        SqlStore(f"sqlite:///{tmp_path}/nowhere/engine.db")


def test_what_raises_is_taken_back() -> None:
    world = World()

    def remove_and_break() -> None:
        with world.store.transaction() as tx:
            remove_item(tx, VMS, tx.vms.list()[0])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        remove_and_break()
    with world.store.transaction() as tx:
        assert tx.vms.count() == 1


def test_a_name_is_unique_in_the_database_too() -> None:
    world = World()
    with pytest.raises(Clash), world.store.transaction() as tx:
        tx.vms.add(new_vm_in(tx, world, "HostedEngine"))


def new_vm_in(tx: Any, world: World, name: str) -> Vm:
    engine_vm: Vm = tx.vms.list()[0]
    return replace(engine_vm, id=world.new_id(), name=name)


def test_what_is_in_use_cannot_be_removed() -> None:
    world = World()
    with pytest.raises(Clash), world.store.transaction() as tx:
        tx.clusters.remove(world.cluster.id)


def test_lists_are_filtered_counted_and_ordered() -> None:
    world = World()
    with world.store.transaction() as tx:
        for name in ("b", "ä", "a"):
            tx.vms.add(replace(new_vm_in(tx, world, name), status=VmStatus.DOWN))
        assert [vm.name for vm in tx.vms.list()] == ["HostedEngine", "a", "b", "ä"]
        assert [vm.name for vm in tx.vms.list(status=VmStatus.DOWN)] == ["a", "b", "ä"]
        assert [vm.name for vm in tx.vms.list(status=[VmStatus.DOWN, VmStatus.UP], node_id=None, name="a")] == ["a"]
        assert tx.vms.count(status={VmStatus.UP}) == 1
        assert tx.vms.list(status=()) == []


def test_many_are_found_by_id_whoever_is_not_there_is_left_out() -> None:
    world = World()
    with world.store.transaction() as tx:
        ids: list[str] = []
        vm = new_vm_in(tx, world, "vm")
        for number in range(CHUNK + 2):
            vm = replace(vm, id=world.new_id(), name=f"vm{number}")
            tx.vms.add(vm)
            ids.append(vm.id)
        assert set(tx.vms.find([*ids, "nobody"])) == set(ids)
        assert tx.vms.find([]) == {}


def test_events_are_numbered_and_come_newest_first() -> None:
    world = World()
    event = Event(name="X", code=1, severity=Severity.NORMAL, at=1.0, description="x")
    with world.store.transaction() as tx:
        newest = tx.events.add(event).id
        one, two = tx.events.add(event), tx.events.add(event)
        assert (one.id, two.id) == (newest + 1, newest + 2)
        assert [e.id for e in tx.events.list(after=newest)] == [two.id, one.id]
        assert tx.events.list(limit=1) == [two]
        assert tx.events.get(one.id) == one


def test_sqlite_keeps_what_was_committed(tmp_path: Any) -> None:
    """The settings that a power cut asks for are on in every connection."""
    store = SqlStore(f"sqlite:///{tmp_path / 'engine.db'}")
    with store._engine.connect() as connection:
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
        assert found == ["wal", 2]
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
