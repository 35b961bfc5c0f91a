"""What the node does that runs a VM while images of its disks change: in steps that outlive the end of its run.

A node that is silent may have done what it was asked for or not: nobody knows which images its VM writes to, and none
of them may be removed. So it is waited for, until it answers or the VM is known not to run there any more.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.disks.images import note_progress
from hosted_engine.engine.problems import NodeNotUp
from hosted_engine.engine.snapshots.images import Layer, image_ref
from hosted_engine.engine.snapshots.memory import remove_memory
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.model import RUNNING
from node.api.contract import NodeApi
from node.api.messages.images import ImageProgress, ImageRef
from node.api.messages.vms import MemorySnapshotRequest, NewLayer, SnapshotRequest
from node.api.problems import NodeNonResponsive, RemoteRefused
from node.steps import Step

log = logging.getLogger(__name__)

SWITCH = "switch"
RETRY_S = 2.0  # between two questions to a node that is silent

T = TypeVar("T")


def switch_running(
    dependencies: Dependencies, vm_id: str, layers: Sequence[Layer], memory: ImageRef | None = None
) -> Step:
    """The VM writes to the new images, from one moment on, whose memory is in `memory` then, if it is wanted. One that
    has ended meanwhile does with its next start; with memory, that is too late."""
    new = tuple(NewLayer(image=image_ref(layer, layer.parent_id), new=image_ref(layer)) for layer in layers)
    storage_domain = memory.storage_domain if memory is not None else layers[0].storage_domain_id

    async def do() -> None:
        if memory is None:
            request = SnapshotRequest(layers=new)
            await _ask(dependencies, vm_id, storage_domain, lambda node: node.snapshot_vm(vm_id, request))
        else:
            whole = MemorySnapshotRequest(layers=new, memory=memory)
            await _wait_for(
                dependencies, vm_id, storage_domain, lambda node: node.snapshot_vm_with_memory(vm_id, whole)
            )

    async def undo() -> None:
        """What was written since goes back into the images that it was taken of."""
        images = await _ask(dependencies, vm_id, storage_domain, lambda node: node.vm_images(vm_id))
        written_to = None if images is None else {image.image_id for image in images}
        for layer in layers:
            if written_to is None or layer.image_id in written_to:
                await _merge(dependencies, vm_id, image_ref(layer))
        if memory is not None:
            await remove_memory(dependencies, memory.disk_id)

    return Step(SWITCH, "Let the VM write to the new images", do, undo)


async def merge_image(dependencies: Dependencies, vm_id: str, image: ImageRef, key: str) -> None:
    """By the node that runs the VM, or else by any. Raises what the node raises."""

    async def ask(node: NodeApi) -> ImageProgress:
        progress = await node.merge_image(image)
        while progress.image is None:
            note_progress(dependencies, key, progress)
            progress = await node.merge_image(image)
        return progress

    await _wait_for(dependencies, vm_id, image.storage_domain, ask)


async def _merge(dependencies: Dependencies, vm_id: str, image: ImageRef) -> None:
    """An image that was never made has nothing to go back."""

    async def ask(node: NodeApi) -> None:
        while (await node.merge_image(image)).image is None:
            pass

    await _ask(dependencies, vm_id, image.storage_domain, ask)


async def _ask(
    dependencies: Dependencies, vm_id: str, storage_domain: str, ask: Callable[[NodeApi], Awaitable[T]]
) -> T | None:
    """As `_wait_for`; None where the VM or the image is not there."""
    try:
        return await _wait_for(dependencies, vm_id, storage_domain, ask)
    except RemoteRefused as err:
        if err.text.status != 404:
            raise
        return None


async def _wait_for(
    dependencies: Dependencies, vm_id: str, storage_domain: str, ask: Callable[[NodeApi], Awaitable[T]]
) -> T:
    """The answer of the node that runs the VM, or else of any with the storage."""
    while True:
        try:
            return await ask(await _node(dependencies, vm_id, storage_domain))
        except (NodeNonResponsive, NodeNotUp) as err:
            log.info("VM %s: %s", vm_id, err)
        await dependencies.poller.clock.sleep(RETRY_S)


async def _node(dependencies: Dependencies, vm_id: str, storage_domain: str) -> NodeApi:
    with dependencies.store.transaction() as tx:
        vm = the_vm(tx, vm_id)
    if vm.status in RUNNING and vm.node_id is not None:
        return await dependencies.fleet.node(vm.node_id)
    return await dependencies.fleet.carrier(storage_domain)
