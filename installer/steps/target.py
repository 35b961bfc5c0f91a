"""The file systems of an installation while it is made, and its journal, which begins before them."""

import os
from collections.abc import Sequence
from pathlib import Path

from node.steps import Entry
from node.system.files import sync_folder
from node.system.journal import FileJournal
from node.system.process import Run


class Target:
    """Mounts by name below `folder`. One process at a time."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run = run
        self._folder = folder
        self._mounted: list[str] = []

    def mount(self, name: str, device: str, kind: str, *, options: str = "") -> Path:
        """Mount `device` unless this run has mounted it already; returns where."""
        place = self._folder / name
        if name in self._mounted:
            return place
        place.mkdir(parents=True, exist_ok=True)
        self._run("mount", "-t", kind, *(("-o", options) if options else ()), device, str(place))
        self._mounted.append(name)
        return place

    def unmount(self, name: str) -> None:
        if name in self._mounted:
            self._run("umount", str(self._folder / name), timeout_s=600)
            self._mounted.remove(name)

    def unmount_all(self) -> None:
        """Also what an earlier run left."""
        for name in reversed(self._mounted):
            self.unmount(name)
        for place in sorted(self._folder.glob("*"), reverse=True):
            while os.path.ismount(place):
                self._run("umount", str(place), timeout_s=600)


class TargetJournal:
    """Implements node.steps.Journal. Until `write_to` is called its entries are in memory alone: a run that is cut off
    before there is a file system for them begins anew, which is what the step that makes it is for."""

    def __init__(self, path: Path | None = None) -> None:
        """With `path`: an earlier run's."""
        self._early: list[Entry] = []
        self._file = FileJournal(path) if path is not None else None

    def entries(self) -> Sequence[Entry]:
        return tuple(self._early) if self._file is None else self._file.entries()

    def write(self, entry: Entry) -> None:
        if self._file is None:
            self._early.append(entry)
        else:
            self._file.write(entry)

    def write_to(self, path: Path) -> None:
        """From now on in the file at `path`, which is new."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(path.parent.parent)
        file = FileJournal(path)
        for entry in self._early:
            file.write(entry)
        self._file = file
