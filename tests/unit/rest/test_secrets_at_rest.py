"""What clients send as secret stands nowhere in the engine's files: neither while it is needed nor when it is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ovirtsdk4 import services, types

from tests.fakes.engine import TINY_ID
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


SECRETS = {
    "root_password": "pass-4711-word",
    "custom_script": "runcmd: [script-4711-text]",
    "windows_license_key": "KEY47-11KEY-KEYKE-YKEYK-EYKEY",
}


@pytest.mark.parametrize("os_type", ["other_linux", "windows_2022"])
def test_what_guests_are_told(engine: Served, system: services.SystemService, tmp_path: Path, os_type: str) -> None:
    """Of a VM, of its snapshot, its template and the VM of that; while it runs, and for one run."""
    secret = "custom_script" if os_type == "other_linux" else "windows_license_key"
    given = {secret: SECRETS[secret]}
    initialization = types.Initialization(root_password=SECRETS["root_password"], **given)
    vms, os = system.vms_service(), types.OperatingSystem(type=os_type)
    vm = vms.add(
        types.Vm(
            name="told",
            cluster=types.Cluster(name="Default"),
            template=types.Template(id=TINY_ID),
            initialization=initialization,
            os=os,
        ),
        query={"async": "false"},
    )
    service = vms.vm_service(vm.id)
    service.snapshots_service().add(types.Snapshot(description="told"), query={"async": "false"})
    system.templates_service().add(types.Template(name="golden", vm=types.Vm(id=vm.id)), query={"async": "false"})
    service.start(async_=False)
    service.update(types.Vm(initialization=types.Initialization(root_password="next-4711-word")))
    service.stop(async_=False)
    once = types.Initialization(root_password="once-4711-word", **given)
    service.start(vm=types.Vm(initialization=once, os=os), async_=False)
    assert engine.world.nodes[service.get().host.id].machines.spec(vm.id).seed is not None
    secrets = (*SECRETS.values(), "script-4711-text", "next-4711-word", "once-4711-word")
    assert files_with(tmp_path, *secrets) == []
