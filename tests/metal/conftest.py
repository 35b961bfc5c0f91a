"""Machines, and media of this code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from images import build
from tests.metal import answers
from tests.metal.machine import Disk, Machine

GIB = 1 << 30


@pytest.fixture(scope="session")
def iso() -> Path:
    """The medium of the code as it is."""
    return build.build_iso(build.DEFAULT_STORE, print)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Bare: a disk for the system, one for a brick, one that somebody else uses, and a stick with answers."""
    disks = [
        Disk(answers.SYSTEM, 24 * GIB),
        Disk(answers.BRICK, 12 * GIB),
        Disk(answers.OTHER, GIB),
        Disk(answers.LABEL, 16 << 20),
    ]
    made = Machine(tmp_path / "machine", disks)
    answers.write(made.disk(answers.LABEL))
    yield made
    made.cut_power()
