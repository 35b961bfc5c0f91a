"""What is done to a volume, from wish and observation."""

from dataclasses import replace

import pytest

from gluster import parse, tls
from gluster.errors import BadVolume, BrickBusy, PeerUnreachable, Refused, VolumeDiffers, VolumeInClear
from gluster.model import BrickPath, DesiredVolume, Pool, Volume, VolumeStatus
from gluster.plan import plan, same_value
from tests.unit.gluster.captured import captured, group_virt

GROUP = parse.group(group_virt())
BRICKS = tuple(BrickPath(f"leaves{n}", "/bricks/v1") for n in (1, 2, 3))
DESIRED = DesiredVolume("v1", 3, BRICKS, options={"network.ping-timeout": "6", "storage.owner-uid": "36"})


def pool(*volumes: Volume) -> Pool:
    return Pool("u1", parse.peers(captured("peer-status-ready")), volumes)


def running() -> Volume:
    (volume,) = parse.volumes(captured("volume-info"))
    return parse.with_status(volume, parse.brick_runs(captured("volume-status")))


def commands(desired: DesiredVolume, *volumes: Volume) -> list[str]:
    return [" ".join(step.argv[3:]) for step in plan(desired, pool(*volumes), GROUP)]


def test_a_volume_from_nothing() -> None:
    assert commands(DESIRED) == [
        "volume create v1 replica 3 leaves1:/bricks/v1 leaves2:/bricks/v1 leaves3:/bricks/v1",
        "volume set v1 group virt",
        "volume set v1 network.ping-timeout 6 storage.owner-uid 36",
        "volume start v1",
    ]


def test_a_settled_volume_needs_nothing() -> None:
    assert commands(DESIRED, running()) == []


def test_only_what_is_missing() -> None:
    created = parse.volumes(captured("volume-info-group"))[0]
    assert commands(DESIRED, created) == [
        "volume set v1 network.ping-timeout 6 storage.owner-uid 36",
        "volume start v1",
    ]
    desired = replace(DESIRED, options={**DESIRED.options, "network.ping-timeout": "22"})
    assert commands(desired, running()) == ["volume set v1 network.ping-timeout 22"]


def test_own_options_win_over_the_group_again_after_the_group_is_set() -> None:
    volume = running()
    options = {name: value for name, value in volume.options.items() if name != "features.shard"}
    assert commands(DESIRED, replace(volume, options=options)) == [
        "volume set v1 group virt",
        "volume set v1 network.ping-timeout 6",
    ]


def test_tls_is_switched_before_the_start_and_never_on_a_started_volume() -> None:
    desired = replace(DESIRED, options=tls.options(["leaves1", "leaves2"]))
    assert commands(desired)[-2:] == [
        "volume set v1 auth.ssl-allow leaves1,leaves2 client.ssl on server.ssl on",
        "volume start v1",
    ]
    for options in ({}, {"client.ssl": "on"}):
        volume = replace(running(), options={**running().options, **options})
        with pytest.raises(VolumeInClear, match=r"server\.ssl"):
            commands(desired, volume)
        assert commands(desired, replace(volume, status=VolumeStatus.STOPPED))[-1] == "volume start v1"
    grown = replace(running(), options={**GROUP, **desired.options, "auth.ssl-allow": "leaves1"})
    assert commands(desired, grown) == ["volume set v1 auth.ssl-allow leaves1,leaves2"]


def test_without_a_group() -> None:
    desired = DesiredVolume("v1", 1, BRICKS[:1], group=None)
    assert commands(desired) == ["volume create v1 leaves1:/bricks/v1", "volume start v1"]


def test_dead_bricks_are_started_and_unknown_ones_left_alone() -> None:
    volume = running()
    one, two, three = volume.bricks
    dead = replace(volume, bricks=(one, replace(two, online=False), three))
    unknown = replace(volume, bricks=(one, two, replace(three, online=None)))
    assert commands(DESIRED, dead) == ["volume start v1 force"]
    assert commands(DESIRED, unknown) == []


def test_a_stopped_volume_is_started() -> None:
    assert commands(DESIRED, replace(running(), status=VolumeStatus.STOPPED)) == ["volume start v1"]


def test_every_step_explains_itself() -> None:
    assert all("volume v1" in step.description for step in plan(DESIRED, pool(), GROUP))


@pytest.mark.parametrize(
    ("desired", "error", "message"),
    [
        (replace(DESIRED, name="a b"), BadVolume, "letters"),
        (replace(DESIRED, name=""), BadVolume, "letters"),
        (replace(DESIRED, replica=0), BadVolume, "0 replicas"),
        (replace(DESIRED, bricks=BRICKS[:2]), BadVolume, "2 bricks do not make sets of 3"),
        (replace(DESIRED, bricks=()), BadVolume, "0 bricks"),
        (replace(DESIRED, bricks=(BRICKS[0], BRICKS[0], BRICKS[1])), BadVolume, "named twice"),
        (replace(DESIRED, bricks=(BRICKS[0], BrickPath("leaves1", "/b"), BRICKS[1])), BadVolume, "on one server"),
        (replace(DESIRED, replica=1, bricks=BRICKS), VolumeDiffers, "replica 3 on"),
        (replace(DESIRED, bricks=BRICKS[::-1]), VolumeDiffers, "leaves3:/bricks/v1, leaves2:"),
        (replace(DESIRED, name="v2"), BrickBusy, "(v1)"),
        (replace(DESIRED, name="v2", bricks=tuple(BrickPath(b.server, "/bricks") for b in BRICKS)), BrickBusy, "(v1)"),
        (
            replace(DESIRED, name="v2", bricks=tuple(BrickPath(f"far{n}", "/x") for n in (1, 2, 3))),
            PeerUnreachable,
            "far3",
        ),
    ],
)
def test_refusals(desired: DesiredVolume, error: type[Refused], message: str) -> None:
    with pytest.raises(error) as caught:
        plan(desired, pool(running()), GROUP)
    assert message in str(caught.value)


def test_a_peer_that_is_away_cannot_carry_a_new_brick() -> None:
    away = Pool("u1", parse.peers(captured("peer-status-one-down")))
    with pytest.raises(PeerUnreachable, match="leaves3"):
        plan(DESIRED, away, GROUP)


def test_bricks_beside_each_other_do_not_overlap() -> None:
    beside = replace(DESIRED, name="v2", bricks=tuple(BrickPath(b.server, "/bricks/v10") for b in BRICKS))
    assert commands(beside, running())[0].startswith("volume create v2")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("on", "enable", True), ("off", "Disable", True), ("on", "off", False), ("6", "6", True), ("36", "1", False)],
)
def test_words_for_yes_and_no(one: str, other: str, same: bool) -> None:
    assert same_value(one, other) is same


@pytest.mark.parametrize("text", ["leaves1", "/bricks", ":/bricks", "leaves1:bricks"])
def test_what_is_no_brick(text: str) -> None:
    with pytest.raises(ValueError, match="server:/path"):
        BrickPath.from_text(text)
