"""A database as a version from before left it: of the tables' form 0004, with a site in it."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect, text

from hosted_engine.store import migrate

REVISION = "0004"
ROWS: dict[str, dict[str, Any]] = {
    "data_centers": {"id": "dc", "name": "Default", "status": "up", "local": False},
    "networks": {
        "id": "net",
        "name": "ovirtmgmt",
        "data_center_id": "dc",
        "bridge": "ovirtmgmt",
        "usages": '["display","vm"]',
    },
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
    "storage_domains": {
        "id": "domain",
        "name": "data",
        "data_center_id": "dc",
        "volume": "data",
        "servers": '["node1","node2","node3"]',
        "storage_type": "glusterfs",
        "type": "data",
        "status": "active",
    },
    "jobs": {"id": "job", "status": "started"},
    "tasks": {
        "id": "task",
        "command": "AddNode",
        "inputs": '{"id": "node2", "claim_code": "ABCD-EFGH-JKLM-NPQR"}',
        "job_id": "job",
        "status": "running",
    },
    "nodes": {"id": "node", "name": "node1", "cluster_id": "cluster", "status": "up"},
}  # what is not said here is made up
KINDS = {"status": "ok", "boot_devices": '["hd"]', "origin": "ovirt", "type": "server", "stop_reason": "none"}
BY_TYPE: dict[type, Any] = {str: "", bool: True, int: 1, float: 1.0}


def make(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)
        for table, given in ROWS.items():
            _insert(connection, table, given)


def _insert(connection: Connection, table: str, given: dict[str, Any]) -> None:
    needed = [column for column in inspect(connection).get_columns(table) if not column["nullable"]]
    made = {c["name"]: KINDS.get(c["name"], BY_TYPE[c["type"].python_type]) for c in needed}
    row = made | given
    connection.execute(text(f"INSERT INTO {table} ({','.join(row)}) VALUES (:{',:'.join(row)})"), row)
