"""The whole of gluster against a glusterd in memory."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gluster.errors import (
    BadVolume,
    BrickInUse,
    ChangeCutShort,
    CommandFailed,
    CommandRefused,
    NoMajority,
    NoSuchVolume,
    NotAsWanted,
    PeerNotReady,
    PeerStays,
    PeerUnreachable,
    PoolBusy,
    ServerAnswers,
    ServerNeeded,
)
from gluster.facade import Gluster
from gluster.model import BrickPath, DesiredVolume, VolumeStatus
from tests.fakes.glusterd import OWN, FakeGlusterd
from tests.unit.gluster.captured import captured

DESIRED = DesiredVolume(
    "data", 3, tuple(BrickPath(f"node{n}", "/bricks/data") for n in (1, 2, 3)), options={"network.ping-timeout": "6"}
)


class Sleeps(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def daemon() -> FakeGlusterd:
    return FakeGlusterd(group={"features.shard": "on", "network.ping-timeout": "20"})


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def gluster(daemon: FakeGlusterd, sleeps: Sleeps, tmp_path: Path) -> Gluster:
    (tmp_path / "virt").write_text("".join(f"{name}={value}\n" for name, value in daemon.group.items()))
    return Gluster(daemon.run, group_folder=tmp_path, sleep=sleeps)


def test_from_nothing_to_a_volume_and_nothing_more_to_do(gluster: Gluster, daemon: FakeGlusterd) -> None:
    assert gluster.add_peer("node2").ready
    assert gluster.add_peer("node3").ready
    volume = gluster.ensure_volume(DESIRED)
    assert volume.status is VolumeStatus.STARTED
    assert [brick.online for brick in volume.bricks] == [True] * 3
    assert volume.options == {"features.shard": "on", "network.ping-timeout": "6"}
    daemon.commands.clear()
    assert gluster.ensure_volume(DESIRED) == volume
    assert not [line for line in daemon.commands if "create" in line or " set " in line or "start" in line]


def test_a_new_peer_is_waited_for(gluster: Gluster, daemon: FakeGlusterd, sleeps: Sleeps) -> None:
    daemon.joins_after = 4
    assert gluster.add_peer("node2").ready
    assert len(sleeps) == 3
    daemon.commands.clear()
    gluster.add_peer("node2")
    assert "peer probe node2" not in daemon.commands


def test_a_peer_that_never_settles(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.joins_after = 10**6
    with pytest.raises(PeerNotReady, match="Accepted peer request"):
        gluster.add_peer("node2", timeout_s=5)


def test_the_own_name_is_a_peer_like_any(gluster: Gluster) -> None:
    assert gluster.add_peer("node1").uuid == OWN
    assert gluster.observe().peers == ()


def test_a_name_nobody_has(gluster: Gluster) -> None:
    with pytest.raises(PeerUnreachable, match="node9"):
        gluster.add_peer("node9")


def test_a_locked_pool_is_waited_for(gluster: Gluster, daemon: FakeGlusterd, sleeps: Sleeps) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    daemon.locked = 5
    assert gluster.ensure_volume(DESIRED).status is VolumeStatus.STARTED
    assert len(sleeps) == 5


def test_but_not_for_ever(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    daemon.locked = 10**6
    with pytest.raises(PoolBusy, match="Another transaction"):
        gluster.ensure_volume(DESIRED)


def test_looking_does_not_wait_long_for_a_lock(gluster: Gluster, daemon: FakeGlusterd, sleeps: Sleeps) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    daemon.status_locked = True
    (volume,) = gluster.observe().volumes
    assert [brick.online for brick in volume.bricks] == [None] * 3
    assert len(sleeps) == 3


def test_a_yes_is_not_believed(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    daemon.deaf = True
    with pytest.raises(NotAsWanted, match="Create volume data"):
        gluster.ensure_volume(DESIRED)


def test_dead_bricks_come_back(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    daemon.dead_bricks = {"node2:/bricks/data"}
    assert [brick.online for brick in gluster.observe().volumes[0].bricks] == [True, False, True]
    assert [brick.online for brick in gluster.ensure_volume(DESIRED).bricks] == [True] * 3


def test_heal_counts(gluster: Gluster, daemon: FakeGlusterd) -> None:
    with pytest.raises(NoSuchVolume):
        gluster.heal_counts("data")
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    assert [count.pending for count in gluster.heal_counts("data")] == [3, 3, 3]
    assert not [line for line in daemon.commands if "summary" in line]
    daemon.healers = False
    assert [count.pending for count in gluster.heal_counts("data")] == [3, 3, 3]
    assert [line for line in daemon.commands if "summary" in line]
    daemon.volumes["data"].status = "Stopped"
    assert [count.pending for count in gluster.heal_counts("data")] == [None] * 3


def test_a_volume_without_copies_has_nothing_to_heal(gluster: Gluster) -> None:
    gluster.ensure_volume(DesiredVolume("one", 1, (BrickPath("node1", "/bricks/one"),)))
    assert [count.pending for count in gluster.heal_counts("one")] == [0]


def test_an_option_group_that_is_not_there(gluster: Gluster) -> None:
    with pytest.raises(BadVolume, match="no option group 'nosuch'"):
        gluster.ensure_volume(DesiredVolume("data", 3, DESIRED.bricks, group="nosuch"))


class Refuses(Exception):
    stdout = captured("volume-heal-summary-created")


def test_xml_with_an_exit_status_is_read_all_the_same() -> None:
    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        raise Refuses

    with pytest.raises(Exception, match="Not able to fetch volfile"):
        Gluster(run).observe()


def test_a_dead_glusterd() -> None:
    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        raise RuntimeError("Connection failed. Please check if gluster daemon is operational.")

    with pytest.raises(CommandFailed, match="gluster daemon is operational"):
        Gluster(run).observe()


def test_a_volume_and_its_peers_are_removed_and_nothing_more_to_do(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    volume = gluster.ensure_volume(DESIRED)
    with pytest.raises(BrickInUse, match="its volume data is there"):
        gluster.remove_brick("/bricks/data", volume.id)
    with pytest.raises(CommandRefused, match="exist in cluster"):
        gluster.remove_peer("node3")
    gluster.remove_volume("data")
    assert gluster.observe().volumes == ()
    gluster.remove_peer("node3")
    gluster.remove_peer("node2")
    assert gluster.observe().peers == ()
    daemon.commands.clear()
    gluster.remove_volume("data")
    gluster.remove_peer("node2")
    assert not [line for line in daemon.commands if "delete" in line or "detach" in line]


def test_a_volume_that_was_only_stopped_is_deleted(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    daemon.volumes["data"].status = "Stopped"
    gluster.remove_volume("data")
    assert daemon.volumes == {}


def test_a_removal_that_says_yes_is_not_believed(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    daemon.deaf = True
    with pytest.raises(NotAsWanted, match="Stop volume data; Delete volume data"):
        gluster.remove_volume("data")
    with pytest.raises(PeerStays, match="node2"):
        gluster.remove_peer("node2")


OTHER_OPTION = replace(DESIRED, options={**DESIRED.options, "cluster.heal-timeout": "60"})
HERE_ALONE = DesiredVolume("new", 1, (BrickPath("node1", "/bricks/new"),))
CHANGES: dict[str, Callable[[Gluster], object]] = {
    "take node4 into the pool": lambda gluster: gluster.add_peer("node4"),
    "take node3 out of the pool": lambda gluster: gluster.remove_peer("node3"),
    "create volume new": lambda gluster: gluster.ensure_volume(HERE_ALONE),
    "change volume data": lambda gluster: gluster.ensure_volume(OTHER_OPTION),
    "stop volume data": lambda gluster: gluster.remove_volume("data"),
    "clear the brick /bricks/new": lambda gluster: gluster.clear_brick("/bricks/new"),
    "remove the brick /bricks/new": lambda gluster: gluster.remove_brick("/bricks/new", "an id"),
}


@pytest.mark.parametrize("act", CHANGES)
def test_a_server_that_has_lost_the_others_changes_nothing(gluster: Gluster, daemon: FakeGlusterd, act: str) -> None:
    """The fake, as the real one without server quorum, would do it all alone."""
    daemon.peers, daemon.reachable = {"node2": 0, "node3": 0, "node5": 0}, {"node4"}
    gluster.ensure_volume(DESIRED)
    pool = (dict(daemon.peers), repr(daemon.volumes))
    daemon.disconnected = {"node2", "node5"}
    with pytest.raises(NoMajority, match=f"Cannot {act}: this server is connected to") as refused:
        CHANGES[act](gluster)
    assert "node2, node5" in refused.value.text.mend
    assert (dict(daemon.peers), repr(daemon.volumes)) == pool


def test_with_more_than_half_of_the_pool_it_is_changed(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers, daemon.disconnected = {"node2": 0, "node3": 0}, {"node3"}
    with pytest.raises(PeerUnreachable, match="node3"):  # a copy would lie there
        gluster.ensure_volume(DESIRED)
    daemon.disconnected = set()
    gluster.ensure_volume(DESIRED)
    daemon.disconnected = {"node3"}
    assert gluster.ensure_volume(OTHER_OPTION).options["cluster.heal-timeout"]


def test_without_the_others_a_volume_that_is_as_wanted_is_still_looked_at(
    gluster: Gluster, daemon: FakeGlusterd
) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    daemon.disconnected = {"node2", "node3"}
    gluster.ensure_volume(DESIRED)
    with pytest.raises(NoMajority, match="Cannot change volume data"):
        gluster.ensure_volume(OTHER_OPTION)


def test_a_peer_that_leaves_is_not_needed_for_it(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers, daemon.disconnected = {"node2": 0}, {"node2"}
    gluster.remove_peer("node2")
    assert daemon.peers == {}


@pytest.mark.parametrize("commands", [1, 2])
def test_a_majority_that_is_lost_on_the_way_leaves_a_change_in_part(
    gluster: Gluster, daemon: FakeGlusterd, commands: int
) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    daemon.goes_away_after = ("volume create", "volume set data group")[:commands][-1]
    with pytest.raises(ChangeCutShort, match=r"does the rest: .*Start volume data") as cut:
        gluster.ensure_volume(DESIRED)
    assert "Cannot set" in cut.value.text.why
    daemon.disconnected, daemon.goes_away_after = set(), None
    assert gluster.ensure_volume(DESIRED).status is VolumeStatus.STARTED


def test_a_majority_that_is_lost_while_the_pool_is_busy_ends_the_waiting(
    gluster: Gluster, daemon: FakeGlusterd
) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    daemon.locked, daemon.goes_away_after = 1, "volume set"
    with pytest.raises(NoMajority, match=r"Cannot set cluster\.heal-timeout=60"):
        gluster.ensure_volume(OTHER_OPTION)
    assert "cluster.heal-timeout" not in daemon.volumes["data"].options


# --- a server that is lost -----------------------------------------------------------------------------------------


def test_a_lost_server_is_given_up_with_its_bricks(gluster: Gluster, daemon: FakeGlusterd) -> None:
    """What was written since waits for it, on both others alike."""
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    with pytest.raises(ServerAnswers):
        gluster.give_up_server("node3")
    daemon.disconnected = {"node3"}
    daemon.missed = {str(brick): {"an image"} for brick in DESIRED.bricks[:2]}
    gluster.give_up_server("node3")
    assert (daemon.volumes["data"].replica, list(daemon.peers)) == (2, ["node2"])
    assert not [brick for brick in daemon.volumes["data"].bricks if brick.startswith("node3:")]
    daemon.commands.clear()
    gluster.give_up_server("node3")
    assert not [line for line in daemon.commands if "remove-brick" in line or "detach" in line]


def test_a_lost_server_whose_copies_are_needed_stays(gluster: Gluster, daemon: FakeGlusterd) -> None:
    daemon.peers = {"node2": 0, "node3": 0}
    gluster.ensure_volume(DESIRED)
    daemon.disconnected = {"node3"}
    daemon.missed = {str(DESIRED.bricks[0]): {"an image"}}
    with pytest.raises(ServerNeeded, match="one has what the other has missed"):
        gluster.give_up_server("node3")
    daemon.missed, daemon.split = {}, {"an image"}
    with pytest.raises(ServerNeeded, match="is split in two"):
        gluster.give_up_server("node3")
    daemon.split = set()
    daemon.dead_bricks = {str(DESIRED.bricks[1])}
    with pytest.raises(ServerNeeded, match="needs the brick node2:"):
        gluster.give_up_server("node3")
    daemon.dead_bricks = set()
    daemon.volumes["data"].replica, daemon.volumes["data"].bricks = 2, daemon.volumes["data"].bricks[1:]
    with pytest.raises(ServerNeeded, match="has 2 copies"):
        gluster.give_up_server("node3")
    assert "node3" in daemon.peers
