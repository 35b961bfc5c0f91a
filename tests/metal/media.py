"""Media of other versions of this code: the same with a later date, and some lines of it changed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from images import project

BUILD_S = 3600


def build(folder: Path, *, later_s: int, changed: Mapping[str, tuple[str, str]] | None = None) -> Path:
    """The ISO of a copy of the project in `folder`, dated so much later than now; `changed`: path → (text, instead)."""
    listed = subprocess.run(["git", "-C", project.ROOT, "ls-files", "-z"], check=True, capture_output=True).stdout
    for name in listed.decode().split("\0"):
        source, target = project.ROOT / name, folder / name
        if name and source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for name, (text, instead) in (changed or {}).items():
        content = (folder / name).read_text()
        assert text in content
        (folder / name).write_text(content.replace(text, instead))
    environment = os.environ | {"PYTHONPATH": str(folder), "SOURCE_DATE_EPOCH": str(int(time.time()) + later_s)}
    command = [sys.executable, "-m", "images", "build", "iso"]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, timeout=BUILD_S)
    return Path(done.stdout.decode().split()[-1])


def stick(disk: Path, iso: Path) -> None:
    """A FAT file system with the ISO as `trivet.iso`."""
    with disk.open("wb") as file:
        file.truncate(1 << 30)
    subprocess.run(["mkfs.fat", "-F", "32", "-n", "STICK", str(disk)], check=True, capture_output=True)
    subprocess.run(["mcopy", "-i", str(disk), str(iso), "::trivet.iso"], check=True)
