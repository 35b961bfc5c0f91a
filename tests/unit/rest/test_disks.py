"""Disks and their attachments through the unmodified SDK: made, attached, changed, and what is refused by name."""

from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.fakes.engine import DATA_ID, TINY_ID, TINY_IMAGE
from tests.unit.rest.disks import ENGINE_DOMAIN_ID, GIB, add_disk, add_vm, attach, disk
from tests.unit.rest.disks import system as system
from tests.unit.rest.waiting import until


def test_a_disk_has_what_was_asked_for(system: services.SystemService) -> None:
    identity = "6A0F0E16-25F1-4C29-8D2B-3E8A0C1C8F10"
    made = add_disk(
        system, id=identity, description="of a test", format=types.DiskFormat.RAW, shareable=True, propagate_errors=True
    )
    assert (made.id, made.name, made.alias, made.description) == (identity.lower(), "mydisk", "mydisk", "of a test")
    assert (made.format, made.sparse, made.shareable, made.propagate_errors) == (types.DiskFormat.RAW, True, True, True)
    assert (made.backup, made.content_type) == (types.DiskBackup.NONE, types.DiskContentType.DATA)
    assert made.actual_size == made.total_size == 196_608
    assert [domain.id for domain in made.storage_domains] == [DATA_ID]


@pytest.mark.parametrize(
    ("more", "code", "match"),
    [
        ({"name": None}, 400, r"Disk \[name\|alias\] required for add"),
        ({"provisioned_size": None}, 400, r"Disk \[provisioned_size\] required for add"),
        ({"storage_domains": None}, 400, r"Disk \[storage_domains.id\|name\] required for add"),
        ({"storage_domains": [types.StorageDomain(name="nowhere")]}, 404, "no storage domain has the name nowhere"),
        ({"storage_domains": [types.StorageDomain(name="data")] * 2}, 400, "disk.storage_domains.*one is possible"),
        ({"name": "two words"}, 400, "disk.name.*letters, digits"),
        ({"alias": "other"}, 400, "mydisk and other as disk.name and disk.alias"),
        ({"id": "1234"}, 400, "disk.id.*UUID"),
        ({"id": TINY_IMAGE.disk_id}, 400, "disk.id.*another disk has it"),
        ({"sparse": False}, 400, "disk.sparse.*always thin"),
        ({"shareable": True}, 400, "disk.format.*has to be raw"),
        ({"backup": types.DiskBackup.INCREMENTAL}, 501, "disk.backup = incremental"),
        ({"content_type": types.DiskContentType.ISO}, 400, "disk.format.*is raw"),
        ({"storage_type": types.DiskStorageType.LUN}, 501, "disk.storage_type = lun"),
        ({"disk_profile": types.DiskProfile(id="x")}, 501, "disk.disk_profile = .*id: x"),
        ({"quota": types.Quota(id="x")}, 501, "disk.quota"),
        ({"lun_storage": types.HostStorage(type=types.StorageType.ISCSI)}, 501, "disk.lun_storage"),
        ({"qcow_version": types.QcowVersion.QCOW2_V2}, 501, "disk.qcow_version = qcow2_v2"),
        ({"sgio": types.ScsiGenericIO.UNFILTERED}, 501, "disk.sgio"),
        ({"status": types.DiskStatus.OK}, 400, "disk.status cannot be set to ok here"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_disk_that_cannot_be_is_refused_by_name(
    system: services.SystemService, more: dict[str, Any], code: int, match: str
) -> None:
    with pytest.raises(sdk.Error, match=match) as caught:
        system.disks_service().add(disk(**more))
    assert caught.value.code == code
    assert len(system.disks_service().list()) == 1


def test_the_disks_of_a_storage_domain(system: services.SystemService) -> None:
    domains = system.storage_domains_service()
    here, elsewhere = (domains.storage_domain_service(i).disks_service() for i in (DATA_ID, ENGINE_DOMAIN_ID))
    added = here.add(disk(storage_domains=None))
    assert [domain.id for domain in added.storage_domains] == [DATA_ID]
    until(lambda: here.disk_service(added.id).get().status is types.DiskStatus.OK)
    assert elsewhere.list() == []
    with pytest.raises(sdk.NotFoundError):
        elsewhere.disk_service(added.id).get()
    with pytest.raises(sdk.Error, match=r"as disk\.storage_domains: the path says"):
        here.add(disk("other", storage_domains=[types.StorageDomain(name="engine")]))
    assert here.list(unregistered=True) == []
    assert here.disk_service(added.id).update(types.Disk(description="changed")).description == "changed"
    here.disk_service(added.id).remove()
    until(lambda: {one.name for one in here.list()} == {"tiny"})


def test_searches_of_disks(system: services.SystemService) -> None:
    one, vm = add_disk(system, "one"), add_vm(system)
    add_disk(system, "two")
    attach(vm, one)

    def names(search: str) -> list[str]:
        return sorted(found.name for found in system.disks_service().list(search=search))

    assert names("alias=one") == names("vm_names=myvm") == names("Storage.name=data and vm.name=myvm") == ["one"]
    assert names("provisioned_size=1 and status=ok") == ["one", "two"]


def test_a_disk_is_attached_as_ansible_does_it(system: services.SystemService) -> None:
    """With all that is said of the disk once more; oVirt plugs one that was there only when asked to."""
    made, vm = add_disk(system), add_vm(system)
    attached = attach(vm, disk(id=made.id, sparse=True, content_type=types.DiskContentType.DATA))
    assert (attached.id, attached.disk.id, attached.active) == (made.id, made.id, False)
    assert (attached.pass_discard, attached.read_only, attached.uses_scsi_reservation) == (False, False, False)
    service = vm.disk_attachments_service().attachment_service(made.id)
    changed = service.update(types.DiskAttachment(active=True, read_only=True, disk=disk(id=made.id)))
    assert (changed.active, changed.read_only) == (True, True)
    assert service.update(changed).read_only is True
    assert service.update(types.DiskAttachment(disk=made)).active is True
    service.remove()
    assert vm.disk_attachments_service().list() == []
    assert system.disks_service().disk_service(made.id).get().name == "mydisk"


@pytest.mark.parametrize(
    ("given", "code", "match"),
    [
        ({"provisioned_size": 2 * GIB}, 400, "disk_attachment.disk.provisioned_size: the disk is there"),
        (
            {"format": types.DiskFormat.RAW},
            400,
            "disk_attachment.disk.format: the disk is there, and its format is cow",
        ),
        ({"actual_size": 5}, 400, "disk_attachment.disk.actual_size cannot be set to 5"),
        ({"backup": types.DiskBackup.INCREMENTAL}, 501, "disk_attachment.disk.backup = incremental"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_disk_that_is_there_is_not_changed_by_attaching_it(
    system: services.SystemService, given: dict[str, Any], code: int, match: str
) -> None:
    made, vm = add_disk(system), add_vm(system)
    with pytest.raises(sdk.Error, match=match) as caught:
        attach(vm, types.Disk(id=made.id, **given))
    assert caught.value.code == code
    assert vm.disk_attachments_service().list() == []


def test_a_disk_that_is_made_and_attached_at_once(system: services.SystemService) -> None:
    vm = add_vm(system)
    attached = attach(vm, disk(None), interface=types.DiskInterface.VIRTIO, bootable=True, active=True)
    service = system.disks_service().disk_service(attached.disk.id)
    until(lambda: service.get().status is types.DiskStatus.OK)
    assert (service.get().name, attached.interface, attached.bootable) == (
        "myvm_Disk1",
        types.DiskInterface.VIRTIO,
        True,
    )
    vm.disk_attachments_service().attachment_service(attached.id).remove(detach_only=False)
    until(lambda: system.disks_service().list(search="name=myvm_Disk1") == [])


@pytest.mark.parametrize(
    ("attachment", "code", "match"),
    [
        (types.DiskAttachment(bootable=True), 400, r"DiskAttachment \[disk\] required for add"),
        (types.DiskAttachment(disk=disk(storage_domains=None)), 400, r"Disk \[storage_domains.id\|name\] required"),
        (types.DiskAttachment(disk=types.Disk(id="no-such-disk")), 404, "There is no disk no-such-disk"),
        (types.DiskAttachment(disk=disk(quota=types.Quota(id="x"))), 501, "disk_attachment.disk.quota"),
        (types.DiskAttachment(disk=disk("a b")), 400, "disk_attachment.disk.name.*letters"),
        (types.DiskAttachment(disk=disk(), pass_discard=True), 501, "disk_attachment.pass_discard = true"),
        (
            types.DiskAttachment(disk=disk(), uses_scsi_reservation=True),
            501,
            "disk_attachment.uses_scsi_reservation = true",
        ),
        (types.DiskAttachment(disk=disk(), logical_name="/dev/sda"), 400, "disk_attachment.logical_name cannot be set"),
        (types.DiskAttachment(disk=disk(), interface=types.DiskInterface.IDE), 400, "q35 has no IDE"),
    ],
    ids=range(9),
)
def test_an_attachment_that_cannot_be_is_refused_by_name(
    system: services.SystemService, attachment: types.DiskAttachment, code: int, match: str
) -> None:
    vm = add_vm(system)
    with pytest.raises(sdk.Error, match=match) as caught:
        vm.disk_attachments_service().add(attachment)
    assert caught.value.code == code
    assert vm.disk_attachments_service().list() == []
    assert len(system.disks_service().list()) == 1


def test_a_disk_is_changed_by_sending_it_back(system: services.SystemService) -> None:
    made = add_disk(system, format=types.DiskFormat.RAW)
    service = system.disks_service().disk_service(made.id)
    made.name, made.description, made.shareable, made.wipe_after_delete = "renamed", "changed", True, True
    changed = service.update(made)
    assert (changed.name, changed.alias, changed.description) == ("renamed", "renamed", "changed")
    assert (changed.shareable, changed.wipe_after_delete) == (True, True)
    assert service.update(types.Disk(alias="again")).name == "again"
    assert service.update(types.Disk(storage_domains=[types.StorageDomain(name="data")])).name == "again"
    for other, match in (
        (types.Disk(format=types.DiskFormat.COW), "disk.format cannot be set to cow here .on add."),
        (types.Disk(storage_domains=[types.StorageDomain(name="engine")]), "disk.storage_domains cannot be set"),
        (types.Disk(actual_size=1), "disk.actual_size cannot be set to 1 here .never."),
        (types.Disk(name="one", alias="two"), "one and two|two and one"),
    ):
        with pytest.raises(sdk.Error, match=match):
            service.update(other)
    assert service.get().name == "again"
    updates = [event for event in system.events_service().list(max=20) if event.code == 86]
    assert "Disk renamed was updated by admin@internal." in [event.description for event in updates]


def test_a_disk_grows_through_its_attachment(system: services.SystemService) -> None:
    """As the SDK's example extend_disk does it."""
    vm = add_vm(system)
    attached = attach(vm, disk(), interface=types.DiskInterface.VIRTIO, bootable=False, active=True)
    service = system.disks_service().disk_service(attached.disk.id)
    until(lambda: service.get().status is types.DiskStatus.OK)
    attachment = vm.disk_attachments_service().attachment_service(attached.id)
    attachment.update(types.DiskAttachment(disk=types.Disk(provisioned_size=2 * GIB, name="larger"), active=False))
    assert (service.get().provisioned_size, service.get().name) == (2 * GIB, "larger")
    assert attachment.get().active is False
    with pytest.raises(sdk.Error, match="Cannot shrink disk larger") as caught:
        attachment.update(types.DiskAttachment(disk=types.Disk(provisioned_size=GIB)))
    assert caught.value.code == 409
    with pytest.raises(sdk.Error, match=r"disk_attachment\.disk\.format cannot be set to raw"):
        attachment.update(types.DiskAttachment(disk=types.Disk(format=types.DiskFormat.RAW)))
    whole = service.get()
    whole.provisioned_size = 3 * GIB
    assert service.update(whole).provisioned_size == 3 * GIB
    descriptions = [event.description for event in system.events_service().list(max=20) if event.code == 371]
    assert descriptions == [
        f"The size of disk larger is {size} GiB now, as admin@internal asked for." for size in (3, 2)
    ]


def test_the_disk_of_a_template(system: services.SystemService) -> None:
    attachments = system.templates_service().template_service(TINY_ID).disk_attachments_service()
    (attached,) = attachments.list()
    assert (attached.template.id, attached.vm, attached.disk.id) == (TINY_ID, None, TINY_IMAGE.disk_id)
    assert attachments.attachment_service(attached.id).get().bootable is True
    with pytest.raises(sdk.Error, match="belongs to a template"):
        system.disks_service().disk_service(attached.disk.id).update(types.Disk(provisioned_size=GIB))
