"""How images are opened: what qemu-nbd is told, what its unit may do, what the ticket says."""

import json
from pathlib import PurePosixPath
from typing import Any

import pytest

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.transfers import TransferDirection, TransferRequest
from node.transfers import export

RAW, QCOW2 = ImageFormat.RAW, ImageFormat.QCOW2
PATH, SOCKET = "/var/lib/trivet/volumes/data/images/disk/image", "/run/trivet-nbd/t/sock"


def request(direction: TransferDirection = TransferDirection.DOWNLOAD, **more: Any) -> TransferRequest:
    said = {"format": RAW, "timeout_s": 300, "inactivity_timeout_s": 60, **more}
    image = ImageRef(storage_domain="data", disk_id="disk", image_id="image")
    return TransferRequest(id="t", image=image, direction=direction, ticket="secret", **said)


def image_of(command: tuple[str, ...]) -> dict[str, Any]:
    opened: dict[str, Any] = json.loads(command[-1].removeprefix("json:"))
    return opened


@pytest.mark.parametrize(
    ("image", "transferred", "driver"),
    [(RAW, RAW, "raw"), (QCOW2, RAW, "qcow2"), (QCOW2, QCOW2, "raw")],
)
def test_a_guests_view_is_read_through_the_format_and_the_file_as_it_is(
    image: ImageFormat, transferred: ImageFormat, driver: str
) -> None:
    opened = image_of(export.command(request(format=transferred), PATH, image, 4096, SOCKET))
    assert opened == {"driver": driver, "file": {"driver": "file", "filename": PATH}}


def test_what_it_stands_on_is_left_out_when_that_is_asked() -> None:
    assert image_of(export.command(request(shallow=True), PATH, QCOW2, 4096, SOCKET))["backing"] is None
    assert "backing" not in image_of(export.command(request(shallow=True), PATH, RAW, 4096, SOCKET))


def test_who_reads_cannot_write_and_others_may_read_too() -> None:
    command = export.command(request(), PATH, RAW, 4096, SOCKET)
    assert "--read-only" in command
    assert command[:6] == ("flock", "--nonblock", "--no-fork", "--verbose", "--shared", f"{PATH}.format")
    assert not any(
        one.startswith("ReadWritePaths") for one in export.properties("t", PurePosixPath(PATH), writes=False)
    )


@pytest.mark.parametrize(("sparse", "discard"), [(True, "unmap"), (False, "ignore")])
def test_who_writes_is_alone_and_takes_no_room_for_zeros_where_that_is_so(sparse: bool, discard: str) -> None:
    command = export.command(request(TransferDirection.UPLOAD, sparse=sparse), PATH, RAW, 4096, SOCKET)
    assert "--exclusive" in command
    assert command[command.index("--discard") + 1] == discard
    properties = export.properties("t", PurePosixPath(PATH), writes=True)
    assert f"ReadWritePaths={PurePosixPath(PATH).parent}" in properties


@pytest.mark.parametrize(("size", "cache"), [(8192, "none"), (8192 + 512, "writeback")])
def test_what_is_no_whole_number_of_blocks_goes_through_the_cache(size: int, cache: str) -> None:
    command = export.command(request(TransferDirection.UPLOAD), PATH, RAW, size, SOCKET)
    assert command[command.index("--cache") + 1] == cache


def test_the_ticket_opens_that_socket_in_that_direction_for_that_size() -> None:
    ticket = export.ticket(request(TransferDirection.UPLOAD), PurePosixPath(SOCKET), 4096)
    assert (ticket.url, ticket.ops, ticket.size) == (f"nbd:unix:{SOCKET}:exportname=", ("write",), 4096)
    assert export.ticket(request(), PurePosixPath(SOCKET), 4096).ops == ("read",)
