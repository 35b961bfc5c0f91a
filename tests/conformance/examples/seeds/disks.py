"""Disks, and what lies on them."""

from typing import Any

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from tests.conformance.examples.case import Fixture, Site
from tests.conformance.examples.seeds.rows import GIB, NO_ID, copied, data_domain, until
from tests.conformance.examples.seeds.vms import on_vm


def disk_of_vm(name: str = "mydisk", vm: str = "myvm", *, id: str = "") -> Fixture:
    """One with an `id` of its own is there before it is attached."""

    def attach(connection: sdk.Connection, service: Any) -> None:
        disks = connection.system_service().disks_service()
        disk = types.Disk(
            id=id or None,
            name=name,
            provisioned_size=GIB,
            format=types.DiskFormat.COW,
            storage_domains=[types.StorageDomain(id=data_domain(connection).id)],
        )
        if id:
            disks.add(disk)
            until(lambda: disks.disk_service(id).get().status == types.DiskStatus.OK)
            disk = types.Disk(id=id)
        attachment = types.DiskAttachment(disk=disk, interface=types.DiskInterface.VIRTIO, bootable=False, active=True)
        made = disks.disk_service(service.disk_attachments_service().add(attachment).disk.id)
        until(lambda: made.get().status == types.DiskStatus.OK)

    return on_vm(attach, vm)


def disk(name: str, description: str = "", *, id: str = "") -> Fixture:
    """A disk that is attached to nothing."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            disks = connection.system_service().disks_service()
            wanted = types.Disk(
                id=id or None,
                name=name,
                description=description,
                provisioned_size=GIB,
                format=types.DiskFormat.COW,
                storage_domains=[types.StorageDomain(id=data_domain(connection).id)],
            )
            service = disks.disk_service(disks.add(wanted).id)
            until(lambda: service.get().status == types.DiskStatus.OK)

    fixture.__name__ = f"disk_{name}"
    return fixture


def disc(name: str) -> Fixture:
    """A disk for the drives of VMs."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            disks = connection.system_service().disks_service()
            wanted = types.Disk(
                name=name,
                provisioned_size=GIB,
                format=types.DiskFormat.RAW,
                content_type=types.DiskContentType.ISO,
                storage_domains=[types.StorageDomain(id=data_domain(connection).id)],
            )
            service = disks.disk_service(disks.add(wanted).id)
            until(lambda: service.get().status == types.DiskStatus.OK)

    fixture.__name__ = f"disc_{name}"
    return fixture


def filled_disk(name: str) -> Fixture:
    """That disk has a content, as if a VM had written it."""

    def fixture(site: Site) -> None:
        site.fill_image(site.state().one("disks", name=name)["id"])

    fixture.__name__ = f"content_of_{name}"
    return fixture


def zeros_on(name: str) -> Fixture:
    def fixture(site: Site) -> None:
        site.write_zeros(site.state().one("disks", name=name)["id"])

    fixture.__name__ = f"zeros_on_{name}"
    return fixture


def begun_upload(name: str) -> Fixture:
    """An upload to that disk waits for its client."""

    def fixture(site: Site) -> None:
        disk = types.Disk(id=site.state().one("disks", name=name)["id"])
        with site.connection() as connection:
            transfers = connection.system_service().image_transfers_service()
            made = transfers.add(types.ImageTransfer(disk=disk, direction=types.ImageTransferDirection.UPLOAD))
            service = transfers.image_transfer_service(made.id)
            until(lambda: service.get().phase == types.ImageTransferPhase.TRANSFERRING)

    fixture.__name__ = f"upload_to_{name}"
    return fixture


def attached_with_no_id(site: Site) -> None:
    """A second disk of the VM that has the disk `old`."""
    state = site.state()
    old = state.one("disks", name="old")
    copied(site, "disks", old, name="old-copy", id=NO_ID)
    copied(site, "disk_attachments", state.one("disk_attachments", disk_id=old["id"]), disk_id=NO_ID, bootable=0)
