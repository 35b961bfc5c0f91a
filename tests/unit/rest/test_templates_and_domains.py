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
from tests.unit.rest.waiting import until

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
    ("given", "code", "message"),
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
    system: services.SystemService, given: dict[str, Any], code: int, message: str
) -> None:
    service = system.templates_service().template_service(TINY_ID)
    before = service.get()
    with pytest.raises(sdk.Error, match=message) as caught:
        service.update(types.Template(**given))
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
    ("given", "code", "message"),
    [
        ({"name": "engine"}, 409, "another storage domain has it"),
        ({"type": types.StorageDomainType.ISO}, 400, "storage_domain.type cannot be set to iso"),
        ({"wipe_after_delete": True}, 501, "storage_domain.wipe_after_delete = true"),
        ({"warning_low_space_indicator": 101}, 400, r"storage_domain\.warning_low_space_indicator"),
        ({"storage": types.HostStorage(path="other")}, 400, "storage_domain.storage.path cannot be set to other"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_storage_domain_that_cannot_be_is_refused_by_name(
    system: services.SystemService, given: dict[str, Any], code: int, message: str
) -> None:
    service = system.storage_domains_service().storage_domain_service(DATA_ID)
    with pytest.raises(sdk.Error, match=message) as caught:
        service.update(types.StorageDomain(**given))
    assert caught.value.code == code
    assert service.get().name == "data"


def test_a_template_of_a_vm_has_its_disks_and_goes_again(system: services.SystemService) -> None:
    vms, templates = system.vms_service(), system.templates_service()
    cluster = types.Cluster(name="Default")
    vm = vms.add(types.Vm(name="source", cluster=cluster, template=types.Template(name="tiny")))
    until(lambda: vms.vm_service(vm.id).get().status == types.VmStatus.DOWN)
    (attached,) = vms.vm_service(vm.id).disk_attachments_service().list()
    disk = types.Disk(id=attached.disk.id, format=types.DiskFormat.RAW, sparse=True)
    wanted = types.Template(
        name="golden",
        description="with an agent",
        vm=types.Vm(id=vm.id, disk_attachments=[types.DiskAttachment(disk=disk)]),
        version=types.TemplateVersion(base_template=types.Template(name="tiny"), version_name="with agent"),
    )
    template = templates.add(wanted, clone_permissions=True)
    assert template.status in (types.TemplateStatus.LOCKED, types.TemplateStatus.OK)
    service = templates.template_service(template.id)
    until(lambda: service.get().status == types.TemplateStatus.OK)
    made = service.get()
    assert (made.version.version_number, made.version.version_name) == (2, "with agent")
    assert (made.version.base_template.id, made.description) == (TINY_ID, "with an agent")
    (copy,) = service.disk_attachments_service().list()
    shown = system.disks_service().disk_service(copy.disk.id).get()
    assert (shown.format, shown.status) == (types.DiskFormat.RAW, types.DiskStatus.OK)
    with pytest.raises(sdk.Error, match="is used by"):
        templates.template_service(TINY_ID).remove()
    service.remove()
    until(lambda: template.id not in {one.id for one in templates.list()})


def test_a_vm_is_cloned(system: services.SystemService) -> None:
    vms = system.vms_service()
    cluster = types.Cluster(name="Default")
    vm = vms.add(types.Vm(name="source", cluster=cluster, template=types.Template(name="tiny")), clone=True)
    assert (vm.template.id, vm.original_template.id) == (BLANK_TEMPLATE_ID, TINY_ID)
    until(lambda: vms.vm_service(vm.id).get().status == types.VmStatus.DOWN)
    vms.vm_service(vm.id).clone(vm=types.Vm(name="second"))
    until(lambda: [one.status for one in vms.list(search="name=second")] == [types.VmStatus.DOWN])
