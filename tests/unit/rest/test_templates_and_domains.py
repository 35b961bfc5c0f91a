"""Templates and storage domains changed through the unmodified SDK; what is not there yet is refused by name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from tests.fakes.engine import DATA_ID, TINY_ID
from tests.unit.rest.server import served

MIB = 1 << 20


@pytest.fixture
def system(tmp_path: Path) -> Iterator[services.SystemService]:
    with served(tmp_path) as engine, engine.connection() as connection:
        yield connection.system_service()


def events(system: services.SystemService, code: int) -> list[str]:
    return [event.description for event in system.events_service().list() if event.code == code]


def test_a_template_is_changed_and_new_vms_are_like_it(system: services.SystemService) -> None:
    service = system.templates_service().template_service(TINY_ID)
    whole = service.get()
    whole.name, whole.description, whole.comment, whole.memory = "small", "of a test", "c", 128 * MIB
    changed = service.update(whole)
    assert (changed.name, changed.description, changed.comment, changed.memory) == (
        "small",
        "of a test",
        "c",
        128 * MIB,
    )
    vm = types.Vm(name="vm1", cluster=types.Cluster(name="Default"), template=types.Template(name="small"))
    assert system.vms_service().add(vm).memory == 128 * MIB
    assert events(system, 49) == ["Template small configuration was updated by admin@internal."]


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"name": "two words"}, 400, "template.name.*letters"),
        ({"memory": 1}, 400, "template.memory"),
        ({"cluster": types.Cluster(name="nowhere")}, 404, "no cluster has the name nowhere"),
        ({"status": types.TemplateStatus.LOCKED}, 400, "template.status cannot be set to locked"),
        ({"tpm_enabled": True}, 501, "template.tpm_enabled = true"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_template_that_cannot_be_is_refused_by_name(
    system: services.SystemService, said: dict[str, Any], code: int, words: str
) -> None:
    service = system.templates_service().template_service(TINY_ID)
    before = service.get()
    with pytest.raises(sdk.Error, match=words) as caught:
        service.update(types.Template(**said))
    assert caught.value.code == code
    assert (service.get().name, service.get().memory) == (before.name, before.memory)


def test_blank_stays_as_it_is(system: services.SystemService) -> None:
    service = system.templates_service().template_service(BLANK_TEMPLATE_ID)
    assert service.update(types.Template(name="Blank")).name == "Blank"
    with pytest.raises(sdk.Error, match="Cannot change template Blank") as caught:
        service.update(types.Template(memory=2048 * MIB))
    assert caught.value.code == 409


def test_a_storage_domain_is_changed_and_disks_find_it_by_its_new_name(system: services.SystemService) -> None:
    service = system.storage_domains_service().storage_domain_service(DATA_ID)
    whole = service.get()
    whole.name, whole.description, whole.comment = "mydata", "of a test", "c"
    changed = service.update(whole)
    assert (changed.name, changed.description, changed.comment) == ("mydata", "of a test", "c")
    assert [found.id for found in system.storage_domains_service().list(search="name=mydata")] == [DATA_ID]
    assert service.get().storage.path == "/data"
    disk = types.Disk(name="d", provisioned_size=MIB, format=types.DiskFormat.COW)
    disk.storage_domains = [types.StorageDomain(name="mydata")]
    assert system.disks_service().add(disk).storage_domains[0].id == DATA_ID
    assert events(system, 958) == ["Storage Domain mydata was updated by admin@internal."]


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"name": "engine"}, 409, "another storage domain has it"),
        ({"type": types.StorageDomainType.ISO}, 400, "storage_domain.type cannot be set to iso"),
        ({"wipe_after_delete": True}, 501, "storage_domain.wipe_after_delete = true"),
        ({"warning_low_space_indicator": 20}, 501, "storage_domain.warning_low_space_indicator = 20"),
        ({"storage": types.HostStorage(path="other")}, 400, "storage_domain.storage.path cannot be set to other"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_storage_domain_that_cannot_be_is_refused_by_name(
    system: services.SystemService, said: dict[str, Any], code: int, words: str
) -> None:
    service = system.storage_domains_service().storage_domain_service(DATA_ID)
    with pytest.raises(sdk.Error, match=words) as caught:
        service.update(types.StorageDomain(**said))
    assert caught.value.code == code
    assert service.get().name == "data"


def test_a_template_cannot_be_removed_yet(system: services.SystemService) -> None:
    service = system.templates_service().template_service(TINY_ID)
    with pytest.raises(sdk.Error, match=r"Template\.remove is not there yet") as caught:
        service.remove()
    assert caught.value.code == 501
    assert service.get().id
