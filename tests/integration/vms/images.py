"""Runs inside the machine: images that stand on others, by the node's own code on the real QEMU, with data checked."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

import libvirt
import libvirt_qemu
import msgspec

from node.api.messages.images import ImageCopy, ImageFormat, ImageRebase, ImageRef, ImageRequest
from node.api.messages.vms import NewLayer, SnapshotRequest, VmDisk, VmSpec
from node.clock import SystemClock
from node.storage.image_chains import ImageChains
from node.storage.images import Images
from node.storage.qemu_img import QemuImg
from node.storage.seed import SeedMaker
from node.storage.works import Works
from node.system.long_command import run_while
from node.system.process import run
from node.system.threads import Threads
from node.vms.libvirt_hypervisor import URI
from node.vms.live_images import LiveImages
from tests.integration.vms.real_node import MIB, Node, run_case

VOLUMES = Path("/volumes")
SIZE = 64 * MIB
BASE = ImageRef(storage_domain="data", disk_id="chained", image_id="base")


async def _nothing(_: str) -> None:
    return None


class Storage:
    """What of a node images need, beside its VMs."""

    def __init__(self, node: Node) -> None:
        clock, threads, qemu_img = SystemClock(), Threads("images", 8), QemuImg(run, run_while)
        works: Works[ImageRef, Path] = Works(threads, clock)
        self.live = LiveImages(node.hypervisor, threads, PurePosixPath(VOLUMES), clock)
        self.images = Images(
            qemu_img,
            SeedMaker(run, Path("/run")),
            threads,
            volumes=VOLUMES,
            shipped=Path("/run"),
            need=_nothing,
            running_on=node.vms.running_on,
            connected_bricks=dict,
            drop_work=works.drop,
            clock=clock,
        )
        self.chains = ImageChains(self.images, qemu_img, threads, works, merge_live=self.live.merge)

    async def merge(self, image: ImageRef) -> None:
        while (await self.chains.merge_image(image)).image is None:
            pass

    async def chain(self, image: ImageRef) -> list[str]:
        return [report.image.image_id for report in await self.chains.image_chain(image)]

    async def layer(self, name: str, on: ImageRef) -> ImageRef:
        image = msgspec.structs.replace(BASE, image_id=name)
        await self.images.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=SIZE, backing=on))
        return image

    async def take_out(self, lower: ImageRef, upper: ImageRef, above: ImageRef | None) -> None:
        """As the engine does."""
        await self.merge(upper)
        if above is not None:
            await self.chains.rebase_image(above, ImageRebase(backing=lower))
        await self.images.remove_image(upper)


def write_at(image: ImageRef, number: int) -> None:
    """MiB number `number` of the image holds that number, all over."""
    path = str(VOLUMES / image.storage_domain / "images" / image.disk_id / image.image_id)
    form = "raw" if image.image_id == "base" else "qcow2"
    run("qemu-io", "-f", form, "-c", f"write -P {number + 1} {number}M 1M", path)


def expect_pattern(image: ImageRef, count: int) -> None:
    path = str(VOLUMES / image.storage_domain / "images" / image.disk_id / image.image_id)
    form = "raw" if image.image_id == "base" else "qcow2"
    for number in range(count):
        said = run("qemu-io", "-r", "-f", form, "-c", f"read -P {number + 1} {number}M 1M", path)
        assert "verification failed" not in said, (image.image_id, number)
    said = run("qemu-io", "-r", "-f", form, "-c", f"read -P 0 {count}M 1M", path)
    assert "verification failed" not in said, (image.image_id, count)


async def images_of_a_vm_that_is_down_are_merged_from_the_middle(node: Node) -> None:
    storage = Storage(node)
    await storage.images.make_image(BASE, ImageRequest(format=ImageFormat.RAW, size_bytes=SIZE))
    layers = [BASE]
    for number in range(5):
        write_at(layers[-1], number)
        layers.append(await storage.layer(f"layer{number}", layers[-1]))
    write_at(layers[5], 5)
    await storage.take_out(layers[2], layers[3], layers[4])
    expect_pattern(layers[5], 6)
    expect_pattern(layers[2], 4)
    await storage.take_out(layers[0], layers[1], layers[2])
    expect_pattern(layers[5], 6)
    assert await storage.chain(layers[5]) == ["layer4", "layer3", "layer1", "base"]
    await storage.take_out(layers[4], layers[5], None)
    expect_pattern(layers[4], 6)
    copy = ImageRef(storage_domain="data", disk_id="copied", image_id="copy")
    request = ImageCopy(source=layers[4], format=ImageFormat.QCOW2)
    while (await storage.chains.copy_image(copy, request)).image is None:
        pass
    expect_pattern(copy, 6)
    assert await storage.chain(copy) == ["copy"]
    for image in (copy, layers[4], layers[2], BASE):
        await storage.images.remove_image(image)


async def images_of_a_vm_that_runs_are_merged_from_the_middle_while_it_writes(node: Node) -> None:
    """A chain of live snapshots, removed in an order in which each kind of removal comes."""
    storage = Storage(node)
    await storage.images.make_image(BASE, ImageRequest(format=ImageFormat.RAW, size_bytes=SIZE))
    spec = VmSpec(
        id="5a1b0000-0000-4000-8000-00000000c4a1",
        name="chained",
        memory_bytes=128 * MIB,
        disks=(VmDisk(image=BASE, format=ImageFormat.RAW, boot=True),),
    )
    await node.start(spec)
    guest, layers = Guest(spec), [BASE]
    for number in range(6):
        guest.write(number)
        layers.append(await storage.layer(f"live{number}", layers[-1]))
        request = SnapshotRequest(layers=(NewLayer(image=layers[-2], new=layers[-1]),))
        for _ in range(2):
            assert not (await storage.live.snapshot_vm(spec.id, request)).quiesced
        assert [one.image_id for one in await storage.live.vm_images(spec.id)] == [f"live{number}"]
    guest.write(6)
    assert await storage.chain(layers[6]) == ["live5", "live4", "live3", "live2", "live1", "live0", "base"]
    async with guest.writing():
        await storage.take_out(layers[2], layers[3], layers[4])
        await storage.take_out(layers[0], layers[1], layers[2])
        await storage.take_out(layers[4], layers[5], layers[6])
        await storage.take_out(layers[4], layers[6], None)
    assert await storage.chain(layers[4]) == ["live3", "live1", "base"]
    guest.expect_pattern(7)
    await storage.take_out(layers[2], layers[4], None)
    await storage.take_out(layers[0], layers[2], None)
    guest.expect_pattern(7)
    assert [one.image_id for one in await storage.live.vm_images(spec.id)] == ["base"]
    await node.end(spec)
    expect_pattern(BASE, 7)
    assert guest.written > 0
    path = VOLUMES / "data" / "images" / BASE.disk_id
    assert sorted(file.name for file in path.iterdir()) == ["base", "base.format"]
    await storage.images.remove_image(BASE)


class Guest:
    """Reads and writes through the device of a running VM, as its guest would."""

    def __init__(self, spec: VmSpec) -> None:
        self._domain = libvirt.open(URI).lookupByUUIDString(spec.id)
        self.written = 0

    def write(self, number: int) -> None:
        self._io(f"write -P {number + 1} {number}M 1M")

    def expect_pattern(self, count: int) -> None:
        for number in range(count):
            self._io(f"read -P {number + 1} {number}M 1M")

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Behind what else is looked at, again and again."""
        task = asyncio.create_task(self._write_on())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _write_on(self) -> None:
        while True:
            await asyncio.to_thread(self._io, f"write -P {self.written % 200 + 1} {32 + self.written % 16}M 512k")
            self.written += 1
            await asyncio.sleep(0.01)

    def _io(self, command: str) -> None:
        said = self._human(f'qemu-io -d {self._device()} "{command}"')
        assert not re.search("failed|rror", said), said

    def _device(self) -> str:
        found: Sequence[Any] = json.loads(
            libvirt_qemu.qemuMonitorCommand(self._domain, '{"execute":"query-block"}', 0)
        )["return"]
        return str(next(one["qdev"] for one in found if one.get("inserted") and re.search("virtio|scsi", one["qdev"])))

    def _human(self, command: str) -> str:
        asked = json.dumps({"execute": "human-monitor-command", "arguments": {"command-line": command}})
        return str(json.loads(libvirt_qemu.qemuMonitorCommand(self._domain, asked, 0))["return"])


if __name__ == "__main__":
    run_case(
        images_of_a_vm_that_is_down_are_merged_from_the_middle,
        images_of_a_vm_that_runs_are_merged_from_the_middle_while_it_writes,
    )
