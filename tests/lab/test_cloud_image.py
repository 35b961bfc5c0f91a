"""What people do with VMs, with a cloud image of Debian: upload, cloud-init, screen, SSH; a template and three VMs of
it; ten snapshots, of which some go while the guest writes, and the way back to an early one."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance.outside import all_traces, until
from tests.conformance.test_sdk import STATUS_DOWN, connect
from tests.lab.cloud_guest import CloudGuest, guest_of, guest_with, upload
from tests.lab.site_client import SiteClient, site_client
from tests.lab.under_test import LabUnderTest

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

ADDRESSES = ("192.0.2.77", "192.0.2.78", "192.0.2.79")  # of the lab's network, nobody else's
SNAPSHOTS, REMOVED, EARLY = 10, range(3, 7), 2
WORK_WITHIN_S = 600
BUSY = "while :; do dd if=/dev/urandom of=/var/tmp/busy bs=64k count=16; done"


@pytest.fixture
def client(lab: LabUnderTest, tmp_path: Path) -> SiteClient:
    return site_client(lab, tmp_path)


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    with connect(lab) as connection:
        yield connection.system_service()


def test_a_cloud_image_is_uploaded_set_up_seen_and_entered(
    lab: LabUnderTest, system: sdk.services.SystemService, client: SiteClient
) -> None:
    before, address = all_traces(lab), ADDRESSES[0]
    with guest_with(system, client, upload(system, client), address) as guest:
        guest.start()
        assert guest.colours_on_screen() > 1
        assert address in (guest.asked("ip", "-o", "address") or "")
        until("its agent reports who it is", lambda: guest.service.get().fqdn == guest.name, timeout_s=120)
        devices = guest.service.reported_devices_service().list()
        assert address in {ip.address for device in devices for ip in device.ips or ()}
        guest.shut_down()
    until("nothing of it is left on any node", lambda: all_traces(lab) == before, timeout_s=90)


def test_three_vms_of_one_template_are_three_machines(
    lab: LabUnderTest, system: sdk.services.SystemService, client: SiteClient
) -> None:
    before = all_traces(lab)
    with guest_with(system, client, upload(system, client), ADDRESSES[0]) as source:
        templates = system.templates_service()
        template = templates.add(types.Template(name=source.name, vm=types.Vm(id=source.service.get().id)))
        service = templates.template_service(template.id)
        until("the template is made", lambda: service.get().status == types.TemplateStatus.OK, timeout_s=WORK_WITHIN_S)
    with ExitStack() as made:
        guests = [made.enter_context(guest_of(system, client, template.name, address)) for address in ADDRESSES]
        with pytest.raises(sdk.Error, match="VM"):
            service.remove()
        for guest in guests:
            guest.start()
            guest.run(f"echo {guest.name} >/var/tmp/own && sync")
        assert [guest.run("cat /var/tmp/own /etc/hostname").split() for guest in guests] == [
            [guest.name, guest.name] for guest in guests
        ]
        assert len({guest.run("cat /etc/machine-id") for guest in guests}) == len(guests)
    service.remove()
    until("nothing of them is left on any node", lambda: all_traces(lab) == before, timeout_s=180)


def test_ten_snapshots_hold_what_was_there_and_go_while_the_guest_writes(
    lab: LabUnderTest, system: sdk.services.SystemService, client: SiteClient
) -> None:
    before = all_traces(lab)
    with guest_with(system, client, upload(system, client), ADDRESSES[0]) as guest:
        guest.start()
        snapshots = guest.service.snapshots_service()
        sums, ids = [], []
        for number in range(SNAPSHOTS):
            sums.append(_write(guest, number))
            ids.append(snapshots.add(types.Snapshot(description=f"{number}", persist_memorystate=False)).id)
            _until_done(guest, f"snapshot {number} is there")
        guest.run(f'nohup sh -c "{BUSY}" >/dev/null 2>&1 &')
        for number in REMOVED:
            snapshots.snapshot_service(ids[number]).remove()
            _until_done(guest, f"snapshot {number} is gone")
        assert _sums(guest) == sums
        guest.shut_down()
        snapshots.snapshot_service(ids[EARLY]).restore()
        until("the VM is as it was then", lambda: guest.service.get().status == STATUS_DOWN, timeout_s=WORK_WITHIN_S)
        guest.start_again()
        assert _sums(guest) == sums[: EARLY + 1]
        guest.shut_down()
    until("nothing of it is left on any node", lambda: all_traces(lab) == before, timeout_s=180)


def test_a_stateless_run_leaves_the_disk_as_it_was(
    lab: LabUnderTest, system: sdk.services.SystemService, client: SiteClient
) -> None:
    before = all_traces(lab)
    with guest_with(system, client, upload(system, client), ADDRESSES[0]) as guest:
        guest.start()
        sums = [_write(guest, 0)]
        guest.shut_down()
        guest.service.update(types.Vm(stateless=True))
        guest.start_again()
        _write(guest, 1)
        assert len(_sums(guest)) == 2
        guest.shut_down()
        guest.service.update(types.Vm(stateless=False))
        guest.start_again()
        assert _sums(guest) == sums
        guest.shut_down()
    until("nothing of it is left on any node", lambda: all_traces(lab) == before, timeout_s=180)


def _write(guest: CloudGuest, number: int) -> str:
    """The checksum of a new file of 4 MiB."""
    file = f"/var/tmp/data-{number:02}"
    return guest.run(f"dd if=/dev/urandom of={file} bs=1M count=4 status=none && sync && sha256sum <{file}").split()[0]


def _sums(guest: CloudGuest) -> list[str]:
    """As it has them on its disk, not in its memory."""
    printed = guest.run("sync; echo 3 >/proc/sys/vm/drop_caches; for f in /var/tmp/data-*; do sha256sum <$f; done")
    return [line.split()[0] for line in printed.splitlines()]


def _until_done(guest: CloudGuest, what: str) -> None:
    """No snapshot of the VM is being made, restored or removed any more."""
    until(
        what,
        lambda: all(one.snapshot_status == types.SnapshotStatus.OK for one in guest.service.snapshots_service().list()),
        timeout_s=WORK_WITHIN_S,
    )
