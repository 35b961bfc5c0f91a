"""Bricks are cleared by a process of systemd's, and its words come back as they were."""

from pathlib import Path

import pytest

from gluster.bricks import HAS_DATA
from gluster.errors import BrickHasData
from node.storage.brick_marks import BrickMarks
from node.system.process import CommandFailed

BRICK = Path("/bricks/data/brick")


class Outside:
    """A Run that answers with `says`, or fails with `status`."""

    def __init__(self, output: str, status: int = 0) -> None:
        self.output, self.status = output, status
        self.argv: tuple[str, ...] = ()

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        self.argv = argv
        if self.status:
            raise CommandFailed(argv, "failed", status=self.status, stdout=self.output)
        return self.output


@pytest.mark.parametrize(("output", "cleared"), [("yes\n", True), ("no\n", False)])
def test_it_tells_whether_there_was_a_mark(output: str, cleared: bool) -> None:
    run = Outside(output)
    assert BrickMarks(run).clear(BRICK, {"two", "one"}) is cleared
    assert run.argv[0] == "systemd-run"
    assert run.argv[-6:] == ("-m", "gluster.bricks", "clear", str(BRICK), "one", "two")


def test_a_brick_is_removed_by_the_id_of_its_volume() -> None:
    run = Outside("yes\n")
    assert BrickMarks(run).remove(BRICK, "one")
    assert run.argv[-3:] == ("remove", str(BRICK), "one")


def test_data_is_a_refusal_with_the_reason() -> None:
    with pytest.raises(BrickHasData, match="it holds files"):
        BrickMarks(Outside("it holds files, disk.img among them\n", HAS_DATA)).clear(BRICK, ())


def test_anything_else_is_a_failure() -> None:
    with pytest.raises(CommandFailed):
        BrickMarks(Outside("", 1)).clear(BRICK, ())
