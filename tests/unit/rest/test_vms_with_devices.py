"""VMs that are made with their disks and NICs, through the unmodified SDK."""

from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.fakes.engine import DATA_ID, TINY_ID, TINY_IMAGE
from tests.unit.rest.disks import add_disk, disk
from tests.unit.rest.disks import system as system
from tests.unit.rest.waiting import until


def make_vm(system: services.SystemService, template: str = "Blank", **more: Any) -> services.VmService:
    vm = types.Vm(name="myvm", cluster=types.Cluster(name="Default"), template=types.Template(name=template), **more)
    service = system.vms_service().vm_service(system.vms_service().add(vm).id)
    until(lambda: service.get().status is types.VmStatus.DOWN)
    return service


def test_a_vm_is_made_with_disks_and_nics(system: services.SystemService) -> None:
    there = add_disk(system, "there")
    vm = make_vm(
        system,
        disk_attachments=[
            types.DiskAttachment(disk=disk(None, format=types.DiskFormat.RAW), bootable=True),
            types.DiskAttachment(disk=there, read_only=True),
        ],
        nics=[
            types.Nic(name="nic1", vnic_profile=types.VnicProfile(name="ovirtmgmt")),
            types.Nic(name="nic2", interface=types.NicInterface.E1000, mac=types.Mac(address="56:6F:00:00:00:07")),
        ],
    )
    attached = {one.disk.name: (one, one.disk) for one in vm.disk_attachments_service().list(follow="disk")}
    assert attached["myvm_Disk1"][1].format is types.DiskFormat.RAW
    assert (attached["myvm_Disk1"][0].bootable, attached["there"][0].read_only) == (True, True)
    nics = {nic.name: nic for nic in vm.nics_service().list()}
    assert nics["nic1"].vnic_profile is not None
    assert (nics["nic2"].interface, nics["nic2"].mac.address) == (types.NicInterface.E1000, "56:6f:00:00:00:07")


def of_tiny(**more: Any) -> types.DiskAttachment:
    """What Ansible sends of the template's disk when a storage domain is named."""
    given = {"format": types.DiskFormat.COW, "sparse": True, "storage_domains": [types.StorageDomain(id=DATA_ID)]}
    return types.DiskAttachment(disk=types.Disk(id=TINY_IMAGE.disk_id, **{**given, **more}))


def test_what_is_said_of_the_templates_disk_is_true_of_the_vms(system: services.SystemService) -> None:
    vm = make_vm(system, "tiny", disk_attachments=[of_tiny(name="root")])
    (attached,) = vm.disk_attachments_service().list(follow="disk")
    assert (attached.disk.name, attached.disk.format, attached.bootable) == ("root", types.DiskFormat.COW, True)
    assert attached.disk.id != TINY_IMAGE.disk_id
    template = system.templates_service().template_service(TINY_ID)
    whole = template.disk_attachments_service().list(follow="disk")
    for attachments in ([of_tiny()], whole):
        assert vm.update(types.Vm(description="changed", disk_attachments=attachments)).description == "changed"
    again = make_vm_refused(system, whole, None)
    assert again.disk_attachments_service().list()[0].bootable is True


def make_vm_refused(
    system: services.SystemService, attachments: list[types.DiskAttachment], match: str | None
) -> services.VmService:
    """A second VM of tiny; `match` are those of the refusal."""
    vm = types.Vm(
        name="other",
        cluster=types.Cluster(name="Default"),
        template=types.Template(name="tiny"),
        disk_attachments=attachments,
    )
    if match is not None:
        with pytest.raises(sdk.Error, match=match):
            system.vms_service().add(vm)
        assert [one.name for one in system.vms_service().list()] == ["HostedEngine"]
        return system.vms_service().vm_service("")
    service = system.vms_service().vm_service(system.vms_service().add(vm).id)
    until(lambda: service.get().status is types.VmStatus.DOWN)
    return service


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"format": types.DiskFormat.RAW}, r"disk_attachment\[1\].disk.format: .*would have cow"),
        ({"sparse": False}, r"disk_attachment\[1\].disk.sparse: .*would have True"),
        ({"storage_domains": [types.StorageDomain(name="engine")]}, r"disk_attachment\[1\].disk.storage_domains"),
        ({"shareable": True}, r"disk_attachment\[1\].disk.shareable"),
        ({"backup": types.DiskBackup.INCREMENTAL}, r"disk_attachment\[1\].disk.backup = incremental"),
        ({"actual_size": 5}, r"disk_attachment\[1\].disk.actual_size cannot be set to 5"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_copy_that_cannot_be_is_refused_by_its_place(
    system: services.SystemService, more: dict[str, Any], match: str
) -> None:
    make_vm_refused(system, [of_tiny(**more)], match)


@pytest.mark.parametrize(
    ("devices", "code", "match"),
    [
        ({"disk_attachments": [types.DiskAttachment(bootable=True)]}, 400, r"DiskAttachment \[disk\] required"),
        (
            {"disk_attachments": [types.DiskAttachment(disk=disk(storage_domains=None))]},
            400,
            r"Disk \[storage_domains.id\|name\] required",
        ),
        (
            {"disk_attachments": [types.DiskAttachment(disk=disk()), types.DiskAttachment(disk=disk("a b"))]},
            400,
            r"vm.disk_attachments.disk_attachment\[2\].disk.name",
        ),
        (
            {"disk_attachments": [types.DiskAttachment(disk=disk(), pass_discard=True)]},
            501,
            r"vm.disk_attachments.disk_attachment\[1\].pass_discard = true",
        ),
        ({"nics": [types.Nic(interface=types.NicInterface.VIRTIO)]}, 400, r"Nic \[name\] required for add"),
        ({"nics": [types.Nic(name="n", on_boot=True)]}, 501, r"vm.nics.nic\[1\].on_boot = true"),
        (
            {"nics": [types.Nic(name="n", vnic_profile=types.VnicProfile(name="nowhere"))]},
            404,
            "no vNIC profile has the name nowhere",
        ),
        ({"nics": [types.Nic(name="n", mac=types.Mac(address="zz"))]}, 400, r"vm.nics.nic\[1\].mac.address"),
    ],
    ids=range(8),
)
def test_devices_that_cannot_be_are_refused_by_their_place(
    system: services.SystemService, devices: dict[str, Any], code: int, match: str
) -> None:
    vm = types.Vm(name="x", cluster=types.Cluster(name="Default"), template=types.Template(name="Blank"), **devices)
    with pytest.raises(sdk.Error, match=match) as caught:
        system.vms_service().add(vm)
    assert caught.value.code == code
    assert len(system.vms_service().list()) == 1
    assert len(system.disks_service().list()) == 1


def test_a_whole_vm_is_sent_back_and_its_devices_are_changed_elsewhere(system: services.SystemService) -> None:
    vm = make_vm(system, disk_attachments=[types.DiskAttachment(disk=disk())], nics=[types.Nic(name="nic1")])
    whole = vm.get(follow="disk_attachments.disk,nics")
    whole.comment = "sent back"
    assert vm.update(whole).comment == "sent back"
    for other, match in (
        (types.Vm(nics=[types.Nic(name="nic2")]), r"nic2 as vm.nics.nic\[1\]: .* are added at /vms/ID/nics"),
        (types.Vm(nics=[types.Nic(name="nic1", linked=False)]), r"vm.nics.nic\[1\].linked"),
        (types.Vm(disk_attachments=[types.DiskAttachment(disk=disk("new"))]), "attached at /vms/ID/diskattachments"),
        (
            types.Vm(
                disk_attachments=[types.DiskAttachment(disk=types.Disk(id=whole.disk_attachments[0].id, name="x"))]
            ),
            r"disk_attachment\[1\].disk.name: the disk is there, and its name is mydisk",
        ),
    ):
        with pytest.raises(sdk.Error, match=match):
            vm.update(other)
