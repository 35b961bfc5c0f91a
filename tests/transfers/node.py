"""The transfers of one node by its own code, with a real imageio daemon and a real qemu-nbd, on a folder of a test."""

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from hosted_engine.authority import KeyPair, make_pair
from node.api.messages.identity import Role
from node.api.messages.images import ImageFormat, ImageRef, ImageRequest
from node.clock import SystemClock
from node.imageio import Imageio
from node.storage.images import Images
from node.storage.qemu_img import QemuImg
from node.storage.seed import SeedMaker
from node.system.process import run
from node.system.threads import Threads
from node.transfers.checking import Checker
from node.transfers.records import Records
from node.transfers.transfers import Transfers
from tests.transfers.daemon import Daemon
from tests.transfers.processes import ProcessUnits


async def _nothing(_: str) -> None:
    return None


class RealTransfers:
    """Images lie below `folder`/volumes, which nodes of one site share."""

    def __init__(self, folder: Path, authority: KeyPair, *, name: str, address: str, port: int, volumes: Path) -> None:
        self.folder = folder
        self.volumes = volumes
        pair = make_pair(authority, Role.NODE, name, names=(address,))
        self.daemon = Daemon(folder / "daemon", pair, authority.certificate, address=address, port=port)
        # Paths of sockets have 107 characters at most, and a test's folder may have more.
        self._sockets = Path(tempfile.mkdtemp(prefix="nbd-"))
        self.units = ProcessUnits(self._sockets)
        self.records = folder / "records"
        self._threads = Threads("transfers", 4)
        self.transfers = self.new_agent()
        self.images = self._make_images()

    def new_agent(self) -> Transfers:
        """As after a crash of the agent: it knows what lies on the machine and nothing else."""
        qemu_img = QemuImg(run)
        return Transfers(
            Imageio("node", self.daemon.socket),
            self.units,
            qemu_img,
            Records(self.records),
            Checker(self.units, qemu_img),
            self._threads,
            volumes=self.volumes,
            need=_nothing,
            running_on=_nothing,
            clock=SystemClock(),
            sockets=PurePosixPath(self._sockets),
            port=self.daemon.port,
        )

    async def image(self, ref: ImageRef, form: ImageFormat, size_bytes: int) -> Path:
        await self.images.make_image(ref, ImageRequest(format=form, size_bytes=size_bytes))
        return self.path(ref)

    def path(self, ref: ImageRef) -> Path:
        return self.volumes / ref.storage_domain / "images" / ref.disk_id / ref.image_id

    def left(self) -> dict[str, list[str]]:
        """What of transfers is on the machine: processes, sockets, records."""
        return {
            "processes": self.units.running,
            "sockets": sorted(path.parent.name for path in self._sockets.glob("*/sock")),
            "records": sorted(path.stem for path in self.records.glob("*")),
        }

    def stop(self) -> None:
        self.units.stop_all()
        self.daemon.stop()
        self._threads.close()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _make_images(self) -> Images:
        return Images(
            QemuImg(run),
            SeedMaker(run, self.folder),
            self._threads,
            volumes=self.volumes,
            shipped=self.folder,
            need=_nothing,
            running_on=_nothing,
            connected_bricks=dict,
            clock=SystemClock(),
        )
