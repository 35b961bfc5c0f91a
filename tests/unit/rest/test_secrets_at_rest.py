"""What clients send as secret stands nowhere in the engine's files: neither while it is needed nor when it is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ovirtsdk4 import services, types

from tests.fakes.machine import CLAIM_CODE
from tests.unit.rest.server import Served, served


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as there:
        yield there


@pytest.fixture
def system(engine: Served) -> Iterator[services.SystemService]:
    with engine.connection() as connection:
        yield connection.system_service()


def files_with(folder: Path, *texts: str) -> list[str]:
    """The names of those in which one of the texts stands; SQLite's log of writes is among them, which holds all that
    was ever written since it was cut."""
    return [
        f"{file.name}: {text}"
        for file in folder.rglob("*")
        for text in texts
        if file.is_file() and any(text.encode(coding) in file.read_bytes() for coding in ("utf-8", "utf-16-le"))
    ]


def test_the_look_finds_what_is_there(engine: Served, system: services.SystemService, tmp_path: Path) -> None:
    system.tags_service().add(types.Tag(name="in-the-clear"))
    assert {"engine.db-wal: in-the-clear"} <= set(files_with(tmp_path, "in-the-clear"))


def test_the_claim_code_of_a_host(engine: Served, system: services.SystemService, tmp_path: Path) -> None:
    """Nothing answers there, so that it waits with its task."""
    system.hosts_service().add(types.Host(name="rack-7", address="192.0.2.77", root_password=CLAIM_CODE))
    with engine.world.store.transaction() as tx:
        (task,) = (task for task in tx.tasks.list() if task.command == "AddNode")
        assert "sealed" in task.inputs
    assert files_with(tmp_path, CLAIM_CODE) == []
