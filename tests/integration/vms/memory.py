"""Runs inside the machine: a snapshot of a running VM with its memory, and the VM that goes on from it."""

import asyncio
import base64
import time
import uuid
from typing import Any

import msgspec

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.vms import MemoryLink, MemorySnapshotRequest, NewLayer, VmDisk, VmSpec, VmState
from node.system.process import run
from node.system.threads import Threads
from node.vms.block_chain import has_agent
from node.vms.memory_snapshots import MemorySnapshots
from tests.integration.vms.images import Storage
from tests.integration.vms.real_node import BOOT_S, MIB, PATHS, SHARED, Node, nic, nothing, run_case, vm


async def a_vm_goes_on_from_the_memory_of_a_snapshot_as_often_as_it_is_asked_to(node: Node) -> None:
    """Its guest's clock goes on, and what is in its memory and on its disk is what was there at that moment."""
    storage = Storage(node)
    part = MemorySnapshots(
        node.vms, storage.live, node.hypervisor, Threads("memory", 2), volumes=PATHS.volumes, need=nothing
    )
    boot, data = node.image(SHARED / "agent.img"), node.image(SHARED / "agent-data.img")
    disks = (VmDisk(image=boot, format=ImageFormat.RAW, boot=True), VmDisk(image=data, format=ImageFormat.RAW))
    spec = vm(memory_bytes=192 * MIB, disks=disks, nics=(nic(),))
    await node.start(spec)
    await node.expect_on_console(spec, "agent runs")
    guest = Guest(node, spec)
    await guest.answers()
    for path in ("/in-memory", "/data/on-disk"):
        guest.write(path, "before")
    uptime_s, layer, memory = guest.uptime_s(), _on_top(node, "layer", boot, data), _memory()
    request = MemorySnapshotRequest(layers=layer, memory=memory)
    began = time.monotonic()
    for _ in range(2):
        await part.snapshot_vm_with_memory(spec.id, request)
    print(f"taken in {time.monotonic() - began:.1f} s, {node.path(memory).stat().st_size >> 20} MiB")
    assert (node.path(memory).stat().st_mode & 0o777) == 0o600
    assert [one.image_id for one in await storage.live.vm_images(spec.id)] == ["layer", "layer"]
    report = await node.vms.vm(spec.id)
    assert report is not None
    assert report.state is VmState.UP
    for path in ("/in-memory", "/data/on-disk"):
        guest.write(path, "after")
    await node.end(spec)
    for number in range(2):
        link, again = _memory(), _on_top(node, f"again{number}", boot, data)
        await part.link_memory(link, MemoryLink(source=memory))
        restored = tuple(VmDisk(image=one.new, format=ImageFormat.QCOW2) for one in again)
        assert await node.start(msgspec.structs.replace(spec, disks=restored, resume_from=link)) is VmState.UP
        assert [one.image_id for one in await storage.live.vm_images(spec.id)] == [f"again{number}"] * 2
        await guest.answers()
        print(f"uptime {uptime_s:.0f} s at the snapshot, {guest.uptime_s():.0f} s now")
        assert guest.uptime_s() >= uptime_s
        assert "booted" not in node.console(spec)
        assert [guest.read(path) for path in ("/in-memory", "/data/on-disk")] == ["before", "before"]
        guest.write("/data/on-disk", f"again{number}")
        await node.end(spec)
    assert node.path(memory).exists()


class Guest:
    """Its files, through its agent."""

    def __init__(self, node: Node, spec: VmSpec) -> None:
        self._node = node
        self._spec = spec

    async def answers(self) -> None:
        """Until libvirt has its agent connected."""
        async with asyncio.timeout(BOOT_S):
            while not has_agent(self._node.hypervisor.xml(self._spec.id)):  # noqa: ASYNC110 - libvirt is asked
                await asyncio.sleep(0.2)

    def write(self, path: str, text: str) -> None:
        handle = self._ask("guest-file-open", path=path, mode="w")
        self._ask("guest-file-write", **{"handle": handle, "buf-b64": base64.b64encode(text.encode()).decode()})
        self._ask("guest-file-flush", handle=handle)
        self._ask("guest-file-close", handle=handle)

    def read(self, path: str) -> str:
        handle = self._ask("guest-file-open", path=path, mode="r")
        content = self._ask("guest-file-read", handle=handle)["buf-b64"]
        self._ask("guest-file-close", handle=handle)
        return base64.b64decode(content).decode()

    def uptime_s(self) -> float:
        return float(self.read("/proc/uptime").split()[0])

    def _ask(self, command: str, **arguments: object) -> Any:
        return self._node.ask_agent(self._spec, command, **arguments)


def _on_top(node: Node, name: str, *images: ImageRef) -> tuple[NewLayer, ...]:
    layers = tuple(NewLayer(image=image, new=msgspec.structs.replace(image, image_id=name)) for image in images)
    for layer in layers:
        below = ("-b", str(node.path(layer.image)), "-F", "raw")
        run("qemu-img", "create", "-q", "-f", "qcow2", *below, str(node.path(layer.new)))
    return layers


def _memory() -> ImageRef:
    return ImageRef(storage_domain="data", disk_id=str(uuid.uuid4()), image_id="memory")


if __name__ == "__main__":
    run_case(a_vm_goes_on_from_the_memory_of_a_snapshot_as_often_as_it_is_asked_to)
