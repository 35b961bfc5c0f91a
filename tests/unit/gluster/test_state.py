"""The state of the pool as it is looked at: from what the real gluster said, and from a glusterd in memory."""

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gluster import parse
from gluster.bricks import observe_brick, observe_paths
from gluster.diagnosis.problem import Health, Kind
from gluster.errors import NotXml
from gluster.facade import Gluster
from gluster.facts import read_facts
from gluster.model import PeerState
from gluster.observe import Observer, with_facts
from gluster.report import EXIT_STATUS, WIDTH, StorageReport, format_json, format_text, make_report
from gluster.state import BrickFolder, PoolState
from tests.fakes.glusterd import FakeGlusterd, FakeVolume, address_of
from tests.fakes.pool import whole_pool, with_brick
from tests.unit.gluster.captured import captured, captured_text
from tests.unit.gluster.test_diagnosis import CASES

DATA = Path(__file__).parents[2] / "data" / "gluster"
BRICKS = [f"node{n}:/gluster/data/brick" for n in (1, 2, 3)]


@pytest.fixture
def glusterd() -> FakeGlusterd:
    return FakeGlusterd(
        peers={"node2": 0, "node3": 0}, volumes={"data": FakeVolume(3, BRICKS, status="Started")}, waiting=0
    )


def observe(glusterd: FakeGlusterd) -> PoolState:
    gluster = Gluster(glusterd.run, sleep=lambda _: None, resolve=lambda name: [address_of(name)])
    return gluster.observe_state("node1")


def kinds(state: PoolState) -> set[Kind]:
    return {problem.kind for problem in make_report(state).problems}


# --- what gluster 11.1 says


def test_sizes_of_bricks() -> None:
    details = parse.brick_details(captured("volume-status-detail"))
    assert len(details) == 3
    first = details["5c5bcaa3-6fcb-4b1e-9d6c-1b837d04b1dd", "/gluster/data/brick"]
    assert (first.run.online, first.run.port, first.run.pid) == (True, 52571, 735)
    assert (first.size_bytes, first.free_bytes) == (21407727616, 21207228416)


def test_connections_to_bricks() -> None:
    clients = parse.brick_clients(captured("volume-status-clients"))
    assert len(clients) == 3
    for addresses in clients.values():
        assert sorted(addresses) == sorted(["192.0.2.11", "192.0.2.12", "192.0.2.13"] * 2)


def test_a_brick_that_was_killed_has_neither_size_nor_connections() -> None:
    details = parse.brick_details(captured("volume-status-detail-brick-down"))
    assert sorted(detail.run.online for detail in details.values()) == [False, True, True]
    (dead,) = (detail for detail in details.values() if not detail.run.online)
    assert (dead.run.port, dead.run.pid) == (None, None)
    clients = parse.brick_clients(captured("volume-status-clients-brick-down"))
    assert sorted(len(addresses) for addresses in clients.values()) == [6, 6]


def test_a_rejected_server_is_connected() -> None:
    rejected = next(peer for peer in parse.peers(captured("pool-list-rejected")) if peer.hostname == "node3")
    assert (rejected.connected, rejected.ready, rejected.state) == (True, False, PeerState.REJECTED)


def test_own_mounts_are_counted_once() -> None:
    assert parse.mounts(captured_text("mounts")) == {"engine": 1, "data": 1}


def test_facts_come_from_glusterds_files() -> None:
    asked: list[str] = []

    def observe_folders(paths: Collection[str]) -> dict[str, BrickFolder]:
        asked.extend(paths)
        return {}

    facts = read_facts(observe_folders, glusterd_folder=DATA / "glusterd", mounts_file=DATA / "mounts.txt")
    assert asked == ["/gluster/data/brick"]
    assert facts.mounts == {"engine": 1, "data": 1}
    own = facts.configurations["data"]
    assert own["cluster.quorum-type"] == "auto"
    assert own["brick-1"] == "node2:-gluster-data-brick"
    assert own["password"].startswith("sha256:")
    assert "00000000-1111" not in str(facts)


def test_without_glusterds_files_there_are_no_facts(tmp_path: Path) -> None:
    facts = read_facts(glusterd_folder=tmp_path, mounts_file=tmp_path / "mounts")
    assert (facts.folders, facts.configurations, facts.mounts) == ({}, {}, {})


def test_a_folder_is_looked_at_where_it_is_or_should_be(tmp_path: Path) -> None:
    (tmp_path / "brick").mkdir()
    on_root = tmp_path.stat().st_dev == Path("/").stat().st_dev
    assert observe_brick(tmp_path / "brick") == BrickFolder(exists=True, on_root=on_root, volume_id=None)
    assert observe_brick(tmp_path / "nothing" / "brick") == BrickFolder(exists=False, on_root=on_root, volume_id=None)
    assert set(observe_paths([str(tmp_path / "brick"), str(tmp_path / "gone")])) == {
        str(tmp_path / "brick"),
        str(tmp_path / "gone"),
    }


# --- a look


def test_a_whole_pool(glusterd: FakeGlusterd) -> None:
    state = observe(glusterd)
    assert (state.server, state.answered) == ("node1", True)
    (volume,) = state.volumes
    assert [brick.clients for brick in volume.bricks] == [{"node1": 2, "node2": 2, "node3": 2}] * 3
    assert [(brick.pending_heals, brick.split_brain) for brick in volume.bricks] == [(0, 0)] * 3
    assert (volume.used_percent, volume.size_bytes) == (11, 10 << 30)  # a tenth, and what gluster keeps back
    assert kinds(state) == set()


def test_a_brick_that_does_not_run(glusterd: FakeGlusterd) -> None:
    glusterd.dead_bricks = {BRICKS[1]}
    assert kinds(observe(glusterd)) == {Kind.BRICK_OFFLINE}


def test_a_client_on_another_node_that_lacks_a_brick(glusterd: FakeGlusterd) -> None:
    glusterd.clients[BRICKS[0]] = [address_of("node1"), address_of("node2")] * 2 + [address_of("node3")]
    (problem,) = make_report(observe(glusterd)).problems
    assert (problem.kind, problem.server) == (Kind.CLIENT_LACKS_BRICK, "node3")


def test_clients_over_the_loopback_are_the_bricks_own_server(glusterd: FakeGlusterd) -> None:
    others = [address_of("node2"), address_of("node3")] * 2
    glusterd.clients[BRICKS[0]] = ["127.0.0.1", "127.0.1.1", *others]
    assert kinds(observe(glusterd)) == set()


def test_a_server_that_is_gone(glusterd: FakeGlusterd) -> None:
    glusterd.disconnected = {"node3"}
    assert kinds(observe(glusterd)) == {Kind.PEER_DISCONNECTED, Kind.BRICK_UNREACHABLE}


def test_a_rejected_server(glusterd: FakeGlusterd) -> None:
    glusterd.states["node3"] = "Peer Rejected"
    assert Kind.PEER_REJECTED in kinds(observe(glusterd))


def test_entries_that_wait(glusterd: FakeGlusterd) -> None:
    glusterd.waiting = 2
    state = observe(glusterd)
    assert [brick.pending_heals for brick in state.volumes[0].bricks] == [2, 2, 2]
    assert kinds(state) == {Kind.HEAL_PENDING}


def test_split_brain_is_not_asked_for_while_a_brick_is_away(glusterd: FakeGlusterd) -> None:
    glusterd.waiting, glusterd.dead_bricks = 2, {BRICKS[1]}
    observe(glusterd)
    assert "volume heal data info summary" not in glusterd.commands


@pytest.mark.parametrize("what", ["detail", "clients", "heal"])
def test_what_hangs_is_unknown_and_never_good(glusterd: FakeGlusterd, what: str) -> None:
    glusterd.hangs = {what}
    report = make_report(observe(glusterd))
    assert report.health is Health.UNKNOWN


def test_after_a_command_that_hung_no_other_is_begun(glusterd: FakeGlusterd) -> None:
    now = 0.0

    def ask(argv: tuple[str, ...], timeout_s: float) -> str:
        nonlocal now
        if "status" in argv and "volume" in argv:
            now += timeout_s
            raise NotXml(reason="its time is over")
        return glusterd.run(*argv)

    state = Observer(ask, ask, own_name="node1", resolve=lambda _: (), monotonic=lambda: now).observe()
    assert sum("volume status" in command for command in glusterd.commands) == 0
    assert now <= 12
    assert all(brick.online is None for brick in state.volumes[0].bricks)


def test_a_gluster_that_says_nothing_is_told_with_its_reason() -> None:
    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        raise RuntimeError("Connection failed. Please check if gluster daemon is operational.")

    state = Gluster(run).observe_state("node1")
    report = make_report(state)
    assert (state.answered, report.health) == (False, Health.UNKNOWN)
    assert "gluster daemon" in report.problems[0].why


@pytest.mark.parametrize(("others", "first"), [({"node2": 0}, True), ({}, True)])
def test_the_server_with_the_lowest_id_does_what_one_does_for_all(others: dict[str, int], first: bool) -> None:
    assert Gluster(FakeGlusterd(peers=others).run).is_first() is first


def test_facts_are_put_where_they_belong() -> None:
    state = with_facts(with_brick(whole_pool(), 0, folder=None), whole_pool().facts)
    assert state == whole_pool()
    without = with_facts(whole_pool(), {})
    assert [brick.folder is not None for brick in without.volumes[0].bricks] == [True] * 3


# --- a report


def test_a_report_goes_over_the_wire_and_comes_back() -> None:
    report = make_report(CASES["a server is lost"][0]())
    assert msgspec.json.decode(msgspec.json.encode(report), type=StorageReport) == report
    assert json.loads(format_json(report)) == json.loads(msgspec.json.encode(report))


@pytest.mark.parametrize("case", CASES)
def test_text_fits_a_terminal(case: str) -> None:
    for line in format_text(make_report(CASES[case][0]())).splitlines():
        assert len(line) <= WIDTH, line


def test_text_begins_with_what_is_wrong() -> None:
    text = format_text(make_report(CASES["a brick's process has ended"][0]()))
    first, second, *_ = text.splitlines()
    assert first == "Storage is degraded: 1 problem"
    assert second == "! Brick node2:/gluster/data/brick of volume data does not run."
    assert "gluster volume start data force" in text
    assert format_text(make_report(whole_pool())).splitlines()[0] == "Storage is whole"


def test_a_report_of_one_volume_leaves_the_others_problems_out() -> None:
    state = with_brick(whole_pool(), 1, online=False)
    other = replace(state.volumes[0], name="engine")
    state = replace(state, volumes=(*whole_pool().volumes, other))
    assert make_report(state, volume="data").health is Health.WHOLE
    assert make_report(state, volume="engine").health is Health.DEGRADED
    assert "volume data" not in format_text(make_report(state, volume="engine"), volume="engine")


def test_exit_status() -> None:
    assert [EXIT_STATUS[one] for one in Health] == [0, 1, 2, 2]
