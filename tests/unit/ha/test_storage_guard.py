"""trivet-ha mounts and joins by itself only while the agent stays dead."""

from pathlib import Path

import pytest

from hosted_engine.ha.storage_guard import AGENT, GRACE_ROUNDS, StorageGuard
from node.api.messages.leases import LockspaceRequest
from node.api.messages.mounts import MountRequest, MountSpec
from node.config import Config
from node.storage.desired import DesiredStorage
from node.system.process import CommandFailed
from node.system.threads import Threads
from tests.fakes.clock import FakeClock
from tests.fakes.sanlock import FakeSanlock


class Node:
    """A node whose agent lives or not; what else systemctl is told is written down."""

    def __init__(self, folder: Path) -> None:
        self.agent_lives = True
        self.calls: list[tuple[str, ...]] = []
        settings = Config(state=str(folder), units=str(folder / "units"))
        settings.own_folder.mkdir()
        desired = DesiredStorage(settings.own_folder / "wishes.json")
        spec = MountSpec(kind="glusterfs", source="node1:/engine")
        desired.set_mount(MountRequest(storage_domain="engine", spec=spec, hosted_engine=True))
        desired.set_lockspace(LockspaceRequest(name="trivet", storage_domain="engine", host_id=1))
        self.footing = StorageGuard(settings, self._run, Threads("test", 2), FakeSanlock(), FakeClock())

    def _run(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        if argv == ("systemctl", "is-active", "--quiet", AGENT):
            if self.agent_lives:
                return ""
            raise CommandFailed(argv, "", status=3)
        self.calls.append(argv)
        if argv[1] == "is-failed":
            raise CommandFailed(argv, "", status=1)
        return ""

    @property
    def mounts_tried(self) -> int:
        return sum(argv[:2] == ("systemctl", "start") for argv in self.calls)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


async def test_a_living_agent_is_left_to_it(node: Node) -> None:
    for _ in range(10):
        await node.footing.check()
    assert node.calls == []


async def test_an_agent_that_is_started_anew_is_waited_for(node: Node) -> None:
    for _ in range(5):
        node.agent_lives = False
        for _ in range(GRACE_ROUNDS - 1):
            await node.footing.check()
        node.agent_lives = True
        await node.footing.check()
    assert node.calls == []


async def test_for_an_agent_that_stays_dead_it_mounts_what_is_missing(node: Node) -> None:
    node.agent_lives = False
    for _ in range(GRACE_ROUNDS):
        await node.footing.check()
    assert node.mounts_tried == 1
    await node.footing.check()
    assert node.mounts_tried == 2
