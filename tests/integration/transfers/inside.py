"""Runs inside a booted node image: its own systemd, imageio, qemu-nbd and qemu-img, as the agent uses them."""

import asyncio
import os
import ssl
import urllib.request
import uuid
from pathlib import Path

from hosted_engine.authority import make_authority, make_pair
from node.api.messages.identity import Role
from node.api.messages.images import ImageFormat, ImageRef, ImageRequest
from node.api.messages.transfers import ImageCheck, TransferDirection, TransferReport, TransferRequest
from node.api.refusals import ImageRejected
from node.clock import SystemClock
from node.registration.credentials import AUTHORITY, CERTIFICATE, KEY
from node.registration.imageio_trust import UNIT, ImageioTrust
from node.storage.images import Images
from node.storage.qemu_img import QemuImg
from node.storage.seed import SeedMaker
from node.system.process import run
from node.system.threads import Threads
from node.transfers.machine import RECORDS, make_transfers
from node.transfers.transfers import Transfers

STATE = Path("/var/lib/trivet")
OWN, VOLUMES = STATE / "node", STATE / "volumes"
SIZE = 8 << 20
UPLOAD, DOWNLOAD = TransferDirection.UPLOAD, TransferDirection.DOWNLOAD


async def nothing(_: str) -> None:
    return None


def become_member() -> ssl.SSLContext:
    """As the agent does it: keys where only root reaches them, then the daemon."""
    authority = make_authority("booted")
    pair = make_pair(authority, Role.NODE, "node1", names=("127.0.0.1",))
    for folder, mode in ((STATE, 0o711), (OWN, 0o700), (VOLUMES, 0o711)):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
    for name, text in ((KEY, pair.key), (CERTIFICATE, pair.certificate), (AUTHORITY, authority.certificate)):
        (OWN / name).write_text(text)
        (OWN / name).chmod(0o600)
    _let_the_daemon_find_the_project()
    ImageioTrust(run, identity=OWN).establish(authority.certificate)
    return ssl.create_default_context(cadata=authority.certificate)


def _let_the_daemon_find_the_project() -> None:
    """What a node has in its own layer is at /project here."""
    drop_in = Path(f"/run/systemd/system/{UNIT}.d/project.conf")
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text("[Service]\nEnvironment=PYTHONPATH=/project\n")
    run("systemctl", "daemon-reload")


def transfers(threads: Threads) -> Transfers:
    return make_transfers(
        run, threads, node_name="node1", volumes=VOLUMES, need=nothing, running_on=nothing, clock=SystemClock()
    )


def images(threads: Threads) -> Images:
    return Images(
        QemuImg(run),
        SeedMaker(run, STATE),
        threads,
        volumes=VOLUMES,
        shipped=STATE,
        need=nothing,
        running_on=nothing,
        connected_bricks=dict,
        clock=SystemClock(),
    )


def ask(trust: ssl.SSLContext, report: TransferReport, data: bytes | None = None) -> bytes:
    method = "GET" if data is None else "PUT"
    url = f"https://127.0.0.1:{report.port}/images/{report.ticket}"
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, context=trust, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def new_request(image: ImageRef, direction: TransferDirection, form: ImageFormat) -> TransferRequest:
    return TransferRequest(
        id=str(uuid.uuid4()),
        image=image,
        direction=direction,
        format=form,
        ticket=str(uuid.uuid4()),
        timeout_s=60,
        inactivity_timeout_s=60,
        size_bytes=2 * SIZE,
    )


def processes() -> list[str]:
    units = run("systemctl", "list-units", "--all", "--no-legend", "--plain", "trivet-nbd-*").split()
    return [*units, *map(str, Path("/run/trivet-nbd").glob("*/*")), *map(str, RECORDS.glob("*"))]


def daemons_user() -> str:
    pid = run("systemctl", "show", "--value", "--property=MainPID", UNIT).strip()
    return Path(f"/proc/{pid}").owner()


async def main() -> None:
    trust, threads = become_member(), Threads("test", 4)
    opener, maker = transfers(threads), images(threads)
    for record in RECORDS.glob("*.json"):  # of a run that failed
        await opener.close_transfer(record.stem)
    assert daemons_user() == "ovirtimg"
    data = os.urandom(SIZE)
    for form in ImageFormat:
        image = ImageRef(storage_domain="data", disk_id=str(uuid.uuid4()), image_id="image")
        await maker.make_image(image, ImageRequest(format=form, size_bytes=SIZE))
        up = new_request(image, UPLOAD, ImageFormat.RAW)
        ask(trust, await _opened(opener, up), data)
        assert len(processes()) >= 3, processes()
        await opener.close_transfer(up.id)
        await opener.check_image(image, ImageCheck(format=form, size_bytes=SIZE))
        down = new_request(image, DOWNLOAD, ImageFormat.RAW)
        assert ask(trust, await _opened(opener, down)) == data
        run("systemctl", "restart", UNIT)
        assert await opener.transfer(down.id) is None
        assert ask(trust, await _opened(transfers(threads), down)) == data  # another agent finds it
        await opener.close_transfer(down.id)
        assert processes() == [], processes()
        print(form, "the same")
    await _stranger(opener, maker, trust)
    ImageioTrust(run, identity=OWN).remove()
    print("nothing is left:", processes())
    threads.close()


async def _opened(opener: Transfers, request: TransferRequest) -> TransferReport:
    """Once the daemon answers: one that was started anew does not at once."""
    report = await opener.open_transfer(request)
    for _ in range(50):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", report.port)
            writer.close()
        except OSError:
            await asyncio.sleep(0.1)
    return report


async def _stranger(opener: Transfers, maker: Images, trust: ssl.SSLContext) -> None:
    """An image that leads to a file of the node is rejected, by a qemu-img that sees nothing of it."""
    image = ImageRef(storage_domain="data", disk_id=str(uuid.uuid4()), image_id="image")
    await maker.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=SIZE))
    file = Path("/tmp/stranger")
    secret = OWN / KEY
    command = ("qemu-img", "create", "-q", "-f", "qcow2", "-b", str(secret), "-F", "raw", str(file), str(SIZE))
    run(*command)
    up = new_request(image, UPLOAD, ImageFormat.QCOW2)
    ask(trust, await _opened(opener, up), file.read_bytes())
    await opener.close_transfer(up.id)
    try:
        await opener.check_image(image, ImageCheck(format=ImageFormat.QCOW2, size_bytes=SIZE))
    except ImageRejected as err:
        print(err)
    else:
        raise AssertionError("it was taken")


if __name__ == "__main__":
    asyncio.run(main())
