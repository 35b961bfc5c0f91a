"""What the node does that runs a VM while images of its disks change: in steps that outlive the end of its run."""

from collections.abc import Sequence

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.disks.images import note_progress
from hosted_engine.engine.snapshots.images import Layer, image_ref
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.model import RUNNING
from node.api.contract import NodeApi
from node.api.messages.images import ImageRef
from node.api.messages.vms import NewLayer, SnapshotRequest
from node.api.problems import RemoteRefused
from node.steps import Step


def switch_running(dependencies: Dependencies, vm_id: str, node_id: str, layers: Sequence[Layer]) -> Step:
    """The VM writes to the new images, from one moment on. One that has ended meanwhile does with its next start."""
    request = SnapshotRequest(
        layers=tuple(NewLayer(image=image_ref(layer, layer.parent_id), new=image_ref(layer)) for layer in layers)
    )

    async def do() -> None:
        node = await dependencies.fleet.node(node_id)
        try:
            await node.snapshot_vm(vm_id, request)
        except RemoteRefused as err:
            if err.text.status != 404:
                raise

    async def undo() -> None:
        """What was written since goes back into the images that it was taken of."""
        node = await dependencies.fleet.node(node_id)
        try:
            written_to = {image.image_id for image in await node.vm_images(vm_id)}
        except RemoteRefused as err:
            if err.text.status != 404:
                raise
            written_to = {layer.image_id for layer in layers}
        for layer in layers:
            if layer.image_id in written_to:
                await _merge(node, image_ref(layer))

    return Step("switch", "Let the VM write to the new images", do, undo)


async def merge_image(dependencies: Dependencies, vm_id: str, image: ImageRef, key: str) -> None:
    """By the node that runs the VM, or else by any."""
    with dependencies.store.transaction() as tx:
        vm = the_vm(tx, vm_id)
    running = vm.status in RUNNING and vm.node_id is not None
    node = (
        await dependencies.fleet.node(vm.node_id or "")
        if running
        else await dependencies.fleet.carrier(image.storage_domain)
    )
    progress = await node.merge_image(image)
    while progress.image is None:
        note_progress(dependencies, key, progress)
        progress = await node.merge_image(image)


async def _merge(node: NodeApi, image: ImageRef) -> None:
    """An image that was never made has nothing to go back."""
    try:
        while (await node.merge_image(image)).image is None:
            pass
    except RemoteRefused as err:
        if err.text.status != 404:
            raise
