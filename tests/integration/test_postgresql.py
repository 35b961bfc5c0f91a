"""The store on a real PostgreSQL: the same tables, the same rules, the same life of a VM as on SQLite."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.store.migrate import HEAD, revision
from hosted_engine.store.repositories import Clash
from hosted_engine.store.store import SqlStore
from hosted_engine.store.tables import metadata
from tests.fakes.engine import World
from tests.unit.engine.scenes import done, events_of, new_disk_on, running_vm, snapshot_of, tiny_vm
from tests.unit.store import before
from tests.unit.store.searches import CASES, every_word, found, furnish

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL of our own in a temporary folder, on a socket in there; its URL."""
    assert PROGRAMS, "PostgreSQL is not installed: ./trivet test installs it"
    as_user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups") if os.geteuid() == 0 else ()
    folder = Path(tempfile.mkdtemp(prefix="trivet-pg-"))
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    control = (*as_user, str(PROGRAMS[-1] / "pg_ctl"), "-D", str(folder / "data"), "-w", "-s")
    options = ("-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "-l", str(folder / "log"))
    try:
        subprocess.run((*control, "-o", "-A trust -U trivet -E UTF8 --no-sync", "initdb"), check=True, cwd="/")
        subprocess.run((*control, *options, "start"), check=True, cwd="/", stdout=subprocess.DEVNULL)
        yield f"postgresql+psycopg://trivet@/postgres?host={folder}"
    finally:
        subprocess.run((*control, "-m", "immediate", "stop"), check=False, cwd="/")
        shutil.rmtree(folder)


@pytest.fixture
def empty(server: str) -> str:
    """The URL of an empty database."""
    with create_engine(server).connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.commit()
    return server


@pytest.fixture
def world(empty: str) -> Iterator[World]:
    """An engine over it."""
    world = World(empty)
    yield world
    world.store.close()


def test_the_migrations_make_the_tables(world: World, server: str) -> None:
    engine = create_engine(server)
    assert revision(engine) == HEAD
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_from_before_is_brought_to_the_newest_form(empty: str) -> None:
    engine = create_engine(empty)
    before.make(engine)
    store = SqlStore(empty)
    with store.transaction() as tx:
        assert [vm.name for vm in tx.vms.list()] == ["myvm"]
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


async def test_a_vm_lives_and_goes(world: World) -> None:
    before = snapshot_of(world)
    vm_id = await running_vm(world, "Gerät-é-日本")
    await done(world, StopVm(id=vm_id))
    await done(world, new_disk_on(world, vm_id))
    await done(world, RemoveVm(id=vm_id))
    assert snapshot_of(world) == before
    assert events_of(world)[-1] == "USER_REMOVE_VM_FINISHED"


async def test_a_name_is_unique_in_the_database_too(world: World) -> None:
    await tiny_vm(world)

    def add_it_again() -> None:
        from dataclasses import replace

        with world.store.transaction() as tx:
            tx.vms.add(replace(tx.vms.list(name="vm1")[0], id=world.new_id()))

    with pytest.raises(Clash):
        add_it_again()


def test_searches_find_what_they_find_on_sqlite(world: World) -> None:
    furnish(world)
    differing = {
        f"{table}: {text}": (names, there)
        for table, text, names in CASES
        if (there := found(world, table, text)) != names
    }
    assert differing == {}
    assert len([found(world, table, text) for table, text in every_word()]) > 500
    assert found(world, "vms", "name=web*", case_sensitive="true") == ["web1"]
    assert found(world, "vms", "description=*%*", case_sensitive="true") == ["größe"]
    assert found(world, "vms", "page 999999999", max="9" * 18) == []
    for odd in ({"from": "9" * 18}, {"search": f"id={'9' * 18}"}, {"search": "id=1.5"}):
        assert found(world, "events", odd.pop("search", ""), **odd) == []
    with world.store.transaction() as tx:
        assert tx.events.get(10**17) is None
    for pattern in ("*a" * 1000 + "x", ("a" * 30 + "*") * 60 + "x"):
        assert found(world, "vms", f"description={pattern}") == []
