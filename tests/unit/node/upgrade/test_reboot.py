from dataclasses import replace
from pathlib import Path

import pytest

from gluster.model import VolumeStatus
from gluster.state import PoolState
from node.config import Config
from node.registration.credentials import AUTHORITY
from node.system.process import CommandFailed
from node.upgrade.reboot import why_not_reboot, why_not_without
from tests.fakes.pool import whole_pool, with_brick
from tests.unit.node.upgrade.test_health import Commands

WHOLE = whole_pool()


def volume(state: PoolState, **changes: object) -> PoolState:
    return replace(state, volumes=tuple(replace(one, **changes) for one in state.volumes))  # type: ignore[arg-type]


def elsewhere(state: PoolState) -> PoolState:
    """As a server without bricks sees it."""
    return replace(state, server="node9")


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        (WHOLE, ()),
        (
            with_brick(WHOLE, 1, online=False),
            ("Without this node volume data loses its quorum, and VMs on it stand still",),
        ),
        (elsewhere(with_brick(WHOLE, 1, online=False)), ()),
        (volume(with_brick(WHOLE, 1, online=False), status=VolumeStatus.STOPPED), ()),
        (
            with_brick(WHOLE, 1, pending_heals=7),
            ("Volume data has 7 entries that wait to be healed: their copies are fewer until then",),
        ),
        (with_brick(WHOLE, 1, pending_heals=None), ("Nobody can say what of volume data waits to be healed",)),
        (
            PoolState("node1", answered=False, reason="no answer"),
            ("Nobody can say how the storage is, so it may lose its quorum: no answer",),
        ),
    ],
)
def test_the_storage(state: PoolState, reasons: tuple[str, ...]) -> None:
    assert why_not_without(state) == reasons


def unobserved() -> PoolState:
    raise AssertionError("a node of no site has no storage to look at")


def test_vms_of_a_node_of_no_site(tmp_path: Path) -> None:
    settings = Config(state=str(tmp_path))
    assert why_not_reboot(settings, Commands(virsh="\n"), unobserved) == ()
    said = why_not_reboot(settings, Commands(virsh="engine\nvm1\n\n"), unobserved)
    assert said == ("VMs run here and would be shut down: engine, vm1",)
    (unknown,) = why_not_reboot(settings, Commands(virsh=CommandFailed(("virsh",), "no daemon")), unobserved)
    assert "Nobody can say which VMs run here" in unknown


def test_a_look_that_fails_is_no_good_look(tmp_path: Path) -> None:
    settings = Config(state=str(tmp_path))
    settings.own_folder.mkdir()
    (settings.own_folder / AUTHORITY).touch()
    (reason,) = why_not_reboot(settings, Commands(virsh=""), unobserved)
    assert "a node of no site has no storage" in reason
    assert why_not_reboot(settings, Commands(virsh=""), lambda: WHOLE) == ()
