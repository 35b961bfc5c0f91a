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
from tests.lab.site_client import SiteClient, site_client
from tests.lab.under_test import LabUnderTest

SIZE, DOMAIN = 24 << 20, "data"
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
