"""The command lines of qemu-img and what its answers mean."""

from dataclasses import dataclass

import msgspec

from node.api.messages.images import ImageFormat
from node.api.problems import Failed
from node.system.process import Run

COPY_S = 900


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


class _Check(msgspec.Struct, frozen=True, rename="kebab"):
    image_end_offset: int | None = None


def image_end(text: str) -> int | None:
    """Where the last that belongs to a qcow2 image ends in its file, by `qemu-img check --output=json`."""
    return msgspec.json.decode(text, type=_Check).image_end_offset


class QemuImg:
    def __init__(self, run: Run) -> None:
        self._run = run

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
