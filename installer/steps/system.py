"""The system image onto its place, and read back from there."""

from pathlib import Path

from installer.disk_layout import SLOT
from installer.steps.work import Work
from node.api.problems import Failed
from node.system.copying import sha256_of, write_device


class NotAsWritten(Failed):
    what = "The system on {device} is not what was written"
    why = "read back, its SHA-256 is {found}…, not {wanted}…"
    mend = "The disk does not keep what is written to it: use another one"


def write(work: Work) -> None:
    file = work.manifest.system
    write_device(work.live.medium / file.name, Path(work.partition(SLOT)), work.meter(file.size))


def verify(work: Work) -> None:
    file, device = work.manifest.system, work.partition(SLOT)
    work.run("blockdev", "--flushbufs", device)
    found = sha256_of(Path(device), file.size, work.meter(file.size))
    if found != file.sha256:
        raise NotAsWritten(device=device, found=found[:16], wanted=file.sha256[:16])
