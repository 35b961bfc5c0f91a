"""Gives each test a machine of its own with the node image's NetworkManager."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from images import build
from tests.integration.netconf.machine import Machine


@pytest.fixture(scope="session")
def tree() -> Path:
    return build.build_node(build.DEFAULT_STORE, print)


@pytest.fixture
def machine(tree: Path) -> Iterator[Machine]:
    made = Machine(tree, Path(tempfile.mkdtemp(prefix="trivet-netconf-", dir="/var/tmp")))
    yield made
    made.remove()
