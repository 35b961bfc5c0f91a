"""Runs in a mount namespace of its own: what a node does with storage domains, on the kernel's own mounts."""

import asyncio
import configparser
import sys
from pathlib import Path

from node.api.messages.images import ImageCopy, ImageFormat, ImageRef, ImageRequest
from node.api.messages.mounts import MountReport, MountRequest, MountSpec
from node.api.messages.storage_domains import MetadataRequest, StorageDomainMetadata
from node.api.refusals import StorageOfOther
from node.clock import SystemClock
from node.storage.desired import DesiredStorage
from node.storage.domain_metadata import DomainMetadata
from node.storage.image_chains import ImageChains
from node.storage.images import Images
from node.storage.mounts import MountFailed, Mounts
from node.storage.qemu_img import QemuImg
from node.storage.seed import SeedMaker
from node.storage.works import Works
from node.system.long_command import run_while
from node.system.process import run
from node.system.threads import Threads

MIB = 1 << 20


class Systemd:
    """Does with a mount unit what systemd would, by mount(8)."""

    def __init__(self, units: Path) -> None:
        self._units = units

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        match argv:
            case ("systemctl", "start", unit):
                said = self._read(unit)
                return run("mount", "-t", said["type"], "-o", said["options"], said["what"], said["where"])
            case ("systemctl", "stop", unit):
                return run("umount", self._read(unit)["where"])
            case ("systemctl", *_):
                return ""
        return run(*argv, stdin=stdin, timeout_s=timeout_s)

    def _read(self, unit: str) -> dict[str, str]:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string((self._units / unit).read_text())
        return dict(parser["Mount"])


class Node:
    def __init__(self, folder: Path) -> None:
        volumes, threads = folder / "volumes", Threads("storage", 2)
        systemd = Systemd(folder / "units")
        self.mounts = Mounts(
            systemd,
            threads,
            DesiredStorage(folder / "wishes.json"),
            volumes=volumes,
            units=folder / "units",
            notify=lambda: None,
        )
        self.metadata = DomainMetadata(threads, volumes=volumes, need=self.mounts.need)
        works: Works[ImageRef, Path] = Works(Threads("copies", 1), SystemClock())
        qemu_img = QemuImg(run, run_while)
        self.images = Images(
            qemu_img,
            SeedMaker(run, folder),
            threads,
            volumes=volumes,
            shipped=folder,
            need=self.mounts.need,
            running_on=_nobody,
            connected_bricks=dict,
            clock=SystemClock(),
        )
        self.chains = ImageChains(self.images, qemu_img, threads, works, merge_live=_nobody_merges)

    async def uses(self, domain: str, spec: MountSpec) -> MountReport:
        """It becomes a domain with an image that is there when it is mounted again, and is nobody else's."""
        report = await self.mounts.mount(MountRequest(storage_domain=domain, spec=spec))
        metadata = StorageDomainMetadata(id=domain, name=domain)
        await self.metadata.write_domain_metadata(domain, MetadataRequest(metadata=metadata))
        image = ImageRef(storage_domain=domain, disk_id="disk", image_id="image")
        await self.images.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=64 * MIB))
        await self.mounts.unmount(domain)
        assert not Path(report.path).exists()
        await self.mounts.mount(MountRequest(storage_domain=domain, spec=spec))
        found = await self.images.image(image)
        assert found is not None
        assert found.virtual_size_bytes == 64 * MIB
        await self.mounts.unmount(domain)
        other = MountRequest(storage_domain="other", spec=spec)
        await self.mounts.mount(other)
        theirs = MetadataRequest(metadata=StorageDomainMetadata(id="other", name="other"))
        try:
            await self.metadata.write_domain_metadata("other", theirs)
        except StorageOfOther:
            await self.mounts.unmount("other")
            return report
        raise AssertionError("storage of another domain was taken")

    async def copies(self, domains: tuple[MountRequest, MountRequest]) -> None:
        """An image with its content, from one storage domain to the other."""
        for request in domains:
            await self.mounts.mount(request)
        there, here = (
            ImageRef(storage_domain=one.storage_domain, disk_id="moved", image_id="image") for one in domains
        )
        await self.images.make_image(there, ImageRequest(format=ImageFormat.RAW, size_bytes=8 * MIB))
        content = self.images.path(there)
        content.write_bytes(b"something" * 1000 + bytes(8 * MIB - 9000))
        copy = ImageCopy(source=there, format=ImageFormat.RAW, size_bytes=8 * MIB)
        progress = await self.chains.copy_image(here, copy)
        while progress.image is None:
            progress = await self.chains.copy_image(here, copy)
        assert self.images.path(here).read_bytes() == content.read_bytes()
        taken = [self.images.path(one).stat().st_blocks * 512 for one in (there, here)]
        assert taken[1] < MIB < 8 * MIB <= taken[0], "the zeros that were written take no room in the copy"
        await self.images.remove_image(there)
        for one in domains:
            await self.mounts.unmount(one.storage_domain)

    async def cannot_mount(self, spec: MountSpec, reason: str) -> None:
        try:
            await self.mounts.mount(MountRequest(storage_domain="broken", spec=spec))
        except MountFailed as err:
            said = err.text.why
            await self.mounts.unmount("broken")
        else:
            said = f"{spec.source} was mounted"
        assert reason in said, said


async def _nobody(_: str) -> None:
    return None


async def _nobody_merges(*_: object) -> None:
    return None


async def main(folder: Path) -> None:
    node = Node(folder)
    disk = folder / "disk"
    with disk.open("wb") as file:
        file.truncate(64 * MIB)
    run("mkfs.ext4", "-q", str(disk))
    posix = MountSpec(kind="posixfs", source=str(disk), vfs_type="ext4", options=("loop", "noatime"))
    report = await node.uses("posix", posix)
    assert report.size_bytes is not None
    assert 32 * MIB < report.size_bytes < 64 * MIB
    await node.cannot_mount(MountSpec(kind="posixfs", source=str(disk), vfs_type="xfs", options=("loop",)), "mount")
    vms = folder / "vms"
    vms.mkdir()
    await node.uses("local", MountSpec(kind="localfs", source=str(vms)))
    assert (vms / "images" / "disk" / "image").exists()
    local = MountSpec(kind="localfs", source=str(vms))
    await node.copies(
        (MountRequest(storage_domain="posix", spec=posix), MountRequest(storage_domain="local", spec=local))
    )
    await node.cannot_mount(MountSpec(kind="localfs", source=str(folder / "missing")), "No such file or directory")
    assert not (folder / "missing").exists()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
