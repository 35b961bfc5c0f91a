"""What is measured of a failover, by whom, and how it is kept."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_struct

from hosted_engine.ha.failover import MAX_FAILOVERS, Cause, Failover, Track, after_start, follow, timeline, with_newest
from hosted_engine.ha.failover_file import NAME, FailoverRecorder, NewerFile, read_failovers, write_failover
from hosted_engine.ha.states import Action, Fencing, Health, LeaseState, Outcome, State, VmState
from hosted_engine.ha.view import Decision, Lease, Peer, Storage, View
from hosted_engine.ha.whiteboard import HostBlock

FOUND = Failover(
    cause=Cause.HOST_LOST,
    from_host="node1",
    to_host="node2",
    at=1000.0,
    last_healthy_s=-1.0,
    detected_s=10.0,
    lease_free_s=60.0,
    start_begun_s=61.0,
    started_s=64.0,
    healthy_s=90.0,
)
WAIT = Decision(state=State.ENGINE_DOWN, action=Action.NONE, reason="a test")
START = Decision(state=State.ENGINE_START, action=Action.START, reason="a test")
STARTING = Decision(state=State.ENGINE_STARTING, action=Action.NONE, reason="a test")
FENCE = Decision(state=State.ENGINE_DOWN, action=Action.FENCE, target=1, reason="a test")
FREE = replace(FENCE, action=Action.FREE_HOST_ID)
UP = Decision(state=State.ENGINE_UP, action=Action.NONE, reason="a test")


class Watcher:
    """Host 2 of two; the engine was healthy on host 1 at 100 s, which writes until `silent`."""

    def __init__(self) -> None:
        self.view = View(
            now=100.0,
            host_id=2,
            storage=Storage(readable=True, writable=True, readable_since=0.0),
            vm=VmState.ABSENT,
            lease=Lease(state=LeaseState.HELD, host_id=1, since=0.0),
        )
        self.track = Track()
        self.vm_elsewhere = VmState.RUNNING
        self.leaving = False
        self.fencing = Fencing.NONE
        self.changed_at = 100.0
        self.failovers: list[Failover] = []

    def round(self, now: float, decision: Decision = WAIT, *, writes: bool = True, **values: object) -> None:
        self.changed_at = now if writes else self.changed_at
        block = HostBlock(
            host_id=1,
            sequence=int(self.changed_at),
            state=State.ENGINE_UP,
            score=3400,
            name="node1",
            vm=self.vm_elsewhere,
            health=Health.GOOD,
            local_maintenance=self.leaving,
        )
        peer = Peer(host_id=1, block=block, sequence=block.sequence, changed_at=self.changed_at, fencing=self.fencing)
        self.view = replace(self.view, now=now, peers=(peer,), **values)  # type: ignore[arg-type]
        self.track, failover = follow(self.track, self.view, decision, name="node2", wall=now + 5000)
        self.failovers += [failover] if failover is not None else []

    def ended(self, outcome: Outcome, now: float) -> None:
        self.track, failover = after_start(self.track, outcome, now, "node2")
        self.failovers += [failover] if failover is not None else []

    def free(self, since: float) -> Lease:
        return Lease(state=LeaseState.EXPIRED, host_id=1, since=since)


@pytest.fixture
def watcher() -> Watcher:
    made = Watcher()
    made.round(100.0)
    return made


def test_a_lost_host_gives_a_whole_timeline(watcher: Watcher) -> None:
    watcher.round(105.0, writes=False)
    watcher.round(110.0, writes=False)
    watcher.round(160.0, writes=False, lease=watcher.free(160.0))
    watcher.round(161.0, START, writes=False)
    watcher.ended(Outcome.DONE, 164.0)
    watcher.round(164.0, STARTING, writes=False, vm=VmState.RUNNING)
    watcher.round(190.0, UP, writes=False, vm=VmState.RUNNING, health=Health.GOOD)
    expected = replace_struct(FOUND, at=5100.0, last_healthy_s=0.0)
    assert watcher.failovers == [replace_struct(expected, healthy_s=None), expected]
    watcher.round(200.0, UP, writes=False, vm=VmState.RUNNING)
    assert len(watcher.failovers) == 2


def test_a_fenced_host_is_lost_when_its_power_is_cut(watcher: Watcher) -> None:
    """Its last heartbeat is younger than what makes a host count as silent."""
    watcher.round(106.0, FENCE, writes=False)
    watcher.round(107.0, writes=False)
    watcher.fencing = Fencing.CONFIRMED
    watcher.round(108.0, FREE, writes=False)
    watcher.round(108.5, START, writes=False, lease=watcher.free(108.2))
    watcher.ended(Outcome.DONE, 109.0)
    failover = [(one.cause, one.detected_s, one.lease_free_s, one.started_s) for one in watcher.failovers]
    assert failover == [(Cause.HOST_LOST, 6.0, 8.2, 9.0)]


def test_a_host_that_writes_again_was_not_lost(watcher: Watcher) -> None:
    watcher.round(106.0, FENCE, writes=False)
    watcher.round(107.0)
    assert watcher.track.detected_at is None


def test_an_engine_whose_host_lives_has_ended(watcher: Watcher) -> None:
    watcher.vm_elsewhere = VmState.ABSENT
    watcher.round(101.0, START, lease=watcher.free(101.0))
    watcher.ended(Outcome.DONE, 102.0)
    assert [(one.cause, one.detected_s, one.started_s) for one in watcher.failovers] == [(Cause.VM_ENDED, 1.0, 2.0)]


def test_a_host_that_was_to_be_left_is_no_loss(watcher: Watcher) -> None:
    watcher.leaving = True
    watcher.round(101.0)
    watcher.vm_elsewhere = VmState.ABSENT
    watcher.round(102.0, START, lease=watcher.free(102.0))
    watcher.ended(Outcome.DONE, 103.0)
    assert [one.cause for one in watcher.failovers] == [Cause.MAINTENANCE]


def test_failed_starts_and_waits_for_the_lease_are_part_of_it(watcher: Watcher) -> None:
    watcher.round(110.0, START, writes=False, lease=watcher.free(109.0))
    watcher.ended(Outcome.LEASE_HELD, 113.0)
    watcher.round(114.0, START, writes=False)
    watcher.ended(Outcome.FAILED, 120.0)
    watcher.round(130.0, START, writes=False)
    watcher.ended(Outcome.DONE, 131.0)
    watcher.round(140.0, WAIT, writes=False)  # it ended before it was healthy
    watcher.round(150.0, START, writes=False)
    watcher.ended(Outcome.DONE, 151.0)
    watcher.round(160.0, UP, writes=False, vm=VmState.RUNNING, health=Health.GOOD)
    done = watcher.failovers[-1]
    assert (done.failed_starts, done.start_begun_s, done.healthy_s, done.detected_s) == (2, 50.0, 60.0, 10.0)
    assert {one.at for one in watcher.failovers} == {done.at}


def test_a_stalled_volume_or_a_silent_libvirt_proves_nothing(watcher: Watcher) -> None:
    watcher.round(120.0, writes=False, storage=Storage(readable=False))
    assert watcher.track.detected_at is None
    watcher.round(121.0, vm=VmState.UNKNOWN, storage=Storage(readable=True, readable_since=121.0))
    assert watcher.track.detected_at is None


def test_what_was_never_seen_running_is_no_failover() -> None:
    watcher = Watcher()
    watcher.vm_elsewhere = VmState.ABSENT
    watcher.round(100.0, START, lease=watcher.free(0.0))
    watcher.ended(Outcome.DONE, 101.0)
    watcher.round(120.0, UP, vm=VmState.RUNNING, health=Health.GOOD)
    assert watcher.failovers == []


def test_an_engine_that_came_alive_is_no_failover(watcher: Watcher) -> None:
    watcher.round(101.0, vm=VmState.INCOMING)
    watcher.vm_elsewhere = VmState.ABSENT
    watcher.round(102.0, UP, vm=VmState.RUNNING, health=Health.GOOD)
    assert watcher.failovers == []


def test_a_timeline_is_in_order() -> None:
    times = [at for at, _ in timeline(FOUND)]
    assert times == sorted(times)
    assert len(list(timeline(replace_struct(FOUND, healthy_s=None, lease_free_s=None, last_healthy_s=None)))) == 4


def test_the_last_ones_are_kept_and_one_that_got_further_replaces_itself() -> None:
    many = [replace_struct(FOUND, at=float(number)) for number in range(MAX_FAILOVERS)]
    found: tuple[Failover, ...] = ()
    for one in (*many, replace_struct(FOUND, at=99.0, healthy_s=None), replace_struct(FOUND, at=99.0)):
        found = with_newest(found, one)
    assert (len(found), found[0], found[-1]) == (MAX_FAILOVERS, many[1], replace_struct(FOUND, at=99.0))


def test_the_file_is_read_by_every_node_and_a_damaged_one_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write_failover(path, FOUND)
    assert (read_failovers(path), path.stat().st_mode & 0o777) == ((FOUND,), 0o600)
    path.write_text("{")
    assert read_failovers(path) == ()
    write_failover(path, FOUND)
    assert read_failovers(path) == (FOUND,)


def test_a_file_of_a_later_version_is_left(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text('{"version": 2, "failovers": {}}')
    with pytest.raises(NewerFile):
        write_failover(path, FOUND)
    assert path.read_text() == '{"version": 2, "failovers": {}}'


def test_it_is_written_as_soon_as_the_volume_is_there(tmp_path: Path) -> None:
    path = tmp_path / "engine" / NAME
    recorder = FailoverRecorder(path, again_s=0.01)
    recorder.note(FOUND)
    path.parent.mkdir()
    for _ in range(6000):
        if read_failovers(path):
            break
        threading.Event().wait(0.01)
    assert read_failovers(path) == (FOUND,)
