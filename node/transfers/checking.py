"""Looks at an image that a client has written, confined: what is in it was made by nobody that is trusted."""

from pathlib import Path, PurePosixPath

import msgspec

from node.api.messages.images import ImageFormat, ImageRef, ImageReport
from node.api.messages.transfers import ImageCheck
from node.api.refusals import ImageRejected, ImageUnknown
from node.storage.images import report_of
from node.storage.qemu_img import QemuImg, image_end
from node.system.files import sync_file
from node.system.process import CommandFailed
from node.system.transient_units import Units
from node.transfers import export
from node.transfers.usable import QCOW_MAGIC, virtual_size, why_not_format, why_not_usable

INFO_TIMEOUT_S = 60.0  # a header that keeps qemu-img busy for longer is none that anybody wants
CHECK_S = 600.0
DAMAGED, LEAKS = 2, 3  # of qemu-img check; what leaks takes room and does no harm


class Checker:
    def __init__(self, units: Units, qemu_img: QemuImg) -> None:
        self._units = units
        self._qemu_img = qemu_img

    def check(self, image: ImageRef, path: Path, check: ImageCheck) -> ImageReport:
        """Raises ImageRejected. What a qcow2 file has behind its end is cut off: an upload is given more room than it
        may need."""
        if not path.exists():
            raise ImageUnknown(image=image.image_id, storage_domain=image.storage_domain)
        with path.open("rb") as file:
            begin = file.read(len(QCOW_MAGIC))
        if reason := why_not_format(begin, check.format):
            raise ImageRejected(image=image.image_id, reason=reason)
        info = self._inspect(image, path, "info", check.format, timeout_s=INFO_TIMEOUT_S)
        try:
            reason = why_not_usable(info, check)
        except msgspec.MsgspecError as err:
            reason = f"what qemu-img says of it is not understood ({err})"
        if reason:
            raise ImageRejected(image=image.image_id, reason=reason)
        if check.format is ImageFormat.QCOW2:
            self._trim(image, path, check.format)
        if virtual_size(info) < check.size_bytes:
            self._qemu_img.resize(str(path), check.format, check.size_bytes)
        sync_file(path)
        return report_of(image, self._qemu_img.info(str(path), check.format))

    def _trim(self, image: ImageRef, path: Path, form: ImageFormat) -> None:
        end = image_end(self._inspect(image, path, "check", form, timeout_s=CHECK_S))
        if end is not None and end < path.stat().st_size:
            with path.open("r+b") as file:
                file.truncate(end)

    def _inspect(self, image: ImageRef, path: Path, verb: str, form: ImageFormat, *, timeout_s: float) -> str:
        argv = ("qemu-img", verb, "-f", form.value, "--output=json", str(path))
        try:
            return self._units.run(argv, export.check_properties(PurePosixPath(path)), timeout_s=timeout_s)
        except CommandFailed as err:
            if verb == "check" and err.exit_status == LEAKS:
                return err.stdout
            if "qemu-img:" not in err.text.why and err.exit_status != DAMAGED:  # it did not come to look at it
                raise
            message = err.text.why.partition("\n")[0]
            reason = f"it is damaged ({message})" if err.exit_status == DAMAGED else message
            raise ImageRejected(image=image.image_id, reason=reason) from err
