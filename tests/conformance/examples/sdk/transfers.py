"""Image transfers and backups."""

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, Seen
from tests.conformance.examples.run import CONFIGURATION
from tests.conformance.examples.state import Differs, State

_SITE = ["-c", CONFIGURATION]
_DISK = (seeds.disk("mydisk"),)
_STORAGE = (seeds.my_storage(),)
_NOBODY = "00000000-0000-4000-8000-000000000000"


def checkpoints_of_my_vm(seen: Seen) -> None:
    vm = seeds.vm_id(seen.after)
    made = [row for row in seen.after.rows("checkpoints") if row.get("vm_id") == vm]
    if not made:
        raise Differs("the VM has no checkpoint")
    seen.expect_printed(*(row["id"] for row in made))


def _disk(state: State) -> str:
    return str(state.one("disks", name="mydisk")["id"])


CASES = (
    Case("backup_vm", None, (seeds.my_vm, seeds.started), lambda state: ["full", *_SITE, seeds.vm_id(state)]),
    Case(
        "checkpoints",
        checkpoints_of_my_vm,
        (seeds.my_vm, seeds.disk_of_vm(), seeds.started, seeds.backed_up),
        lambda state: [*_SITE, "list", seeds.vm_id(state)],
        reads=True,
    ),
    Case(
        "cancel_transfer",
        None,
        arguments=lambda state: [
            "--engine-url",
            "https://engine40.example.com",
            "--username",
            "admin@internal",
            _NOBODY,
        ],
    ),
    Case("checksum_disk", None, _DISK, lambda state: [*_SITE, _disk(state)]),
    Case("checksum_image", None, arguments=lambda state: ["image.raw"]),
    Case("download_disk", None, _DISK, lambda state: [*_SITE, _disk(state), "disk.qcow2"]),
    Case("download_disk_snapshot", None, _STORAGE, lambda state: [*_SITE, "mydata", _NOBODY, "snapshot.qcow2"]),
    Case("image_transfer", None, _DISK, lambda state: [*_SITE, "download", _disk(state)]),
    Case("upload_disk", None, _STORAGE, lambda state: [*_SITE, "--sd-name", "mydata", "disk.qcow2"]),
    Case(
        "upload_from_ova",
        None,
        _STORAGE,
        lambda state: [*_SITE, "--sd-name", "mydata", "--ova-disk-name", "d", "vm.ova"],
    ),
    Case(
        "upload_ova_as_vm_or_template",
        None,
        _STORAGE,
        lambda state: [*_SITE, "--sd-name", "mydata", "--cluster-name", "Default", "vm.ova"],
    ),
)
