"""A database from before is brought to the newest form with all that is in it."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from hosted_engine.engine.instancetypes.entity import FIRST_ONES, InstanceType
from hosted_engine.store import migrate
from hosted_engine.store.store import SqlStore

ROWS: dict[str, dict[str, Any]] = {
    "data_centers": {"id": "dc", "name": "Default", "status": "up", "local": False},
    "networks": {"id": "net", "name": "ovirtmgmt", "data_center_id": "dc", "bridge": "ovirtmgmt", "usages": '["vm"]'},
    "clusters": {"id": "cluster", "name": "Default", "data_center_id": "dc", "management_network_id": "net"},
    "templates": {"id": "blank", "name": "Blank", "base_template_id": "blank", "bios_type": "cluster_default"},
    "vms": {
        "id": "vm",
        "name": "myvm",
        "cluster_id": "cluster",
        "template_id": "blank",
        "bios_type": "q35_ovmf",
        "status": "down",
    },
}  # of a site; the rest is made up below
KINDS = {"status": "ok", "boot_devices": '["hd"]', "origin": "ovirt", "type": "server", "stop_reason": "none"}


def a_site(connection: Connection) -> None:
    for table, given in ROWS.items():
        columns = connection.exec_driver_sql(f"PRAGMA table_info({table})").all()
        made = {name: KINDS.get(name, "" if kind == "TEXT" else 1) for _, name, kind, needed, *_ in columns if needed}
        row = {**made, **given}
        connection.execute(text(f"INSERT INTO {table} ({','.join(row)}) VALUES (:{',:'.join(row)})"), row)


@pytest.fixture
def before(tmp_path: Path) -> str:
    """A database of revision 0004 with a site in it."""
    url = f"sqlite:///{tmp_path / 'engine.db'}"
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        a_site(connection)
    engine.dispose()
    return url


def test_what_was_there_is_there_and_refers_to_what_it_did(before: str) -> None:
    store = SqlStore(before)
    with store.transaction() as tx:
        (vm,) = tx.vms.list()
        assert (vm.name, vm.cluster_id, vm.template_id, vm.instance_type_id) == ("myvm", "cluster", "blank", None)
        assert tx.clusters.get("cluster") is not None
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()


def test_a_site_gets_what_a_new_one_begins_with(before: str) -> None:
    with SqlStore(before).transaction() as tx:
        assert sorted(tx.of(InstanceType).list(), key=lambda one: one.memory_bytes) == list(FIRST_ONES)


def test_a_broken_reference_takes_everything_back(before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(before)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE vms SET template_id = 'nobody'")
    with pytest.raises(RuntimeError, match="broke references"):
        SqlStore(before)
    assert migrate.revision(engine) == "0004"
