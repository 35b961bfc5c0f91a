"""What the parts of the contract share."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from node.api.contract import NodeApi
from node.api.messages.images import (
    ImageFormat,
    ImageProgress,
    ImageRef,
    ImageReport,
)
from node.api.messages.transfers import TransferDirection, TransferRequest
from node.api.messages.vms import (
    VmDisk,
    VmLease,
    VmSpec,
)
from node.api.problems import RemoteRefused

MIB = 1 << 20


class Cable(Protocol):
    """A link of the node that a test may do anything to; it is not there at first."""

    link: str

    async def plug(self) -> None:
        """Now it is there, up, with a carrier."""
        ...

    async def pull(self) -> None: ...
    async def remove(self) -> None: ...


class ContractBase:
    """Subclasses give the fixtures `node` (Gluster volume `volume` mounted as the storage domain `domain`, lockspace
    `lockspace` joined) and `cable`, a link of that node."""

    volume = "data"

    domain = "60000000-0000-4000-8000-000000000001"

    lockspace = "site"

    def new_image(self) -> ImageRef:
        return ImageRef(storage_domain=self.domain, disk_id=str(uuid.uuid4()), image_id=str(uuid.uuid4()))

    def new_transfer(self, image: ImageRef, *, format: ImageFormat = ImageFormat.RAW) -> TransferRequest:
        return TransferRequest(
            id=str(uuid.uuid4()),
            image=image,
            direction=TransferDirection.DOWNLOAD,
            format=format,
            ticket=str(uuid.uuid4()),
            timeout_s=60,
            inactivity_timeout_s=60,
        )

    def new_vm(self, *disks: VmDisk, lease: str = "") -> VmSpec:
        leases = (VmLease(lockspace=self.lockspace, resource=lease, storage_domain=self.domain),) if lease else ()
        vm_id = str(uuid.uuid4())
        return VmSpec(id=vm_id, name=f"contract-{vm_id[:8]}", memory_bytes=64 * MIB, disks=disks, leases=leases)

    async def _done(self, node: NodeApi, ask: Callable[[], Awaitable[ImageProgress]]) -> ImageReport:
        """Asks until it is."""
        while (progress := await ask()).image is None:
            assert 0 <= progress.percent < 100
        return progress.image

    async def _refusal(self, asked: Awaitable[object]) -> str:
        with pytest.raises(RemoteRefused) as refused:
            await asked
        return refused.value.text.code
