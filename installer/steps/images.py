"""The images that a site is made from, for a node that reaches no network."""

from installer.steps.work import Work
from node.api.problems import Failed
from node.system.copying import Meter, copy_file, sha256_of
from node.upgrade.manifest import File

FOLDER = "images"


class ImageDamaged(Failed):
    what = "The image {name} is not what was written"
    why = "read back, its SHA-256 is {found}…, not {wanted}…"
    mend = "Run the installation again; if it stays so, use another disk"


def copy_images(work: Work) -> None:
    """Read back each, too: nobody else does before it is needed."""
    folder = work.state() / FOLDER
    folder.mkdir(exist_ok=True)
    meter = work.meter(2 * sum(file.size for file in work.manifest.images))
    before = 0
    for file in work.manifest.images:
        before = _copy(work, file, before, meter)


def _copy(work: Work, file: File, before: int, meter: Meter) -> int:
    target = work.state() / FOLDER / file.name
    copy_file(work.live.medium / file.name, target, lambda done: meter(before + done))
    written = before + file.size
    found = sha256_of(target, file.size, lambda done: meter(written + done))
    if found != file.sha256:
        raise ImageDamaged(name=file.name, found=found[:16], wanted=file.sha256[:16])
    return written + file.size
