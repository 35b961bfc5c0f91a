"""Images that snapshots hold, through the unmodified SDK: listed below their storage domain and disk, and removed."""

import pytest
from ovirtsdk4 import Error, services, types

from tests.fakes.engine import DATA_ID
from tests.unit.rest.server import Served
from tests.unit.rest.test_vm_settings import new


def _disk_id(system: services.SystemService, vm_id: str) -> str:
    return str(system.vms_service().vm_service(vm_id).disk_attachments_service().list()[0].id)


def test_the_images_of_snapshots_are_listed_and_removed_one_by_one(
    engine: Served, system: services.SystemService
) -> None:
    vm = system.vms_service().add(new("layered"), query={"async": "false"})
    service, disk_id = system.vms_service().vm_service(vm.id), _disk_id(system, vm.id)
    snapshots = service.snapshots_service()
    taken = [snapshots.add(types.Snapshot(description=word), query={"async": "false"}) for word in ("one", "two")]
    domain = system.storage_domains_service().storage_domain_service(DATA_ID)
    below_domain = domain.disk_snapshots_service()
    held = [one for one in below_domain.list() if one.disk.id == disk_id]
    assert {one.snapshot.id for one in held} == {one.id for one in taken}
    assert all(one.id == one.image_id for one in held)
    first, second = (next(one for one in held if one.snapshot.id == snapshot.id) for snapshot in taken)
    assert (first.parent, second.parent.id) == (None, first.id)
    below_disk = system.disks_service().disk_service(disk_id).disk_snapshots_service()
    assert {one.id for one in below_disk.list()} == {first.id, second.id}
    active = {one.id for one in below_disk.list(include_active=True)} - {first.id, second.id}
    assert active == {system.disks_service().disk_service(disk_id).get().image_id}
    below_domain.snapshot_service(first.id).remove(async_=False)
    assert [one.snapshot.id for one in below_disk.list()] == [taken[1].id]
    assert {one.description for one in snapshots.list()} == {"Active VM", "one", "two"}
    assert snapshots.snapshot_service(taken[0].id).disks_service().list() == []
    with pytest.raises(Error, match="There is no disk snapshot"):
        below_domain.snapshot_service(second.id).get()  # it was merged into the one below, which stands for it now
    service.remove(async_=False)
    assert [one for one in below_domain.list() if one.disk.id == disk_id] == []


def test_images_of_templates_are_shown_to_who_asks_for_them(system: services.SystemService) -> None:
    domain = system.storage_domains_service().storage_domain_service(DATA_ID)
    usual = {one.id for one in domain.disk_snapshots_service().list()}
    with_templates = {one.id for one in domain.disk_snapshots_service().list(include_template=True)}
    assert usual < with_templates
