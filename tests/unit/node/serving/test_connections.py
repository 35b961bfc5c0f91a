"""Who is let in, who makes room, and who is shut down; on a clock of the test's own."""

import contextlib
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.serving.bounds import Bounds
from node.serving.connections import Connection, Connections, Phase, choose_victim, source_of

BOUNDS = Bounds(of_address=3, in_all=5, head_s=10, idle_s=20)


class Ground:
    def __init__(self) -> None:
        self.now = 0.0
        self.connections = Connections(BOUNDS, lambda: self.now)
        self.far: dict[tuple[str, int], socket.socket] = {}

    def connect(self, host: str, port: int) -> bool:
        near, far = socket.socketpair()
        far.setblocking(False)
        self.now += 1
        admitted = self.connections.admit(near, (host, port))
        if admitted:
            self.far[host, port] = far
        else:
            near.close()
            far.close()
        return admitted

    def enter(self, host: str, port: int, phase: Phase) -> None:
        connection = self.connections.find((host, port))
        assert connection is not None
        connection.enter(phase, self.now)

    def ended(self) -> list[int]:
        """The ports of those that were shut down."""
        found = []
        for (_, port), far in self.far.items():
            with contextlib.suppress(BlockingIOError):
                found += [port] if far.recv(1) == b"" else []
        return found


@pytest.fixture
def ground() -> Iterator[Ground]:
    ground = Ground()
    yield ground
    for connection in ground.far.values():
        connection.close()


def test_the_one_that_waited_longest_makes_room_for_another_of_its_address(ground: Ground) -> None:
    assert all(ground.connect("a", port) for port in (1, 2, 3, 4))
    assert ground.ended() == [1]
    assert len(ground.connections) == 3


def test_it_is_not_what_it_waits_for_that_counts(ground: Ground) -> None:
    """Half bodies by the hundred must not leave those that are new the shorter life."""
    for port, phase in ((1, Phase.BODY), (2, Phase.IDLE), (3, Phase.HEAD)):
        assert ground.connect("a", port)
        ground.enter("a", port, phase)
    for port in (4, 5, 6):
        assert ground.connect("a", port)
    assert ground.ended() == [1, 2, 3]


def test_requests_under_way_are_never_given_up(ground: Ground) -> None:
    for port in (1, 2, 3):
        assert ground.connect("a", port)
        ground.enter("a", port, Phase.ANSWER)
    assert not ground.connect("a", 4)
    assert ground.connect("b", 5)
    assert ground.ended() == []


def test_the_address_with_most_makes_room_for_the_others(ground: Ground) -> None:
    assert all(ground.connect("b", port) for port in (1, 2))
    assert all(ground.connect("a", port) for port in (3, 4, 5))
    assert ground.connect("c", 6)
    assert ground.ended() == [3]
    assert ground.connect("c", 7)  # now a and b have two each
    assert len(ground.connections) == 5


def test_what_was_closed_counts_no_more(ground: Ground) -> None:
    assert all(ground.connect("a", port) for port in (1, 2, 3))
    found = ground.connections.find(("a", 2))
    assert found is not None
    found.sock.close()
    assert ground.connect("a", 4)
    assert ground.ended() == [2]  # by its own end
    assert ground.connections.find(("a", 2)) is None


def test_who_is_overdue_is_shut_down(ground: Ground) -> None:
    assert ground.connect("a", 1)  # at 1, until 11
    assert ground.connect("a", 2)
    ground.enter("a", 2, Phase.ANSWER)
    ground.now = 10.9
    ground.connections.sweep()
    assert ground.ended() == []
    ground.now = 1e9
    ground.connections.sweep()
    assert ground.ended() == [1]
    assert len(ground.connections) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Phase)), max_size=12))
def test_a_victim_waits_and_is_of_those_with_most(others: list[tuple[str, Phase]]) -> None:
    sock = socket.socket()
    made = []
    for number, (host, phase) in enumerate(others):
        connection = Connection(sock, (host, number), 0.0, 1.0)
        connection.enter(phase, number)
        made.append(connection)
    sock.close()
    victim = choose_victim(made)
    waiting = [connection for connection in made if connection.phase is not Phase.ANSWER]
    if not waiting:
        assert victim is None
        return
    assert victim in waiting
    sources = [connection.source for connection in waiting]
    assert sources.count(victim.source) == max(sources.count(source) for source in sources)


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_who_counts_as_one(host: str, source: str) -> None:
    assert source_of(host) == source
