"""A node's mounts and leases, over a machine in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.api.messages.leases import LeaseRequest, LockspaceRequest
from node.api.messages.mounts import MountRequest, MountSpec
from node.storage.desired import DesiredStorage
from node.storage.drivers.gluster import GlusterDriver
from node.storage.leases import Leases
from node.storage.mounts import Mounts
from node.storage.reconciler import StorageReconciler
from node.system.threads import Threads
from tests.fakes.clock import FakeClock
from tests.fakes.node_commands import FakeCommands
from tests.fakes.sanlock import FakeSanlock

DATA_FOLDER = Path(__file__).parents[2] / "data"

SPEC = MountSpec(kind="glusterfs", source="node1:/data", options=("backup-volfile-servers=node2:node3",))

DATA = MountRequest(storage_domain="data", spec=SPEC)

SPACE = LockspaceRequest(name="trivet", storage_domain="data", host_id=2, io_timeout_s=2)

LEASE = LeaseRequest(lockspace="trivet", resource="engine", storage_domain="data")


class Served(GlusterDriver):
    """Whether a process serves the mount, as a test says."""

    served = False

    def recovers(self, where: str) -> bool:
        return self.served


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = FakeCommands(folder)
        self.volumes = folder / "volumes"
        self.units = folder / "units"
        self.run.knows_mount(self.volumes / "data")
        self.sanlock = FakeSanlock()
        self.threads = Threads("test", 2)
        self.notified = 0
        self.driver = Served()
        self.complete = 0
        self.given: list[Path] = []
        self.boot()

    def boot(self) -> None:
        """The agent starts; what is desired is read from its file."""
        self.desired = DesiredStorage(self.folder / "wishes.json")
        self.mounts = Mounts(
            self.run,
            self.threads,
            self.desired,
            volumes=self.volumes,
            units=self.units,
            notify=self._notify,
            proc_mounts=self.run.proc_mounts,
            drivers={"glusterfs": self.driver},
        )
        self.leases = Leases(
            self.sanlock,
            self.threads,
            self.desired,
            volumes=self.volumes,
            need=self.mounts.need,
            own=self.given.append,
        )
        self.reconciler = StorageReconciler(
            self.desired, self.mounts, self.leases, FakeClock(), after_pass=self._after_pass
        )

    async def reconcile(self) -> None:
        """One pass of the reconciler."""
        await self.reconciler.reconcile_mounts()
        await self.reconciler.reconcile_lockspaces()

    def lose_power(self) -> None:
        self.run.proc_mounts.write_text("")
        self.sanlock.joined.clear()
        for unit in self.units.iterdir():
            unit.unlink()
        self.boot()

    async def joined(self) -> Leases:
        await self.mounts.mount(DATA)
        await self.leases.join_lockspace(SPACE)
        return self.leases

    async def _after_pass(self) -> None:
        self.complete += 1

    def _notify(self) -> None:
        self.notified += 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.threads.close()
