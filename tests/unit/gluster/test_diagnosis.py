"""Every kind of problem, from states that differ from a whole one in one thing; and what is none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gluster.diagnosis.decide import problems
from gluster.diagnosis.problem import Health, Kind, health
from gluster.diagnosis.quorum import has_quorum, would_lose_quorum
from gluster.model import BrickPath, PeerState, VolumeStatus
from gluster.state import BrickFolder, PoolState, ServerFacts
from tests.fakes.pool import GIB, whole_pool, with_brick, with_peer

WHOLE = whole_pool()
ID = "id-of-data"


def found(state: PoolState) -> dict[Kind, Health]:
    return {problem.kind: problem.health for problem in problems(state)}


def subjects(state: PoolState, kind: Kind) -> list[str]:
    return [problem.subject for problem in problems(state) if problem.kind is kind]


def folder(exists: bool = True, on_root: bool = False, volume_id: str | None = ID) -> BrickFolder:
    return BrickFolder(exists=exists, on_root=on_root, volume_id=volume_id)


def disconnected(state: PoolState, *names: str) -> PoolState:
    """Nobody is asked about the bricks of those servers."""
    for name in names:
        state = with_peer(state, name, connected=False)
        at = [brick.where.server for brick in state.volumes[0].bricks].index(name)
        state = with_brick(state, at, online=None, clients=None, pending_heals=None, split_brain=None)
    facts = {server: one for server, one in state.facts.items() if server not in names}
    clients = dict.fromkeys(facts, 2)
    for at, brick in enumerate(state.volumes[0].bricks):
        if brick.clients is not None:
            state = with_brick(state, at, clients=clients)
    return replace(state, facts=facts)


def rejected(state: PoolState, name: str, **lines: str) -> PoolState:
    own = dict(state.facts[name].configurations["data"]) | {
        key.replace("__", "."): value for key, value in lines.items()
    }
    facts = dict(state.facts) | {name: ServerFacts(configurations={"data": own})}
    return replace(with_peer(state, name, state=PeerState.REJECTED), facts=facts)


def volume(state: PoolState, **changes: object) -> PoolState:
    return replace(state, volumes=tuple(replace(one, **changes) for one in state.volumes))  # type: ignore[arg-type]


def unknown_bricks(state: PoolState) -> PoolState:
    for at in range(3):
        state = with_brick(
            state,
            at,
            online=None,
            size_bytes=None,
            free_bytes=None,
            clients=None,
            pending_heals=None,
            split_brain=None,
            folder=None,
        )
    return replace(state, facts={})


def filled(free_bytes: int) -> PoolState:
    return with_brick(WHOLE, 1, free_bytes=free_bytes)


def test_a_whole_pool_has_no_problems() -> None:
    assert problems(WHOLE) == ()
    assert health(()) is Health.WHOLE


def test_a_single_server_can_be_whole() -> None:
    alone = whole_pool("node1", (), {"data": [BrickPath("node1", "/gluster/data/brick")]})
    assert problems(with_brick(alone, 0, clients={"node1": 1})) == ()


CASES: dict[str, tuple[Callable[[], PoolState], dict[Kind, Health]]] = {
    "a brick's process has ended": (
        lambda: with_brick(WHOLE, 1, online=False, clients=None, pid=None),
        {Kind.BRICK_OFFLINE: Health.DEGRADED},
    ),
    "two of three bricks have ended": (
        lambda: with_brick(with_brick(WHOLE, 1, online=False), 0, online=False),
        {Kind.BRICK_OFFLINE: Health.DEGRADED, Kind.VOLUME_WITHOUT_QUORUM: Health.BROKEN},
    ),
    "the brick's file system is not mounted, its folder is gone with it": (
        lambda: with_brick(WHOLE, 2, online=False, folder=folder(exists=False, on_root=True, volume_id=None)),
        {Kind.BRICK_NOT_MOUNTED: Health.DEGRADED},
    ),
    "the brick's file system is not mounted, below its mount point a folder is left": (
        lambda: with_brick(WHOLE, 2, online=False, folder=folder(on_root=True, volume_id=None)),
        {Kind.BRICK_NOT_MOUNTED: Health.DEGRADED},
    ),
    "the brick runs on the root file system": (
        lambda: with_brick(WHOLE, 2, folder=folder(on_root=True)),
        {Kind.BRICK_NOT_MOUNTED: Health.DEGRADED},
    ),
    "the disk is new": (
        lambda: with_brick(WHOLE, 0, online=False, folder=folder(exists=False, volume_id=None)),
        {Kind.BRICK_MISSING: Health.DEGRADED},
    ),
    "the brick has no mark": (
        lambda: with_brick(WHOLE, 0, online=False, folder=folder(volume_id=None)),
        {Kind.BRICK_EMPTY: Health.DEGRADED},
    ),
    "the brick has another volume's mark": (
        lambda: with_brick(WHOLE, 0, online=False, folder=folder(volume_id="another")),
        {Kind.BRICK_OF_OTHER_VOLUME: Health.DEGRADED},
    ),
    "the brick is offline and its server cannot say why": (
        lambda: with_brick(WHOLE, 1, online=False, folder=None),
        {Kind.BRICK_OFFLINE: Health.DEGRADED},
    ),
    "a server is lost": (
        lambda: disconnected(WHOLE, "node3"),
        {Kind.PEER_DISCONNECTED: Health.DEGRADED, Kind.BRICK_UNREACHABLE: Health.DEGRADED},
    ),
    "two servers are lost": (
        lambda: disconnected(WHOLE, "node3", "node2"),
        {
            Kind.PEER_DISCONNECTED: Health.DEGRADED,
            Kind.BRICK_UNREACHABLE: Health.DEGRADED,
            Kind.NO_MAJORITY: Health.BROKEN,
            Kind.VOLUME_WITHOUT_QUORUM: Health.BROKEN,
        },
    ),
    "a server is new": (
        lambda: with_peer(WHOLE, "node2", state=PeerState.ACCEPTED),
        {Kind.PEER_NOT_READY: Health.DEGRADED},
    ),
    "a server has another line of configuration": (
        lambda: rejected(WHOLE, "node2", cluster__quorum_type="none"),
        {Kind.PEER_REJECTED: Health.BROKEN},
    ),
    "a mount on another node lacks a brick": (
        lambda: with_brick(WHOLE, 1, clients={"node1": 2, "node2": 2, "node3": 1}),
        {Kind.CLIENT_LACKS_BRICK: Health.DEGRADED},
    ),
    "no client of a node has any brick": (
        lambda: with_brick(
            with_brick(with_brick(WHOLE, 0, clients={"node1": 2}), 1, clients={"node1": 2}), 2, clients={"node1": 2}
        ),
        {Kind.CLIENT_LACKS_BRICK: Health.DEGRADED},
    ),
    "nobody knows who is connected": (
        lambda: with_brick(WHOLE, 1, clients=None),
        {Kind.CLIENTS_UNKNOWN: Health.UNKNOWN},
    ),
    "entries wait to be healed": (
        lambda: with_brick(WHOLE, 0, pending_heals=3),
        {Kind.HEAL_PENDING: Health.DEGRADED},
    ),
    "entries are in split-brain": (
        lambda: with_brick(WHOLE, 0, pending_heals=1, split_brain=1),
        {Kind.SPLIT_BRAIN: Health.BROKEN},
    ),
    "some wait, some are in split-brain": (
        lambda: with_brick(WHOLE, 0, pending_heals=3, split_brain=1),
        {Kind.SPLIT_BRAIN: Health.BROKEN, Kind.HEAL_PENDING: Health.DEGRADED},
    ),
    "nobody counts what waits": (
        lambda: with_brick(WHOLE, 0, pending_heals=None),
        {Kind.HEAL_UNKNOWN: Health.UNKNOWN},
    ),
    "79 % full": (lambda: filled(22 * GIB // 10), {}),
    "80 % full": (lambda: filled(21 * GIB // 10), {Kind.VOLUME_FILLING: Health.DEGRADED}),
    "89 % full": (lambda: filled(12 * GIB // 10), {Kind.VOLUME_FILLING: Health.DEGRADED}),
    "90 % full": (lambda: filled(11 * GIB // 10), {Kind.VOLUME_ALMOST_FULL: Health.DEGRADED}),
    "99 % full": (lambda: filled(2 * GIB // 10), {Kind.VOLUME_ALMOST_FULL: Health.DEGRADED}),
    "full but for what gluster keeps back": (lambda: filled(GIB // 10), {Kind.VOLUME_FULL: Health.BROKEN}),
    "full to the last byte": (lambda: filled(0), {Kind.VOLUME_FULL: Health.BROKEN}),
    "the volume is stopped": (
        lambda: volume(WHOLE, status=VolumeStatus.STOPPED),
        {Kind.VOLUME_NOT_STARTED: Health.BROKEN},
    ),
    "the volume is in a state that nobody knows": (
        lambda: volume(WHOLE, status=VolumeStatus.UNKNOWN),
        {Kind.VOLUME_NOT_STARTED: Health.UNKNOWN},
    ),
    "the pool did not answer in time": (
        lambda: unknown_bricks(WHOLE),
        {Kind.VOLUME_UNKNOWN: Health.UNKNOWN},
    ),
    "the pool did not answer in time, and the disk of a brick is known to be lost": (
        lambda: with_brick(unknown_bricks(WHOLE), 0, folder=folder(volume_id=None)),
        {
            Kind.BRICK_EMPTY: Health.DEGRADED,
            Kind.BRICK_UNKNOWN: Health.UNKNOWN,
            Kind.HEAL_UNKNOWN: Health.UNKNOWN,
            Kind.VOLUME_FILL_UNKNOWN: Health.UNKNOWN,
        },
    ),
    "nobody said anything of one brick": (
        lambda: with_brick(WHOLE, 1, online=None, clients=None),
        {Kind.BRICK_UNKNOWN: Health.UNKNOWN},
    ),
    "gluster says nothing": (
        lambda: PoolState(server="node1", answered=False, reason="Connection failed"),
        {Kind.GLUSTER_UNREACHABLE: Health.UNKNOWN},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named(case: str) -> None:
    make, expected = CASES[case]
    assert found(make()) == expected


@pytest.mark.parametrize("case", CASES)
def test_sentences_have_no_blanks_and_end_without_a_dot(case: str) -> None:
    for problem in problems(CASES[case][0]()):
        for text in (problem.what, problem.why, problem.mend, problem.subject):
            assert text == text.strip()
            assert text
            assert not text.endswith(".")
            assert "{" not in text


def test_a_client_is_named_with_the_bricks_that_it_lacks() -> None:
    state = with_brick(WHOLE, 1, clients={"node1": 2, "node2": 2, "node3": 1})
    (problem,) = problems(state)
    assert problem.subject == "clients of volume data on node3"
    assert "node2:/gluster/data/brick" in problem.what
    assert "1 of 2 to node2" in problem.why


def test_a_client_that_is_no_server_of_the_pool_is_named_by_its_address() -> None:
    state = with_brick(WHOLE, 1, clients={**dict.fromkeys(("node1", "node2", "node3"), 2), "192.0.2.77": 1})
    assert subjects(state, Kind.CLIENT_LACKS_BRICK) == ["clients of volume data on 192.0.2.77"]


def test_clients_of_a_server_that_is_not_connected_are_not_missed() -> None:
    assert subjects(disconnected(WHOLE, "node3"), Kind.CLIENT_LACKS_BRICK) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ({"cluster__quorum-type": "none"}, "cluster.quorum-type of volume data is none on node2 and auto on node1"),
        ({"nfs.disable": "on"}, "nfs.disable of volume data is on on node2 and not set on node1"),
        ({"version": "5"}, "version of volume data is 5 on node2 and not set on node1"),
        ({"version": "5", "nfs.disable": "on"}, "nfs.disable of volume data is on on node2 and not set on node1"),
    ],
)
def test_a_rejected_server_is_named_with_the_lines_that_differ(lines: dict[str, str], expected: str) -> None:
    (problem, *_) = problems(rejected(WHOLE, "node2", **lines))
    assert (problem.kind, problem.server) == (Kind.PEER_REJECTED, "node2")
    assert problem.why == expected


def test_who_is_rejected_by_the_majority_is_the_one_to_change() -> None:
    (problem, *_) = problems(rejected(WHOLE, "node2", version="5"))
    assert "on node2 run" in problem.mend
    odd = rejected(rejected(WHOLE, "node2", version="5"), "node3", version="5")
    assert Kind.NO_MAJORITY in found(odd)
    assert Kind.VOLUME_WITHOUT_QUORUM not in found(odd)
    assert all("on node1 run" in one.mend for one in problems(odd) if one.kind is Kind.PEER_REJECTED)


def test_a_rejected_server_whose_agent_does_not_answer_has_unknown_lines() -> None:
    state = rejected(WHOLE, "node2")
    (problem, *_) = problems(replace(state, facts={"node1": state.facts["node1"]}))
    assert "cannot be known" in problem.why


def test_a_server_that_misses_a_change_is_named_before_glusterd_notices() -> None:
    facts = dict(WHOLE.facts) | {"node3": ServerFacts(configurations={"data": {"volume-id": ID}}, mounts={"data": 1})}
    assert found(replace(WHOLE, facts=facts)) == {Kind.CONFIGURATION_DIFFERS: Health.DEGRADED}


@pytest.mark.parametrize(
    ("options", "up", "expected"),
    [
        ({}, (True, True, False), True),
        ({}, (True, False, False), False),
        ({}, (True, None, False), None),
        ({}, (None, True, True), True),
        ({"cluster.quorum-type": "none"}, (False, False, True), True),
        ({"cluster.quorum-type": "none"}, (False, False, False), False),
        ({"cluster.quorum-type": "fixed", "cluster.quorum-count": "3"}, (True, True, False), False),
        ({}, (True, False), True),
        ({}, (False, True), False),
        ({}, (None, True), None),
        ({}, (True,), True),
    ],
)
def test_quorum_of_clients(options: dict[str, str], up: tuple[bool | None, ...], expected: bool | None) -> None:
    servers = [f"node{number}" for number in range(1, len(up) + 1)]
    state = whole_pool("node1", servers[1:])
    for at, online in enumerate(up):
        state = with_brick(state, at, online=online)
    assert has_quorum(replace(state.volumes[0], options=options)) is expected


def test_the_worst_comes_first() -> None:
    state = with_brick(with_brick(WHOLE, 0, pending_heals=3, split_brain=1), 1, clients=None)
    assert [problem.health for problem in problems(state)] == [Health.BROKEN, Health.UNKNOWN, Health.DEGRADED]
    assert health(problems(state)) is Health.BROKEN


@pytest.mark.parametrize(
    ("state", "loses"),
    [
        (WHOLE, False),
        (with_brick(WHOLE, 1, online=False), True),
        (with_brick(WHOLE, 1, online=None), True),  # nobody knows
        (with_brick(WHOLE, 0, online=False), False),  # its own is down already
        (disconnected(WHOLE, "node3"), True),
    ],
)
def test_without_one_server_more_a_volume_may_lose_its_quorum(state: PoolState, loses: bool) -> None:
    assert would_lose_quorum(state, state.volumes[0], state.server) is loses
    assert not would_lose_quorum(state, state.volumes[0], "a server without bricks")
