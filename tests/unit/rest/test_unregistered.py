"""What lies on an imported storage domain and is not registered: looked into, removed, registered, through the SDK."""

from collections.abc import Callable
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.unit.rest.two_engines import MIB, Engine, a_domain, add_vm, is_whole, taken_over, until


def images_on(engine: Engine, domain_id: str) -> list[str]:
    return [ref.disk_id for ref in engine.site.images if ref.storage_domain == domain_id]


def a_loose_disk(engine: Engine, domain: types.StorageDomain) -> types.Disk:
    disk = types.Disk(name="loose", format=types.DiskFormat.RAW, provisioned_size=MIB)
    disk.storage_domains = [types.StorageDomain(id=domain.id)]
    made = engine.system.disks_service().add(disk)
    until(lambda: engine.system.disks_service().disk_service(made.id).get().status == types.DiskStatus.OK)
    return made


def refused(call: Callable[[], object], code: int, match: str) -> None:
    with pytest.raises(sdk.Error, match=match) as caught:
        call()
    assert caught.value.code == code


def test_the_disks_of_an_unregistered_vm_are_shown_as_those_of_a_registered_one(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    made = add_vm(first, domain)
    (before,) = first.of(domain.id).vms_service().vm_service(made.id).disk_attachments_service().list()
    assert before.disk.href == f"/ovirt-engine/api/disks/{before.id}"

    there = taken_over(first, second, domain.id).vms_service().vm_service(made.id)
    (found,) = there.disk_attachments_service().list()
    assert (found.id, found.interface, found.bootable, found.active) == (before.id, before.interface, True, True)
    assert there.disk_attachments_service().attachment_service(found.id).get().href == found.href
    assert found.vm.href.endswith(f"/storagedomains/{domain.id}/vms/{made.id}")
    (disk,) = there.disks_service().list()
    assert disk.href == found.disk.href == f"{there.get().href}/disks/{found.id}"
    assert there.disks_service().disk_service(disk.id).get().name == "web-disk"
    refused(lambda: there.disk_attachments_service().attachment_service(made.id).get(), 404, "disk attachment")
    nobody = second.of(domain.id).vms_service().vm_service(domain.id)
    refused(nobody.disk_attachments_service().list, 404, "VM")


def test_an_unregistered_vm_is_removed_with_its_images(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    made, other = add_vm(first, domain), add_vm(first, domain, "other")
    vm = first.system.vms_service().vm_service(made.id)
    vm.snapshots_service().add(types.Snapshot(description="before"))
    until(lambda: len(vm.snapshots_service().list()) == 2 and is_whole(first, vm))
    service = taken_over(first, second, domain.id)
    assert len(images_on(second, domain.id)) == 3
    service.vms_service().vm_service(made.id).remove(async_=False)
    assert [one.id for one in service.vms_service().list(unregistered=True)] == [other.id]
    assert len(images_on(second, domain.id)) == 1
    assert second.events(1160) == ["VM web was removed from vms"]
    service.update_ovf_store(async_=False)
    assert [*second.site.ovfs["nas:/srv/vms"]] == [other.id]
    assert made.id not in str(second.site.metadata["nas:/srv/vms"])

    service.vms_service().vm_service(other.id).register(cluster=types.Cluster(name="Default"), async_=False)
    refused(service.vms_service().vm_service(other.id).remove, 404, "unregistered vm")
    assert [one.id for one in service.vms_service().list()] == [other.id]


def test_a_removal_that_fails_is_said_and_done_again(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    made = add_vm(first, domain)
    service = taken_over(first, second, domain.id).vms_service()
    nodes: list[Any] = [*second.served.world.nodes.values()]
    for node in nodes:
        node.lose_answer("remove_image", times=9)
    refused(lambda: service.vm_service(made.id).remove(async_=False), 500, "did not answer")
    assert len(second.events(1161)) == 1
    assert [one.id for one in service.list(unregistered=True)] == [made.id]
    for node in nodes:
        node.mend("remove_image")
    service.vm_service(made.id).remove(async_=False)
    assert service.list(unregistered=True) == []


def test_a_template_is_removed_after_what_stands_on_it(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    base = add_vm(first, domain, "golden-vm")
    template = first.system.templates_service().add(types.Template(name="golden", vm=types.Vm(id=base.id)))
    until(lambda: first.system.templates_service().list(search="name=golden")[0].status == types.TemplateStatus.OK)
    thin = first.system.vms_service().add(
        types.Vm(name="thin", cluster=types.Cluster(name="Default"), template=types.Template(id=template.id))
    )
    until(lambda: first.system.vms_service().vm_service(thin.id).get().status == types.VmStatus.DOWN)

    there = taken_over(first, second, domain.id)
    service = there.templates_service().template_service(template.id)
    assert len(service.disks_service().list()) == 1
    refused(service.remove, 409, "disks of thin stand on its disks")
    there.vms_service().vm_service(thin.id).remove(async_=False)
    service.remove(async_=False)
    assert there.templates_service().list(unregistered=True) == []
    assert second.events(1154) == ["Template golden was removed from vms"]
    assert len(images_on(second, domain.id)) == 1


def test_disks_of_an_attached_domain_are_registered_there_and_removed(first: Engine, second: Engine) -> None:
    domain = a_domain(first)
    kept, gone = a_loose_disk(first, domain), a_loose_disk(first, domain)
    there = taken_over(first, second, domain.id)
    disks = second.attached.storage_domain_service(domain.id).disks_service()
    assert disks.list() == []
    disks.disk_service(kept.id).register()
    until(lambda: [one.id for one in disks.list()] == [kept.id])
    assert second.system.disks_service().disk_service(kept.id).get().name == "loose"
    assert disks.disk_service(kept.id).get().name == "loose"
    refused(disks.disk_service(kept.id).register, 404, "unregistered disk")

    there.disks_service().disk_service(gone.id).remove(query={"unregistered": "true"})
    until(lambda: there.disks_service().list(unregistered=True) == [])
    assert images_on(second, domain.id) == [kept.id]
    elsewhere = second.attached.storage_domain_service(kept.id).disks_service()
    refused(elsewhere.list, 404, "storage domain")
