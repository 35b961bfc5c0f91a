"""More than half of the pool, itself included, or nothing is changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluster import quorum
from gluster.errors import NoMajority
from gluster.model import Peer, PeerState


def peer(name: str, *, connected: bool = True, state: PeerState = PeerState.IN_CLUSTER) -> Peer:
    return Peer(f"id of {name}", name, connected=connected, state=state, names=(name, f"address of {name}"))


def may_change(*peers: Peer, leaving: str | None = None) -> bool:
    try:
        quorum.check(peers, "do it", leaving=leaving)
    except NoMajority:
        return False
    return True


@given(st.lists(st.booleans(), max_size=12))
def test_two_halves_of_a_pool_never_change_it_both(connected: list[bool]) -> None:
    here = [peer(f"node{n}", connected=yes) for n, yes in enumerate(connected)]
    there = [peer(f"node{n}", connected=not yes) for n, yes in enumerate(connected)]
    there_servers = sum(not yes for yes in connected)
    here_may = may_change(*here)
    assert here_may is (2 * (1 + sum(connected)) > len(connected) + 1)
    if here_may and there_servers:  # seen from one of those that are cut off: this server is away, too
        seen = [*there, peer("this", connected=False)]
        own = next(n for n, one in enumerate(seen) if one.connected)
        assert not may_change(*seen[:own], *seen[own + 1 :])


def test_a_server_alone_in_its_pool_may_change_it() -> None:
    assert may_change()


def test_a_rejected_peer_takes_no_part_in_changes() -> None:
    assert not may_change(peer("node2", state=PeerState.REJECTED), peer("node3", connected=False))
    assert may_change(peer("node2", state=PeerState.ACCEPTED), peer("node3", connected=False))


@pytest.mark.parametrize("leaving", ["node2", "address of node2"])
def test_who_leaves_does_not_count(leaving: str) -> None:
    away = peer("node2", connected=False)
    assert may_change(away, leaving=leaving)
    assert not may_change(away, peer("node3", connected=False), leaving=leaving)


def test_the_refusal_says_who_is_missing_and_how_to_go_on() -> None:
    with pytest.raises(NoMajority) as refused:
        quorum.check([peer("node2", connected=False), peer("node3", connected=False)], "create volume data")
    assert str(refused.value) == (
        "Cannot create volume data: this server is connected to 1 of the pool's 3 servers, itself included, which is "
        "not more than half: node2, node3 may be changing the pool at the same time. Bring back the power and network "
        "of node2, node3, or do it on a server that is connected to more than half."
    )
