"""The whiteboard's file: made once, written a block at a time, and what is damaged in it says nothing."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from hosted_engine.ha.board import Board
from hosted_engine.ha.states import State, VmState
from hosted_engine.ha.whiteboard import BadBlock, ClusterBlock, HostBlock, host_offset
from hosted_engine.ha.whiteboard_file import BLOCK, NAME, WhiteboardFile


@pytest.fixture
def file(tmp_path: Path) -> WhiteboardFile:
    made = WhiteboardFile(tmp_path / NAME)
    made.make()
    return made


def block(host_id: int, sequence: int = 0) -> HostBlock:
    return HostBlock(host_id=host_id, sequence=sequence, state=State.ENGINE_DOWN, score=3400, vm=VmState.ABSENT)


def test_a_fresh_one_says_that_there_is_no_maintenance_and_nothing_of_hosts(file: WhiteboardFile) -> None:
    assert file.read_cluster() == ClusterBlock(sequence=1)
    assert file.read_hosts([1, 2000]) == {1: BadBlock.ZEROED, 2000: BadBlock.ZEROED}


def test_one_that_is_there_is_not_made_anew(file: WhiteboardFile, tmp_path: Path) -> None:
    file.write_cluster(ClusterBlock(sequence=2, global_maintenance=True))
    WhiteboardFile(tmp_path / NAME).make()
    assert file.read_cluster() == ClusterBlock(sequence=2, global_maintenance=True)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_block_goes_to_its_own_place(file: WhiteboardFile) -> None:
    file.write_host(block(2, 7))
    assert file.read_hosts([1, 2, 3]) == {1: BadBlock.ZEROED, 2: block(2, 7), 3: BadBlock.ZEROED}


def test_a_torn_block_is_told_from_a_whole_one(file: WhiteboardFile, tmp_path: Path) -> None:
    file.write_host(block(2))
    with (tmp_path / NAME).open("r+b") as raw:
        raw.seek(host_offset(2, BLOCK) + 40)
        raw.write(b"?")
    assert file.read_hosts([2]) == {2: BadBlock.TORN}


def test_every_round_of_a_host_that_has_something_to_say_is_seen_by_the_others(file: WhiteboardFile) -> None:
    one, other = Board(file, 1, (2,)), Board(file, 2, (1,))
    assert one().written
    assert other().blocks == ((1, BadBlock.ZEROED),)
    one.publish(block(1))
    one()
    assert other().blocks == ((1, block(1, 1)),)
    one()
    assert other().blocks == ((1, block(1, 2)),)


def test_a_daemon_that_is_started_anew_goes_on_counting(file: WhiteboardFile) -> None:
    file.write_host(block(1, 41))
    board = Board(file, 1, (2,))
    board.publish(block(1))
    board()
    assert board.read_own() == block(1, 42)


def test_a_volume_that_takes_no_writes_is_read_all_the_same(file: WhiteboardFile, tmp_path: Path) -> None:
    class ReadOnly(WhiteboardFile):
        def write_host(self, block: HostBlock) -> None:
            raise OSError("No space left on device")

    file.write_host(block(2, 3))
    board = Board(ReadOnly(tmp_path / NAME), 1, (2,))
    board.publish(block(1))
    site = board()
    assert (site.written, site.reason, site.blocks) == (False, "No space left on device", ((2, block(2, 3)),))


def test_a_volume_without_room_is_full_also_when_only_a_write_says_so(
    file: WhiteboardFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Board(file, 1, (2,))
    board.publish(block(1))
    assert board().full is False
    space = os.statvfs("/")
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_frsize=space.f_frsize, f_bavail=0))
    assert (board().full, board().written) == (True, True)
    monkeypatch.undo()

    def write(_: HostBlock) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file, "write_host", write)
    assert (board().full, board().written) == (True, False)
