"""Images go in and come back with the SDK's own example scripts, from a machine of the site's network."""

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance.outside import all_traces, until
from tests.conformance.test_sdk import connect
from tests.lab import image_client
from tests.lab.site_client import SiteClient, site_client
from tests.lab.under_test import LabUnderTest

SIZE, DOMAIN = 24 << 20, "data"
WORK_WITHIN_S = 180
ROUTES = {"through the node": (), "through the engine's proxy": ("--use-proxy",)}


@pytest.fixture
def client(lab: LabUnderTest, tmp_path: Path) -> SiteClient:
    return site_client(lab, tmp_path)


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    with connect(lab) as connection:
        yield connection.system_service()


@pytest.mark.parametrize("route", ROUTES)
def test_an_image_comes_back_as_it_went(
    lab: LabUnderTest, system: sdk.services.SystemService, client: SiteClient, route: str
) -> None:
    before, name = all_traces(lab), f"test-{uuid.uuid4().hex[:8]}"
    sent, got = client.folder / f"{name}.raw", client.folder / "got.raw"
    _make(sent)
    client.sdk_example("upload_disk", "--sd-name", DOMAIN, "--disk-sparse", *ROUTES[route], str(sent))
    (disk,) = system.disks_service().list(search=f"name={sent.name}")
    try:
        client.sdk_example("download_disk", "--format", "raw", *ROUTES[route], disk.id, str(got))
        assert _digest(got) == _digest(sent)
    finally:
        system.disks_service().disk_service(disk.id).remove()
    phases = [one.phase for one in system.image_transfers_service().list() if one.disk.id == disk.id]
    assert phases == [types.ImageTransferPhase.FINISHED_SUCCESS] * 2
    until("nothing of it is left on any node", lambda: all_traces(lab) == before, timeout_s=90)


@pytest.mark.long
def test_a_cancelled_a_cut_off_and_a_forged_transfer_leave_nothing(
    lab: LabUnderTest, system: sdk.services.SystemService
) -> None:
    before, content = all_traces(lab), uuid.uuid4().bytes * (SIZE // 16)
    cancelled = _upload(system, silent_s=WORK_WITHIN_S)
    for url in (cancelled.get().transfer_url, cancelled.get().proxy_url):
        forged = f"{url.rpartition('/')[0]}/{uuid.uuid4()}"
        assert (image_client.put(lab, forged, content), image_client.get(lab, forged)) == (403, 403)
    cut_off = _upload(system, silent_s=30)
    with image_client.half_sent(lab, [cancelled.get().transfer_url, cut_off.get().transfer_url], content):
        cancelled.cancel()
        until("the cancelled one has ended", lambda: _has_ended(cancelled), timeout_s=WORK_WITHIN_S)
    until("the one that was cut off is over", lambda: _is_over(cut_off), timeout_s=WORK_WITHIN_S)
    if cut_off.get().phase == types.ImageTransferPhase.PAUSED_SYSTEM:  # its host did not answer in time
        cut_off.cancel()
    until("the one that was cut off has ended", lambda: _has_ended(cut_off), timeout_s=WORK_WITHIN_S)
    for transfer in (cancelled, cut_off):
        assert not system.disks_service().list(search=f"id={transfer.get().disk.id}")
    until("nothing of them is left on any node", lambda: all_traces(lab) == before, timeout_s=90)


def _upload(system: sdk.services.SystemService, silent_s: int) -> sdk.services.ImageTransferService:
    """To a new disk; the system cancels it when its client says nothing for so long."""
    disk = types.Disk(
        name=f"test-{uuid.uuid4().hex[:8]}",
        provisioned_size=SIZE,
        format=types.DiskFormat.RAW,
        sparse=True,
        storage_domains=[types.StorageDomain(name=DOMAIN)],
    )
    service = system.disks_service().disk_service(system.disks_service().add(disk).id)
    until("the disk is made", lambda: bool(service.get().status == types.DiskStatus.OK), timeout_s=WORK_WITHIN_S)
    wanted = types.ImageTransfer(
        disk=types.Disk(id=service.get().id),
        direction=types.ImageTransferDirection.UPLOAD,
        format=types.DiskFormat.RAW,
        inactivity_timeout=silent_s,
        timeout_policy=types.ImageTransferTimeoutPolicy.CANCEL,
    )
    transfers = system.image_transfers_service()
    transfer = transfers.image_transfer_service(transfers.add(wanted).id)
    phase = types.ImageTransferPhase.TRANSFERRING
    until("the image is open", lambda: bool(transfer.get().phase == phase), timeout_s=WORK_WITHIN_S)
    return transfer


def _is_over(transfer: sdk.services.ImageTransferService) -> bool:
    return _has_ended(transfer) or transfer.get().phase == types.ImageTransferPhase.PAUSED_SYSTEM


def _has_ended(transfer: sdk.services.ImageTransferService) -> bool:
    return bool(transfer.get().phase == types.ImageTransferPhase.FINISHED_CLEANUP)


def _make(file: Path) -> None:
    """Data at its begin, in its middle, and at its end; holes between."""
    with file.open("wb") as made:
        made.truncate(SIZE)
        for offset in (0, SIZE // 2 + 4096, SIZE - 4096):
            made.seek(offset)
            made.write(uuid.uuid4().bytes * 256)


def _digest(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()
