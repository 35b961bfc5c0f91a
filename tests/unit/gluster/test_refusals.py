"""What the real gluster 11.1 refused, as problems with a way out."""

import pytest

from gluster import cli, parse
from gluster.errors import (
    BrickBusy,
    BrickMissing,
    CommandRefused,
    CreateCutShort,
    Failed,
    NoQuorum,
    PeerInOtherPool,
    PeerUnreachable,
    PoolBusy,
    Problem,
)
from gluster.model import BrickPath, DesiredVolume
from gluster.refusals import problem
from tests.unit.gluster.captured import captured

CREATE = cli.volume_create(DesiredVolume("v1", 1, (BrickPath("leaves1", "/bricks/v1"),)))
SET = cli.volume_set("v1", {"network.ping-timeout": "6"})
PROBE = cli.peer_probe("leaves4")


@pytest.mark.parametrize(
    ("argv", "name", "kind", "message"),
    [
        (SET, "volume-set-locked", PoolBusy, "`volume set v1 network.ping-timeout 6`"),
        (SET, "volume-set-no-quorum", NoQuorum, "Quorum not met"),
        (SET, "volume-set-unknown", CommandRefused, "no.such-option does not exist"),
        (SET, "volume-set-bad", CommandRefused, 'invalid time format "many"'),
        (CREATE, "volume-create-retry", BrickBusy, "Cannot use /bricks/p/v1 as a brick"),
        (CREATE, "volume-create-brick-busy", BrickBusy, "Cannot use leaves1:/bricks/v1 as a brick"),
        (CREATE, "volume-create-mount-point", BrickMissing, "leaves1:/bricks is a mount point. Mount"),
        (CREATE, "volume-create-root-partition", BrickMissing, "in the root partition. Mount"),
        (CREATE, "volume-create-missing-parent", BrickMissing, "No such file or directory. Mount"),
        (CREATE, "volume-create-missing-parent-other", CreateCutShort, "Staging failed on leaves3"),
        (CREATE, "volume-create-peer-down", PeerUnreachable, "Cannot reach peer leaves3"),
        (CREATE, "volume-create-not-in-pool", PoolBusy, "Host leaves3 is not in"),
        (CREATE, "volume-create-exists", CommandRefused, "already exists"),
        (PROBE, "peer-probe-unknown", PeerUnreachable, "Cannot reach peer leaves4"),
        (PROBE, "peer-probe-other-pool", PeerInOtherPool, "leaves4 into the pool"),
    ],
)
def test_refusals(argv: cli.Argv, name: str, kind: type[Problem], message: str) -> None:
    found = problem(argv, parse.answer(captured(name)))
    assert type(found) is kind
    assert message in str(found)
    assert found.text.mend


def test_what_was_cut_short_may_have_changed_something() -> None:
    answer = parse.Answer(ok=False, errno=30800, error="Commit failed on leaves2. Error: disk full", output="")
    assert isinstance(problem(SET, answer), Failed)
    assert isinstance(problem(CREATE, answer), Failed)


def test_the_word_force_is_never_recommended() -> None:
    for name in ("volume-create-mount-point", "volume-create-root-partition"):
        assert "force" not in str(problem(CREATE, parse.answer(captured(name))))
