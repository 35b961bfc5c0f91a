"""The discs that guests read at their first start: made for one run, in the node's memory, gone with it.

pycdlib writes them: in this process, so that a secret is in no other program's files or arguments, and without a
package of the distribution more in the image of a node.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path

from pycdlib import PyCdlib

from node.api.messages.vms import VmSeed


class SeedDiscs:
    """Files for root alone in `folder`, one for each VM."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, vm_id: str, seed: VmSeed) -> None:
        content = disc(seed)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.remove(vm_id)
        fd = os.open(self._file(vm_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(content)

    def remove(self, vm_id: str) -> None:
        self._file(vm_id).unlink(missing_ok=True)

    def has(self, vm_id: str) -> bool:
        return self._file(vm_id).exists()

    def all(self) -> Sequence[str]:
        """The VMs that have one."""
        return sorted(file.stem for file in self._folder.glob("*.iso"))

    def _file(self, vm_id: str) -> Path:
        return self._folder / f"{vm_id}.iso"


def disc(seed: VmSeed) -> bytes:
    """An ISO 9660 image: Linux reads the names by Rock Ridge, Windows by Joliet."""
    iso, written = PyCdlib(), io.BytesIO()
    iso.new(interchange_level=3, vol_ident=seed.label, joliet=3, rock_ridge="1.09")
    for number, file in enumerate(seed.files, 1):
        content = file.text.encode()
        iso.add_fp(
            io.BytesIO(content),
            len(content),
            f"/FILE{number}.;1",
            rr_name=file.path,
            joliet_path=f"/{file.path}",
            file_mode=0o100400,
        )
    iso.write_fp(written)
    iso.close()
    return written.getvalue()
