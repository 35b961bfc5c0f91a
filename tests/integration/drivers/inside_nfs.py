"""Runs in the guest that has an NFS server: an export becomes a storage domain, and images are copied onto it."""

import asyncio
from pathlib import Path

from node.api.messages.mounts import MountRequest, MountSpec
from tests.integration.drivers.inside import Node

EXPORT, NOWHERE = "127.0.0.1:/vms", "127.0.0.1:/nothing"


async def main(folder: Path) -> None:
    node = Node(folder)
    nfs = MountSpec(kind="nfs", source=EXPORT, options=("nfsvers=4",))
    report = await node.uses("nfs", nfs)
    assert report.size_bytes is not None
    assert report.size_bytes < 256 << 20
    assert Path("/srv/vms/images/disk/image").exists()
    vms = folder / "vms"
    vms.mkdir()
    local = MountSpec(kind="localfs", source=str(vms))
    await node.uses("local", local)
    for pair in (("nfs", nfs), ("local", local)), (("local", local), ("nfs", nfs)):
        first, second = (MountRequest(storage_domain=name, spec=spec) for name, spec in pair)
        await node.copies((first, second))
    await node.cannot_mount(MountSpec(kind="nfs", source=NOWHERE, options=("nfsvers=4",)), "mount")
    await node.cannot_mount(MountSpec(kind="nfs", source=EXPORT, options=("nfsvers=3",)), "mount")


if __name__ == "__main__":
    made = Path("/run/node")
    made.mkdir()
    asyncio.run(main(made))
