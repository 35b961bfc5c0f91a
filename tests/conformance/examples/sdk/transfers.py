"""Image transfers and backups."""

import os
import subprocess
import tarfile
from pathlib import Path

from ovirt_imageio import client

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, ExampleRun, Oracle
from tests.conformance.examples.oracles import expect, was_added
from tests.conformance.examples.run import CONFIGURATION
from tests.conformance.examples.sdk.disks import image_of
from tests.conformance.examples.state import Differs, Row, State
from tests.integration.vms.discs import bootable_disc

SIZE = 16 << 20

_SITE = ["-c", CONFIGURATION]
_DISK = (seeds.disks.disk("mydisk"), seeds.disks.filled_disk("mydisk"))
_STORAGE = (seeds.storage.my_storage(),)
_NOBODY = "00000000-0000-4000-8000-000000000000"


def checkpoints_of_my_vm(run: ExampleRun) -> None:
    vm = seeds.vms.vm_id(run.after)
    made = [row for row in run.after.rows("checkpoints") if row.get("vm_id") == vm]
    if not made:
        raise Differs("the VM has no checkpoint")
    run.expect_printed(*(row["id"] for row in made))


def _disk(state: State) -> str:
    return str(state.one("disks", name="mydisk")["id"])


def _make_qcow2(folder: Path) -> None:
    _make_raw(folder)
    qemu_img("convert", "-f", "raw", "-O", "qcow2", folder / "disk.raw", folder / "disk.qcow2")


def _make_raw(folder: Path) -> None:
    """With data at its begin, in its middle, and at its end."""
    with (folder / "disk.raw").open("wb") as file:
        file.truncate(SIZE)
        for offset in (0, SIZE // 2 + 4096, SIZE - 4096):
            file.seek(offset)
            file.write(os.urandom(4096))


def _make_ova(folder: Path) -> None:
    _make_qcow2(folder)
    with tarfile.open(folder / "vm.ova", "w") as archive:
        archive.add(folder / "disk.qcow2", "disk")


def _make_iso(folder: Path) -> None:
    (folder / "boot.iso").write_bytes(bootable_disc("from an ISO image"))


def _make_password(folder: Path) -> None:
    (folder / "password").write_text("any")


def qemu_img(*arguments: object) -> str:
    done = subprocess.run(["qemu-img", *map(str, arguments)], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Differs(f"qemu-img {arguments[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def uploaded(name: str, format_: str, *, sparse: bool = True) -> Oracle:
    """The image has the content of the file `name` beside the script, and no more room than it needs."""

    def oracle(run: ExampleRun) -> None:
        disk = was_added(run, "disks", name)
        expect(disk, status="ok", format="cow" if format_ == "qcow2" else "raw", provisioned_size_bytes=SIZE)
        file = Path(image_of(run.after, disk)["file"])
        qemu_img("compare", "-f", format_, "-F", name.rpartition(".")[2], file, run.folder / name)
        if (file.stat().st_blocks * 512 < SIZE // 2) is not sparse:
            raise Differs(f"the image takes {file.stat().st_blocks * 512} bytes")
        ended(run, disk, "upload")

    return oracle


def uploaded_disc(run: ExampleRun) -> None:
    disk = was_added(run, "disks", "boot.iso")
    expect(disk, status="ok", content_type="iso", format="raw")
    if Path(image_of(run.after, disk)["file"]).read_bytes() != (run.folder / "boot.iso").read_bytes():
        raise Differs("the image has another content")
    ended(run, disk, "upload")


def ended(run: ExampleRun, disk: Row, direction: str) -> None:
    """The transfer succeeded, and nothing of it is open any more."""
    transfer = run.after.one("image_transfers", disk_id=disk["id"], direction=direction)
    expect(transfer, phase="finished_success", ready=0)
    if left := [node for node, state in run.after.nodes.items() if state.transfers]:
        raise Differs(f"{', '.join(left)} has something open")


def downloaded(run: ExampleRun) -> None:
    disk = run.after.one("disks", name="mydisk")
    file = Path(image_of(run.after, disk)["file"])
    if not (got := run.folder / "disk.qcow2").exists():
        raise Differs("there is no file")
    qemu_img("compare", "-f", "qcow2", "-F", "qcow2", file, got)
    expect(disk, status="ok")
    ended(run, disk, "download")


def checksum_of_my_disk(run: ExampleRun) -> None:
    """As oVirt's own tool says it of the image's content."""
    disk = run.after.one("disks", name="mydisk")
    run.expect_printed(_checksum(Path(image_of(run.after, disk)["file"])))


def checksum_of_the_file(run: ExampleRun) -> None:
    run.expect_printed(_checksum(run.folder / "disk.raw"))


def _checksum(file: Path) -> str:
    if not file.exists():
        raise Differs("there is no image")
    return str(client.checksum(str(file))["checksum"])


def opened_and_ended(run: ExampleRun) -> None:
    """Its URL was printed, it lived for as long as the script did, and ended with it."""
    disk = run.after.one("disks", name="mydisk")
    transfer = run.after.one("image_transfers", disk_id=disk["id"], direction="download")
    expect(transfer, phase="finished_success", ready=0)
    expect(disk, status="ok")
    run.expect_printed(f"{transfer['host_url']}/images/{transfer['ticket']}")


def cancelled(run: ExampleRun) -> None:
    """The partial image is gone, and its disk with it."""
    disk = run.before.one("disks", name="mydisk")
    if run.after.rows("disks", id=disk["id"]) or disk["id"] in {owner for owner, _ in run.after.images()}:
        raise Differs("the disk or its image is still there")
    expect(run.after.one("image_transfers", disk_id=disk["id"]), phase="finished_cleanup", ready=0)


CASES = (
    Case(
        "backup_vm", None, (seeds.vms.my_vm, seeds.vms.started), lambda state: ["full", *_SITE, seeds.vms.vm_id(state)]
    ),
    Case(
        "checkpoints",
        checkpoints_of_my_vm,
        (seeds.vms.my_vm, seeds.disks.disk_of_vm(), seeds.vms.started, seeds.vms.backed_up),
        lambda state: [*_SITE, "list", seeds.vms.vm_id(state)],
        reads=True,
    ),
    Case(
        "cancel_transfer",
        cancelled,
        (seeds.disks.disk("mydisk"), seeds.disks.begun_upload("mydisk")),
        lambda state: [
            *("--engine-url", "https://engine40.example.com", "--username", "admin@internal"),
            *("--password-file", "password", "-c", "ca.pem", str(state.rows("image_transfers")[0]["id"])),
        ],
        files=_make_password,
    ),
    Case("checksum_disk", checksum_of_my_disk, _DISK, lambda state: [*_SITE, _disk(state)], reads=True),
    Case("checksum_image", checksum_of_the_file, arguments=lambda state: ["disk.raw"], files=_make_raw),
    Case("download_disk", downloaded, _DISK, lambda state: [*_SITE, _disk(state), "disk.qcow2"]),
    Case("download_disk_snapshot", None, _STORAGE, lambda state: [*_SITE, "mydata", _NOBODY, "snapshot.qcow2"]),
    Case(
        "image_transfer",
        opened_and_ended,
        _DISK,
        lambda state: [*_SITE, "download", _disk(state)],
        endless="Reading from server",
    ),
    Case(
        "upload_disk",
        uploaded("disk.qcow2", "qcow2"),
        _STORAGE,
        lambda state: [*_SITE, "--sd-name", "mydata", "--disk-sparse", "disk.qcow2"],
        files=_make_qcow2,
    ),
    Case(
        "upload_from_ova",
        uploaded("disk.qcow2", "qcow2"),
        _STORAGE,
        lambda state: [*_SITE, "--sd-name", "mydata", "--ova-disk-name", "disk", "--disk-sparse", "vm.ova"],
        files=_make_ova,
    ),
    Case(
        "upload_ova_as_vm_or_template",
        None,
        _STORAGE,
        lambda state: [*_SITE, "--sd-name", "mydata", "--cluster-name", "Default", "vm.ova"],
    ),
)
_UPLOAD = [*_SITE, "--sd-name", "mydata", "--use-proxy"]
VARIANTS = (
    Case(
        "ovirt_img_upload_disk",
        uploaded("disk.raw", "raw"),
        _STORAGE,
        lambda state: [
            "upload-disk",
            *_SITE,
            "--storage-domain",
            "mydata",
            "--format",
            "raw",
            "--name",
            "disk.raw",
            "disk.raw",
        ],
        program="ovirt-img",
        files=_make_raw,
    ),
    Case(
        "ovirt_img_download_disk",
        downloaded,
        _DISK,
        lambda state: ["download-disk", *_SITE, _disk(state), "disk.qcow2"],
        program="ovirt-img",
    ),
    Case(
        "upload_iso",
        uploaded_disc,
        _STORAGE,
        lambda state: [*_SITE, "--sd-name", "mydata", "--disk-sparse", "boot.iso"],
        script="upload_disk",
        files=_make_iso,
    ),
    Case(
        "upload_disk_through_the_proxy",
        uploaded("disk.qcow2", "qcow2"),
        _STORAGE,
        lambda state: [*_UPLOAD, "--disk-sparse", "disk.qcow2"],
        script="upload_disk",
        files=_make_qcow2,
    ),
    Case(
        "upload_raw_disk",
        uploaded("disk.raw", "raw"),
        _STORAGE,
        lambda state: [*_SITE, "--sd-name", "mydata", "--disk-sparse", "disk.raw"],
        script="upload_disk",
        files=_make_raw,
    ),
    Case(
        "upload_preallocated_disk_through_the_proxy",
        uploaded("disk.raw", "raw", sparse=False),
        _STORAGE,
        lambda state: [*_UPLOAD, "disk.raw"],
        script="upload_disk",
        files=_make_raw,
    ),
    Case(
        "download_disk_through_the_proxy",
        downloaded,
        _DISK,
        lambda state: [*_SITE, "--use-proxy", _disk(state), "disk.qcow2"],
        script="download_disk",
    ),
)
