"""The node's view of the storage: made whole by other nodes, never older than it says, told when it changes."""

import asyncio
import threading
from pathlib import Path

import pytest

from gluster.diagnosis.problem import Health
from gluster.errors import PoolBusy
from gluster.facade import Gluster
from gluster.facts import connected_bricks
from gluster.state import BrickFolder, PoolState, ServerFacts
from node.api.messages.gluster import StorageUpdate
from node.api.problems import NodeNonResponsive
from node.storage.brick_marks import NOT_WELL_S, WELL_S, BrickFolderCache, BrickMarks
from node.storage.pool_state import PoolStateReader, ask_agents
from node.storage.pool_state_watch import AGAIN_S, FRESH_S, OBSERVE_EVERY_S, OTHERS_S, SIGNS_S, PoolStateWatch
from node.system.process import CommandFailed
from node.system.threads import Threads
from node.tls import client_context
from tests.fakes.glusterd import FakeGlusterd, FakeVolume, address_of
from tests.fakes.pool import whole_pool, with_brick
from tests.unit.fleet.hand_clock import HandClock

BRICKS = [f"node{n}:/gluster/data/brick" for n in (1, 2, 3)]
MARKED = BrickFolder(exists=True, on_root=False, volume_id="id")


class Direct(Threads):
    """Does it at once: what is tried here waits for a clock that stands still."""

    def __init__(self) -> None:
        super().__init__("test", 1)

    async def __call__(self, function, *args, **kwargs):  # type: ignore[no-untyped-def]
        return function(*args, **kwargs)


def reader(glusterd: FakeGlusterd, ask: object) -> PoolStateReader:
    gluster = Gluster(glusterd.run, sleep=lambda _: None, resolve=lambda name: [address_of(name)])
    own = ServerFacts(folders={"/gluster/data/brick": MARKED})
    return PoolStateReader(gluster, Direct(), node_name="node1", own_facts=lambda: own, ask_facts=ask)  # type: ignore[arg-type]


@pytest.fixture
def glusterd() -> FakeGlusterd:
    return FakeGlusterd(
        peers={"node2": 0, "node3": 0}, volumes={"data": FakeVolume(3, BRICKS, status="Started")}, waiting=0
    )


async def test_other_nodes_say_what_only_they_know(glusterd: FakeGlusterd) -> None:
    asked: list[str] = []

    async def ask(node: str) -> ServerFacts:
        asked.append(node)
        if node == "node3":
            raise NodeNonResponsive(node=node, request="it", reason="no answer")
        return ServerFacts(folders={"/gluster/data/brick": MARKED})

    state = await reader(glusterd, ask).read()
    assert sorted(asked) == ["node2", "node3"]
    assert sorted(state.facts) == ["node1", "node2"]
    assert [brick.folder for brick in state.volumes[0].bricks] == [MARKED, MARKED, None]


async def test_a_node_that_is_not_connected_is_not_asked(glusterd: FakeGlusterd) -> None:
    asked: list[str] = []

    async def ask(node: str) -> ServerFacts:
        asked.append(node)
        return ServerFacts()

    glusterd.disconnected = {"node3"}
    await reader(glusterd, ask).read()
    assert asked == ["node2"]


async def test_a_machine_without_certificates_looks_all_the_same(glusterd: FakeGlusterd, tmp_path: Path) -> None:
    ask = ask_agents(lambda: client_context(tmp_path / "a", tmp_path / "b", tmp_path / "c"), 1)
    state = await reader(glusterd, ask).read()
    assert sorted(state.facts) == ["node1"]


# --- the watch


class Watched:
    def __init__(self) -> None:
        self.clock = HandClock()
        self.state = whole_pool()
        self.reads = 0
        self.first, self.member = True, True
        self.gate: asyncio.Event | None = None
        self.signs = {"client-0": True}
        self.update: list[StorageUpdate] = []
        self.watch = PoolStateWatch(
            self.read,
            lambda: ServerFacts(),
            read_signs=self.read_signs,
            is_first=self.is_first,
            is_member=lambda: self.member,
            threads=Direct(),
            notify=self.update.append,
            clock=self.clock,
        )

    async def read(self) -> PoolState:
        self.reads += 1
        if self.gate is not None:
            await self.gate.wait()
        return self.state

    def read_signs(self) -> dict[str, bool]:
        return dict(self.signs)

    def is_first(self) -> bool:
        if not self.state.answered:
            raise PoolBusy(command="pool list", reason="it does not answer")
        return self.first


async def test_who_asks_gets_a_look_that_is_some_seconds_old_at_most() -> None:
    watched = Watched()
    for _ in range(3):
        assert (await watched.watch.gluster_state()).report.health is Health.WHOLE
    assert watched.reads == 1
    watched.state = with_brick(whole_pool(), 1, online=False)
    await watched.clock.turn(FRESH_S)
    assert (await watched.watch.gluster_state()).report.health is Health.DEGRADED
    assert watched.reads == 2


async def test_who_asks_in_the_middle_of_a_look_waits_for_that_one_also_when_the_first_goes_away() -> None:
    watched = Watched()
    watched.gate = asyncio.Event()
    first, second = (asyncio.create_task(watched.watch.gluster_state()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    watched.gate.set()
    assert (await second).report.health is Health.WHOLE
    assert watched.reads == 1


async def test_changes_are_told_once() -> None:
    watched = Watched()
    running = asyncio.create_task(watched.watch.run())
    await watched.clock.turn(3 * OBSERVE_EVERY_S)
    assert [update.health for update in watched.update] == [Health.WHOLE]
    watched.state = with_brick(whole_pool(), 1, online=False)
    await watched.clock.turn(3 * OBSERVE_EVERY_S)
    assert [update.problems for update in watched.update[1:]] == [("brick-offline brick node2:/gluster/data/brick",)]
    running.cancel()


async def test_what_a_second_look_does_not_confirm_is_not_told() -> None:
    watched = Watched()
    running = asyncio.create_task(watched.watch.run())
    await watched.clock.turn(2 * OBSERVE_EVERY_S)
    for _ in range(20):
        watched.state = with_brick(whole_pool(), 1, online=False)
        await watched.clock.turn(AGAIN_S)
        watched.state = whole_pool()
        await watched.clock.turn(AGAIN_S)
    assert [update.health for update in watched.update] == [Health.WHOLE]
    running.cancel()


@pytest.mark.parametrize("first", [True, False])
async def test_a_mount_that_loses_a_brick_is_looked_into_at_once(first: bool) -> None:
    watched = Watched()
    watched.first = first
    running = asyncio.create_task(watched.watch.run())
    await watched.clock.turn(OBSERVE_EVERY_S - 2)
    watched.state, watched.signs = with_brick(whole_pool(), 1, online=False), {"client-0": False}
    await watched.clock.turn(SIGNS_S + AGAIN_S + OTHERS_S)
    assert [update.health for update in watched.update] == [Health.WHOLE, Health.DEGRADED]
    running.cancel()


async def test_what_was_not_confirmed_is_looked_into_again_soon() -> None:
    watched = Watched()
    running = asyncio.create_task(watched.watch.run())
    await watched.clock.turn(2 * OBSERVE_EVERY_S)
    watched.state, watched.signs = with_brick(whole_pool(), 1, online=False), {"client-0": False}
    await watched.clock.turn(SIGNS_S)
    watched.state = with_brick(watched.state, 2, online=False)
    await watched.clock.turn(3 * SIGNS_S + AGAIN_S)
    assert [len(update.problems) for update in watched.update] == [0, 3]
    running.cancel()


async def test_only_one_node_of_a_site_follows_the_pool() -> None:
    """The others look once when they start, and when a mount of theirs says something."""
    watched = Watched()
    watched.first = False
    running = asyncio.create_task(watched.watch.run())
    await watched.clock.turn(5 * OBSERVE_EVERY_S)
    assert watched.reads == 2
    running.cancel()


async def test_a_machine_of_no_site_does_not_look() -> None:
    watched = Watched()
    watched.member = False
    running = asyncio.create_task(watched.watch.run())
    await watched.clock.turn(3 * OBSERVE_EVERY_S)
    assert (watched.update, watched.reads) == ([], 0)
    running.cancel()


def test_own_mounts_say_which_bricks_they_have(tmp_path: Path) -> None:
    active = tmp_path / "data" / ".meta" / "graphs" / "active"
    for number, connected in enumerate((1, 0)):
        (active / f"data-client-{number}").mkdir(parents=True)
        said = f"[xlator.protocol.client.data-client-{number}.priv]\nconnected = {connected}\nping_timeout = 10\n"
        (active / f"data-client-{number}" / "private").write_text(said)
    mounts = tmp_path / "mounts"
    mounts.write_text(f"node1:/data {tmp_path}/data fuse.glusterfs rw 0 0\n/dev/loop2 /gluster/data xfs rw 0 0\n")
    assert list(connected_bricks(mounts).values()) == [True, False]
    assert connected_bricks(tmp_path / "nothing") == {}


async def test_a_node_whose_gluster_does_not_answer_says_so_itself() -> None:
    watched = Watched()
    watched.first, watched.state = False, PoolState(server="node1", answered=False, reason="it is dead")
    running = asyncio.create_task(watched.watch.run())
    await watched.clock.turn(2 * OBSERVE_EVERY_S)
    assert [update.health for update in watched.update] == [Health.UNKNOWN]
    running.cancel()


# --- folders


def test_folders_are_looked_at_again_after_a_minute_and_sooner_where_something_is_wrong() -> None:
    now, looks, found = 0.0, 0, MARKED

    def observe(paths: object) -> dict[str, BrickFolder]:
        nonlocal looks
        looks += 1
        return {"/b": found}

    folders = BrickFolderCache(observe, lambda: now)
    for now in (0.0, 1.0, WELL_S - 1):  # noqa: B007 - the clock reads it
        assert folders.observe(["/b"]) == {"/b": MARKED}
    assert looks == 1
    found = BrickFolder(exists=False, on_root=True)
    now = WELL_S
    folders.observe(["/b"])
    now = WELL_S + NOT_WELL_S
    folders.observe(["/b"])
    assert looks == 3
    folders.observe(["/b", "/c"])
    assert looks == 4


def test_disks_are_asked_about_by_a_process_of_systemds() -> None:
    said: list[tuple[str, ...]] = []

    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        said.append(argv)
        return '{"/b": {"exists": true, "on_root": false, "volume_id": "id"}}'

    assert BrickMarks(run).observe(["/b"]) == {"/b": MARKED}
    assert said[0][0] == "systemd-run"
    assert said[0][-2:] == ("observe", "/b")
    assert "--unit=trivet-brick-observe" in said[0]  # one that hangs keeps the next one from beginning


async def test_who_asks_while_disks_are_looked_at_waits_for_that_look() -> None:
    looks, begun, go_on = 0, threading.Event(), threading.Event()

    def observe(paths: object) -> dict[str, BrickFolder]:
        nonlocal looks
        looks += 1
        begun.set()
        assert go_on.wait(60)
        return {"/b": MARKED}

    folders, threads = BrickFolderCache(observe, lambda: 0.0), Threads("test", 2)
    both = asyncio.gather(*(threads(folders.observe, ["/b"]) for _ in range(2)))
    await asyncio.to_thread(begun.wait, 60)
    go_on.set()
    assert await both == [{"/b": MARKED}] * 2
    assert looks == 1
    threads.close()


def test_a_disk_that_hangs_is_unknown() -> None:
    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        raise CommandFailed(argv, "it took longer than 20 s")

    assert BrickMarks(run).observe(["/b"]) == {}
