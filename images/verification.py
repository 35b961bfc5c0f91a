"""Is an installation medium what it was made to be?"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from images import manifest
from images.medium import FOLDER
from images.store import Report
from images.tree import run_in
from node.api.problems import Refused
from node.system.process import CommandFailed, run


class NotReadable(Refused):
    what = "{path} was not verified"
    why = "{reason}"
    mend = "Give the path of a whole ISO of Trivet (./trivet image list); fetch one anew that was cut off"


@dataclass(frozen=True, slots=True)
class Verified:
    version: str
    files: int
    differences: tuple[str, ...]


def verify(iso: Path, tools: Path, report: Report) -> Verified:
    """`tools` is the tree with xorriso. Raises NotReadable."""
    with TemporaryDirectory() as folder:
        argv = (
            "xorriso",
            "-osirrox",
            "on",
            "-indev",
            f"/tmp/in/{iso.name}",
            "-extract",
            f"/{FOLDER}",
            "/tmp/out/content",
        )
        report(f"{iso.name}: reading")
        try:
            run_in(tools, argv, run, binds={iso.resolve().parent: "/tmp/in", Path(folder): "/tmp/out"})
        except CommandFailed as err:
            raise NotReadable(path=iso, reason=err.text.why.splitlines()[-1]) from err
        report(f"{iso.name}: comparing")
        said = manifest.read(Path(folder) / "content")
        differences = manifest.differences(said, Path(folder) / "content")
        return Verified(said.version, len(said.files), tuple(differences))
