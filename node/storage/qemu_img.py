"""The command lines of qemu-img and what its answers mean."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from node.api.messages.images import ImageFormat
from node.api.problems import Failed
from node.system.long_command import RunWhile, run_while
from node.system.process import Run

COPY_S = 900
_PROGRESS = re.compile(r"\((\d+)\.\d+/100%\)")


class NotUnderstood(Failed):
    what = "Cannot understand what qemu-img says about {path}"
    why = "{reason}"
    mend = "Look at the image with `qemu-img info`; it may be damaged or of a format that Trivet does not use"


@dataclass(frozen=True, slots=True)
class Info:
    """`backing` is the text in the image, relative to its folder where Trivet wrote it."""

    format: ImageFormat
    virtual_size_bytes: int
    actual_size_bytes: int
    backing: str | None = None


class _Json(msgspec.Struct, frozen=True, rename="kebab"):
    format: str
    virtual_size: int
    actual_size: int = 0
    backing_filename: str | None = None


def parse_info(text: str, path: str) -> Info:
    try:
        found = msgspec.json.decode(text, type=_Json)
        return Info(ImageFormat(found.format), found.virtual_size, found.actual_size, found.backing_filename)
    except (msgspec.MsgspecError, ValueError) as err:
        raise NotUnderstood(path=path, reason=str(err)) from err


def parse_progress(text: str) -> int | None:
    """Percent, from what `qemu-img -p` writes; None where it says nothing of that."""
    found = _PROGRESS.findall(text)
    return int(found[-1]) if found else None


class _Check(msgspec.Struct, frozen=True, rename="kebab"):
    image_end_offset: int | None = None


def image_end(text: str) -> int | None:
    """Where the last that belongs to a qcow2 image ends in its file, by `qemu-img check --output=json`."""
    return msgspec.json.decode(text, type=_Check).image_end_offset


class QemuImg:
    """`run_while` is for what may take hours."""

    def __init__(self, run: Run, run_while: RunWhile = run_while) -> None:
        self._run = run
        self._run_while = run_while

    def info(self, path: str, form: ImageFormat) -> Info:
        """Also of an image that a VM has open (-U). Never without the format: a guest may have written the content."""
        return parse_info(self._run("qemu-img", "info", "-U", "-f", form.value, "--output=json", path), path)

    def create(self, path: str, form: ImageFormat, size_bytes: int, *, preallocated: bool) -> None:
        options = ["-o", "preallocation=falloc"] if preallocated else []
        self._run("qemu-img", "create", "-q", "-f", form.value, *options, path, str(size_bytes), timeout_s=COPY_S)

    def create_overlay(self, path: str, backing: str, backing_format: ImageFormat, size_bytes: int | None) -> None:
        """A qcow2 image over `backing`, which is relative to the folder of `path`."""
        size = [str(size_bytes)] if size_bytes is not None else []
        self._run("qemu-img", "create", "-q", "-f", "qcow2", "-F", backing_format.value, "-b", backing, path, *size)

    def convert(self, source: str, source_format: ImageFormat, path: str, form: ImageFormat) -> None:
        formats = ("-f", source_format.value, "-O", form.value)
        self._run("qemu-img", "convert", "-q", *formats, source, path, timeout_s=COPY_S)

    def resize(self, path: str, form: ImageFormat, size_bytes: int, *, preallocated: bool = False) -> None:
        options = ["--preallocation=falloc"] if preallocated else []
        self._run("qemu-img", "resize", "-q", "-f", form.value, *options, path, str(size_bytes), timeout_s=COPY_S)

    def rebase(self, path: str, backing: str, backing_format: ImageFormat) -> None:
        """Changes what the qcow2 image at `path` says that it stands on, and nothing else."""
        self._run("qemu-img", "rebase", "-q", "-u", "-f", "qcow2", "-F", backing_format.value, "-b", backing, path)

    def copy(
        self,
        source: str,
        source_format: ImageFormat,
        path: str,
        form: ImageFormat,
        *,
        preallocated: bool,
        is_wanted: Callable[[], bool],
        note: Callable[[int], None],
    ) -> None:
        """All that is read of `source`, with what it stands on; zeros take no room unless `preallocated`."""
        options = ["-o", "preallocation=falloc"] if preallocated else []
        formats = ("-f", source_format.value, "-O", form.value)
        argv = ("qemu-img", "convert", "-p", *formats, *options, source, path)
        self._run_while(*argv, is_wanted=is_wanted, notify=_noting(note))

    def commit(self, path: str, *, is_wanted: Callable[[], bool], note: Callable[[int], None]) -> None:
        """Writes what the qcow2 image at `path` holds into the one that it stands on, which grows to its size. The
        image keeps it, too: a commit that was cut short is done again."""
        argv = ("qemu-img", "commit", "-p", "-d", "-f", "qcow2", path)
        self._run_while(*argv, is_wanted=is_wanted, notify=_noting(note))


def _noting(note: Callable[[int], None]) -> Callable[[str], None]:
    def notify(text: str) -> None:
        percent = parse_progress(text)
        if percent is not None:
            note(percent)

    return notify
