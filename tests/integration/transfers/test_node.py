"""A node's transfers with the real imageio daemon, qemu-nbd and qemu-img, and oVirt's own client."""

import asyncio
import os
import socket
import ssl
import subprocess
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
from ovirt_imageio import client

from hosted_engine.authority import make_authority
from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.transfers import ImageCheck, TransferDirection, TransferRenewal, TransferReport, TransferRequest
from node.api.refusals import ImageRejected, Malformed, TransferUnknown
from node.transfers.transfers import NotOpened
from tests.ports import free_port
from tests.transfers.node import RealTransfers

MIB = 1 << 20
SIZE = 24 * MIB
UPLOAD, DOWNLOAD = TransferDirection.UPLOAD, TransferDirection.DOWNLOAD
RAW, QCOW2 = ImageFormat.RAW, ImageFormat.QCOW2
NOTHING: dict[str, list[str]] = {"processes": [], "sockets": [], "records": []}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[RealTransfers]:
    made = RealTransfers(
        tmp_path / "node",
        make_authority("test"),
        name="node1",
        address="127.0.0.1",
        port=free_port(),
        volumes=tmp_path / "volumes",
    )
    made.daemon.start()
    yield made
    made.stop()


def new_ref() -> ImageRef:
    return ImageRef(storage_domain="data", disk_id=str(uuid.uuid4()), image_id=str(uuid.uuid4()))


def request(ref: ImageRef, direction: TransferDirection, form: ImageFormat = RAW, **more: object) -> TransferRequest:
    said = {"timeout_s": 60, "inactivity_timeout_s": 60, **more}
    return TransferRequest(
        id=str(uuid.uuid4()),
        image=ref,
        direction=direction,
        format=form,
        ticket=str(uuid.uuid4()),
        **said,  # type: ignore[arg-type]
    )


def url(node: RealTransfers, report: TransferReport) -> str:
    return f"https://127.0.0.1:{report.port}/images/{report.ticket}"


def sparse_file(path: Path) -> Path:
    """Data at its begin, in its middle and at its end."""
    with path.open("wb") as file:
        file.truncate(SIZE)
        for offset in (0, 9 * MIB + 4096, SIZE - 512):
            file.seek(offset)
            file.write(os.urandom(512))
    return path


def converted(source: Path, form: ImageFormat) -> Path:
    target = source.with_name(f"{source.name}.{form}")
    subprocess.run(["qemu-img", "convert", "-O", form.value, str(source), str(target)], check=True)
    return target


def content(path: Path, form: ImageFormat) -> bytes:
    return converted_raw(path, form).read_bytes()


def converted_raw(path: Path, form: ImageFormat) -> Path:
    target = path.parent / f"{path.name}.content"
    subprocess.run(["qemu-img", "convert", "-f", form.value, "-O", "raw", str(path), str(target)], check=True)
    return target


@pytest.mark.parametrize("disk", [RAW, QCOW2])
@pytest.mark.parametrize("file", [RAW, QCOW2])
async def test_what_is_uploaded_is_what_is_downloaded(
    node: RealTransfers, tmp_path: Path, disk: ImageFormat, file: ImageFormat
) -> None:
    source, ref = sparse_file(tmp_path / "source"), new_ref()
    path = await node.image(ref, disk, SIZE)
    asked = request(ref, UPLOAD)
    report = await node.transfers.open_transfer(asked)
    assert report.size_bytes == SIZE
    client.upload(str(converted(source, file)), url(node, report), str(node.daemon.authority))
    after = await node.transfers.transfer(asked.id)
    assert after is not None
    assert after.transferred_bytes == SIZE
    await node.transfers.close_transfer(asked.id)
    await node.transfers.check_image(ref, ImageCheck(format=disk, size_bytes=SIZE))
    assert content(path, disk) == source.read_bytes()
    assert path.stat().st_blocks * 512 < 4 * MIB

    asked = request(ref, DOWNLOAD)
    report = await node.transfers.open_transfer(asked)
    target = tmp_path / "target"
    client.download(url(node, report), str(target), str(node.daemon.authority), fmt=file.value)
    await node.transfers.close_transfer(asked.id)
    assert content(target, file) == source.read_bytes()
    assert target.stat().st_blocks * 512 < 4 * MIB
    assert node.left() == NOTHING


async def test_the_file_of_a_qcow2_disk_goes_up_and_comes_down_byte_for_byte(
    node: RealTransfers, tmp_path: Path
) -> None:
    file, ref = converted(sparse_file(tmp_path / "source"), QCOW2), new_ref()
    path = await node.image(ref, QCOW2, SIZE)
    asked = request(ref, UPLOAD, QCOW2, size_bytes=2 * SIZE)
    report = await node.transfers.open_transfer(asked)
    answer = put(node, report, file.read_bytes())
    assert answer.status_code == 200, answer.text
    await node.transfers.close_transfer(asked.id)
    await node.transfers.check_image(ref, ImageCheck(format=QCOW2, size_bytes=SIZE))
    assert path.read_bytes() == file.read_bytes()
    asked = request(ref, DOWNLOAD, QCOW2)
    report = await node.transfers.open_transfer(asked)
    got = get(node, report)
    await node.transfers.close_transfer(asked.id)
    assert got.content == file.read_bytes()
    assert node.left() == NOTHING


def trust(node: RealTransfers) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(node.daemon.authority))


def put(node: RealTransfers, report: TransferReport, data: bytes) -> httpx.Response:
    return httpx.put(url(node, report), content=data, verify=trust(node), timeout=30)


def get(node: RealTransfers, report: TransferReport) -> httpx.Response:
    return httpx.get(url(node, report), verify=trust(node))


async def test_a_ticket_that_is_forged_expired_or_of_the_other_direction_opens_nothing(node: RealTransfers) -> None:
    ref = new_ref()
    path = await node.image(ref, RAW, MIB)
    before = path.read_bytes()
    asked = request(ref, DOWNLOAD, timeout_s=2)
    report = await node.transfers.open_transfer(asked)
    forged = TransferReport(id=report.id, ticket=str(uuid.uuid4()), port=report.port, size_bytes=MIB)
    assert put(node, forged, b"x" * 512).status_code == 403
    assert put(node, report, b"x" * 512).status_code == 403
    assert get(node, report).status_code == 200
    await asyncio.sleep(2.5)
    assert get(node, report).status_code == 403
    await node.transfers.renew_transfer(asked.id, TransferRenewal(timeout_s=60))
    assert get(node, report).status_code == 200
    await node.transfers.close_transfer(asked.id)
    assert get(node, report).status_code == 403
    assert path.read_bytes() == before
    assert node.left() == NOTHING


async def test_what_nobody_uses_or_renews_is_closed_by_the_node_itself(node: RealTransfers) -> None:
    ref = new_ref()
    await node.image(ref, RAW, MIB)
    forgotten, kept = request(ref, DOWNLOAD, timeout_s=1), request(ref, DOWNLOAD)
    for one in (forgotten, kept):
        await node.transfers.open_transfer(one)
    await asyncio.sleep(2.5)
    await node.transfers.close_forgotten()
    assert [one.id for one in await node.transfers.transfers()] == [kept.id]
    await node.transfers.close_transfer(kept.id)
    assert node.left() == NOTHING


async def test_a_client_that_is_cut_off_leaves_nothing_once_it_is_closed(node: RealTransfers, tmp_path: Path) -> None:
    ref = new_ref()
    await node.image(ref, QCOW2, SIZE)
    asked = request(ref, UPLOAD)
    report = await node.transfers.open_transfer(asked)
    raw = socket.create_connection(("127.0.0.1", report.port))
    with trust(node).wrap_socket(raw, server_hostname="127.0.0.1") as connection:
        head = f"PUT /images/{report.ticket} HTTP/1.1\r\nHost: node\r\nContent-Length: {SIZE}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * MIB)
        await node.transfers.close_transfer(asked.id)
        assert await node.transfers.transfer(asked.id) is None
        assert node.left() == NOTHING | {"records": [asked.id]}
    await node.transfers.close_forgotten()
    assert node.left() == NOTHING


async def test_a_connection_that_says_nothing_holds_up_nobody(node: RealTransfers) -> None:
    ref = new_ref()
    await node.image(ref, RAW, MIB)
    asked = request(ref, DOWNLOAD)
    report = await node.transfers.open_transfer(asked)
    with socket.create_connection(("127.0.0.1", report.port)), socket.create_connection(("127.0.0.1", report.port)):
        assert get(node, report).status_code == 200
    await node.transfers.close_transfer(asked.id)
    assert node.left() == NOTHING


async def test_an_agent_and_a_daemon_that_are_started_anew_go_on(node: RealTransfers) -> None:
    ref = new_ref()
    await node.image(ref, RAW, MIB)
    asked = request(ref, UPLOAD)
    await node.transfers.open_transfer(asked)
    agent = node.new_agent()
    found = await agent.transfer(asked.id)
    assert found is not None
    node.daemon.stop()
    node.daemon.start()
    assert await agent.transfer(asked.id) is None
    with pytest.raises(TransferUnknown):
        await agent.renew_transfer(asked.id, TransferRenewal(timeout_s=60))
    report = await agent.open_transfer(asked)
    assert put(node, report, b"y" * MIB).status_code == 200
    await agent.close_transfer(asked.id)
    assert node.path(ref).read_bytes() == b"y" * MIB
    assert node.left() == NOTHING


async def test_an_image_that_is_written_to_cannot_be_opened_a_second_time(node: RealTransfers) -> None:
    ref = new_ref()
    await node.image(ref, QCOW2, MIB)
    first, second = request(ref, UPLOAD), request(ref, UPLOAD)
    await node.transfers.open_transfer(first)
    with pytest.raises(NotOpened, match="lock"):
        await node.transfers.open_transfer(second)
    assert node.left()["records"] == [first.id]
    await node.transfers.close_transfer(first.id)
    assert node.left() == NOTHING


async def test_another_ticket_ends_the_one_before(node: RealTransfers) -> None:
    ref = new_ref()
    await node.image(ref, RAW, MIB)
    asked = request(ref, UPLOAD)
    before = await node.transfers.open_transfer(asked)
    after = await node.transfers.open_transfer(msgspec.structs.replace(asked, ticket=str(uuid.uuid4())))
    assert put(node, before, b"a" * 512).status_code == 403
    assert put(node, after, b"b" * 512).status_code == 200
    await node.transfers.close_transfer(asked.id)
    assert node.left() == NOTHING


def _qcow2(path: Path, *more: str, size: int = SIZE) -> Path:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *more, str(path), str(size)], check=True)
    return path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("backing", "backing file"),
        ("data", "lies in another file"),
        ("encrypted", "encrypted"),
        ("larger", "the disk has"),
        ("raw", "no qcow2 image"),
        ("cut", "qemu-img|not understood|damaged"),
    ],
)
async def test_what_no_vm_may_have_is_rejected(node: RealTransfers, tmp_path: Path, name: str, reason: str) -> None:
    file = _strange(tmp_path, name)
    ref = new_ref()
    await node.image(ref, QCOW2, SIZE)
    asked = request(ref, UPLOAD, QCOW2, size_bytes=2 * SIZE)
    report = await node.transfers.open_transfer(asked)
    assert put(node, report, file.read_bytes()).status_code == 200
    await node.transfers.close_transfer(asked.id)
    with pytest.raises(ImageRejected, match=reason):
        await node.transfers.check_image(ref, ImageCheck(format=QCOW2, size_bytes=SIZE))


def _strange(folder: Path, name: str) -> Path:
    file = folder / "strange"
    match name:
        case "backing":
            return _qcow2(file, "-b", "/etc/passwd", "-F", "raw")
        case "data":
            return _qcow2(file, "-o", f"data_file={folder}/elsewhere")
        case "encrypted":
            secret = ("--object", "secret,id=s,data=x", "-o", "encrypt.format=aes,encrypt.key-secret=s")
            return _qcow2(file, *secret)
        case "larger":
            return _qcow2(file, size=2 * SIZE)
        case "cut":
            whole = _qcow2(folder / "whole").read_bytes()
            file.write_bytes(whole[:1000].ljust(len(whole), b"\0"))
            return file
        case _:
            return sparse_file(file)


async def test_a_qcow2_image_in_a_raw_disk_is_rejected_and_a_smaller_one_grows(
    node: RealTransfers, tmp_path: Path
) -> None:
    raw, cow = new_ref(), new_ref()
    path = await node.image(raw, RAW, SIZE)
    path.write_bytes(_qcow2(tmp_path / "file").read_bytes().ljust(SIZE, b"\0"))
    with pytest.raises(ImageRejected, match="is a qcow2 image"):
        await node.transfers.check_image(raw, ImageCheck(format=RAW, size_bytes=SIZE))
    await node.image(cow, QCOW2, SIZE)
    report = await node.transfers.check_image(cow, ImageCheck(format=QCOW2, size_bytes=2 * SIZE))
    assert report.virtual_size_bytes == 2 * SIZE


async def test_a_format_that_the_image_does_not_have_is_refused(node: RealTransfers) -> None:
    ref = new_ref()
    await node.image(ref, RAW, MIB)
    with pytest.raises(Malformed):
        await node.transfers.open_transfer(request(ref, DOWNLOAD, QCOW2))
    assert node.left() == NOTHING
