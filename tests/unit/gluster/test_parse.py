"""What the real gluster 11.1 said, read into the model."""

import pytest

from gluster import parse
from gluster.errors import NotXml
from gluster.model import BrickPath, HealCount, PeerState, VolumeStatus
from tests.unit.gluster.captured import captured, captured_text, group_virt

NODE_1 = "d29237da-5ba1-4d2a-b407-245f1932c93a"


def test_own_uuid_is_that_of_localhost() -> None:
    assert parse.own_uuid(captured("pool-list-alone")) == NODE_1
    assert parse.own_uuid(captured("pool-list-three")) == NODE_1


def test_peers_with_one_server_dead() -> None:
    two, three = parse.peers(captured("peer-status-one-down"))
    assert (two.hostname, two.connected, two.state, two.ready) == ("leaves2", True, PeerState.IN_CLUSTER, True)
    assert (three.hostname, three.connected, three.ready) == ("leaves3", False, False)
    assert three.names == ("leaves3",)


def test_a_peer_just_probed_is_not_ready() -> None:
    peer = parse.peers(captured("peer-status-settling"))[-1]
    assert peer.connected
    assert peer.state is PeerState.ACCEPTED
    assert not peer.ready


def test_no_peers_and_no_volumes() -> None:
    assert parse.peers(captured("peer-status-none")) == ()
    assert parse.volumes(captured("volume-info-none")) == ()
    assert parse.brick_runs(captured("volume-status-none")) == {}


def test_a_peer_in_a_state_of_its_own_is_other() -> None:
    xml = captured("peer-status-ready").replace("Peer in Cluster", "Peer on Holiday")
    assert {peer.state for peer in parse.peers(xml)} == {PeerState.OTHER}


def test_volume_info() -> None:
    (volume,) = parse.volumes(captured("volume-info"))
    assert (volume.name, volume.type, volume.replica, volume.status) == ("v1", "Replicate", 3, VolumeStatus.STARTED)
    assert [str(brick.where) for brick in volume.bricks] == [f"leaves{n}:/bricks/v1" for n in (1, 2, 3)]
    assert [brick.online for brick in volume.bricks] == [None] * 3
    assert volume.options["network.ping-timeout"] == "6"
    assert parse.volumes(captured("volume-info-created"))[0].status is VolumeStatus.CREATED


def test_status_of_a_whole_volume() -> None:
    (volume,) = parse.volumes(captured("volume-info"))
    seen = parse.with_status(volume, parse.brick_runs(captured("volume-status")))
    assert [brick.online for brick in seen.bricks] == [True, True, True]
    assert (seen.bricks[0].port, seen.bricks[0].pid) == (60365, 764)


def test_bricks_of_a_dead_server_are_unknown_not_offline() -> None:
    (volume,) = parse.volumes(captured("volume-info"))
    seen = parse.with_status(volume, parse.brick_runs(captured("volume-status-one-down")))
    assert [brick.online for brick in seen.bricks] == [True, True, None]


def test_bricks_stopped_for_want_of_quorum_are_offline() -> None:
    (volume,) = parse.volumes(captured("volume-info"))
    seen = parse.with_status(volume, parse.brick_runs(captured("volume-status-no-quorum")))
    brick = seen.bricks[0]
    assert (brick.online, brick.port, brick.pid) == (False, None, None)


def test_heal_counts() -> None:
    counts = parse.heal_counts(captured("volume-heal-summary"))
    assert [(str(c.where), c.pending, c.split_brain) for c in counts] == [
        (f"leaves{n}:/bricks/v1", 0, 0) for n in (1, 2, 3)
    ]


def test_heal_counts_with_one_server_dead() -> None:
    counts = parse.heal_counts(captured("volume-heal-summary-one-down"))
    assert [count.pending for count in counts] == [4, 4, None]
    assert counts[2] == HealCount(BrickPath("leaves3", "/bricks/v1"), pending=None)


def test_heal_statistics() -> None:
    counts = parse.heal_statistics(captured_text("heal-count-one-down"))
    assert [(str(c.where), c.pending) for c in counts] == [
        ("leaves1:/bricks/p/data", 4),
        ("leaves2:/bricks/p/data", 4),
        ("leaves3:/bricks/p/data", None),
    ]
    assert [count.pending for count in parse.heal_statistics(captured_text("heal-count"))] == [0, 0, 0]
    with pytest.raises(NotXml):
        parse.heal_statistics("Self heal is no more\n")


@pytest.mark.parametrize(
    ("name", "ok", "errno", "message"),
    [
        ("volume-create", True, 0, ""),
        ("peer-probe-self", True, 1, ""),
        ("volume-set-locked", False, 30802, "Another transaction is in progress for v1"),
        ("volume-start-again", False, 30800, "Volume v1 already started"),
        ("peer-probe-unknown", False, 107, "Transport endpoint is not connected"),
        ("volume-heal-summary-created", False, 5, "Not able to fetch volfile"),
    ],
)
def test_answers(name: str, ok: bool, errno: int, message: str) -> None:
    answer = parse.answer(captured(name))
    assert (answer.ok, answer.errno) == (ok, errno)
    assert message in answer.error


def test_an_option_group() -> None:
    group = parse.group("# for images\n" + group_virt())
    assert len(group) == 25
    assert group["network.ping-timeout"] == "20"


@pytest.mark.parametrize("text", ["", "Connection failed. Is glusterd running?", "<html/>"])
def test_what_is_not_gluster_xml(text: str) -> None:
    with pytest.raises(NotXml):
        parse.answer(text)


def test_what_waits_on_each_brick_while_one_is_away() -> None:
    """Both others list the same, for the one that is away."""
    first, second, away = parse.heal_entries(captured("volume-heal-info-one-down")).values()
    assert first is not None
    assert len(first) == 5
    assert (first, away) == (second, None)
