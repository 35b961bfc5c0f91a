"""Gives each test a machine with the node image's NetworkManager, and one guest to those that need a real kernel."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from images import build
from node.system.process import run
from tests.integration.netconf.bare import Bare
from tests.integration.netconf.guest_machine import run_guest
from tests.integration.netconf.machine import Machine
from tests.integration.netconf.nmstate_tree import nmstate_tree as nmstate_tree_of
from tests.integration.netconf.registry import GUESTS

_FOLDER = "/var/tmp"


@pytest.fixture(scope="session")
def tree() -> Path:
    return build.build_node(build.DEFAULT_STORE, print)


@pytest.fixture
def machine(tree: Path) -> Iterator[Machine]:
    made = Machine(tree, Path(tempfile.mkdtemp(prefix="trivet-netconf-", dir=_FOLDER)))
    yield made
    made.remove()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bare]:
    made = Bare(f"trivet-{os.getpid()}", tmp_path)
    yield made
    for pid in made.watchdogs():
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.CalledProcessError):  # its power may be cut already
        made.power_cut()


@pytest.fixture(scope="session")
def nmstate_tree() -> Path:
    return nmstate_tree_of(build.DEFAULT_STORE, print, run)


@pytest.fixture(scope="session", autouse=True)
def guests(request: pytest.FixtureRequest) -> Iterator[Mapping[str, "Future[Mapping[str, str]]"]]:
    """Started at once where a test will ask for it, so that they run beside the others. Case → what went wrong."""
    items = [item for item in request.session.items if item.path.name == "test_real_kernel.py"]
    asked = {item.callspec.params["guest"] for item in items if isinstance(item, pytest.Function)}
    wanted = {name: names for name, names in GUESTS.items() if name in asked}
    work = Path(tempfile.mkdtemp(prefix="trivet-guest-", dir=_FOLDER))
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(run_guest, work / name, names) for name, names in wanted.items()}
    shutil.rmtree(work)
