"""Disks and VMs that tests of the API make."""

from collections.abc import Iterator
from typing import Any

import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.waiting import until

GIB = 1 << 30

ENGINE_DOMAIN_ID = "40000000-0000-4000-8000-000000000001"


@pytest.fixture
def system(system: services.SystemService) -> Iterator[services.SystemService]:
    """Afterwards the VMs and disks of the test are gone."""
    yield system
    for vm in system.vms_service().list(search="name!=HostedEngine"):
        system.vms_service().vm_service(vm.id).remove()
    until(lambda: len(system.vms_service().list()) == 1)
    for disk in system.disks_service().list(search="name!=tiny"):
        system.disks_service().disk_service(disk.id).remove()
    until(lambda: len(system.disks_service().list()) == 1)


def disk(name: str | None = "mydisk", **more: Any) -> types.Disk:
    given = {
        "name": name,
        "format": types.DiskFormat.COW,
        "provisioned_size": GIB,
        "storage_domains": [types.StorageDomain(name="data")],
        **more,
    }
    return types.Disk(**{key: value for key, value in given.items() if value is not None})


def add_disk(system: services.SystemService, name: str = "mydisk", **more: Any) -> types.Disk:
    added = system.disks_service().add(disk(name, **more))
    service = system.disks_service().disk_service(added.id)
    until(lambda: service.get().status is types.DiskStatus.OK)
    return service.get()


def add_vm(system: services.SystemService, name: str = "myvm", template: str = "Blank") -> services.VmService:
    vm = types.Vm(name=name, cluster=types.Cluster(name="Default"), template=types.Template(name=template))
    service = system.vms_service().vm_service(system.vms_service().add(vm).id)
    until(lambda: service.get().status is types.VmStatus.DOWN)
    return service


def attach(vm: services.VmService, of: types.Disk, **how: Any) -> types.DiskAttachment:
    return vm.disk_attachments_service().add(types.DiskAttachment(disk=of, **how))
