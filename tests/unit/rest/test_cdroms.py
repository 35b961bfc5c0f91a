"""The drives of VMs and templates, and ISO disks as files, through the unmodified SDK."""

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.fakes.engine import DATA_ID, TINY_ID
from tests.unit.rest.disks import add_disk, add_vm
from tests.unit.rest.disks import system as system
from tests.unit.rest.waiting import until

ISO = {"content_type": types.DiskContentType.ISO, "format": types.DiskFormat.RAW}


def file_of(drive: services.VmCdromService, *, current: bool | None = None) -> str | None:
    file = drive.get(current=current).file
    return file.id if file else None


def the_drive(vm: services.VmService) -> services.VmCdromService:
    (drive,) = vm.cdroms_service().list()
    return vm.cdroms_service().cdrom_service(drive.id)


def test_a_drive_is_there_and_empty_and_gets_a_disc_for_the_next_run(system: services.SystemService) -> None:
    disc, vm = add_disk(system, "disc", **ISO), add_vm(system)
    assert disc.content_type is types.DiskContentType.ISO
    drive = the_drive(vm)
    assert file_of(drive) is None
    assert drive.update(types.Cdrom(file=types.File(id=disc.id))).file.id == disc.id
    assert file_of(drive, current=True) == disc.id  # it does not run
    drive.update(types.Cdrom(file=types.File()))
    assert file_of(drive) is None
    added = vm.cdroms_service().add(types.Cdrom(file=types.File(id=disc.id)))
    assert (added.id, added.file.id) == (drive.get().id, disc.id)
    drive.update(types.Cdrom(file=types.File(id="")))
    assert file_of(drive) is None


def test_the_disc_of_a_running_vm_is_changed_and_the_next_run_has_its_own(system: services.SystemService) -> None:
    disc, vm = add_disk(system, "disc", **ISO), add_vm(system, template="tiny")
    vm.start()
    until(lambda: vm.get().status is types.VmStatus.UP)
    drive = the_drive(vm)
    drive.update(types.Cdrom(file=types.File(id=disc.id)), current=True)
    assert (file_of(drive, current=True), file_of(drive)) == (disc.id, None)
    drive.update(types.Cdrom(file=types.File()), current=True)
    assert file_of(drive, current=True) is None
    vm.stop()
    until(lambda: vm.get().status is types.VmStatus.DOWN)


def test_what_is_no_disc_and_what_says_nothing_is_refused(system: services.SystemService) -> None:
    disk, vm = add_disk(system), add_vm(system)
    drive = the_drive(vm)
    with pytest.raises(sdk.Error, match=r"cdrom\.file\.id.*holds data"):
        drive.update(types.Cdrom(file=types.File(id=disk.id)))
    with pytest.raises(sdk.Error, match=r"\[file\.id\] required for update"):
        drive.update(types.Cdrom())
    with pytest.raises(sdk.Error, match="it is down"):
        drive.update(types.Cdrom(file=types.File()), current=True)
    with pytest.raises(sdk.NotFoundError):
        vm.cdroms_service().cdrom_service("1").get()


def test_templates_have_a_drive_too(system: services.SystemService) -> None:
    template = system.templates_service().template_service(TINY_ID)
    (drive,) = template.cdroms_service().list()
    assert (drive.file, drive.template.id) == (None, TINY_ID)


def test_the_files_of_a_storage_domain_are_its_discs(system: services.SystemService) -> None:
    disc = add_disk(system, "disc", **ISO)
    add_disk(system)
    files = system.storage_domains_service().storage_domain_service(DATA_ID).files_service()
    assert [(file.id, file.name) for file in files.list()] == [(disc.id, "disc")]
    assert files.file_service(disc.id).get().storage_domain.id == DATA_ID
