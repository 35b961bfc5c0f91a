"""Folders of a node as storage."""

from pathlib import Path

import pytest

from node.api.messages.mounts import MountSpec
from node.api.refusals import Malformed
from node.storage.drivers.driver import Mount
from node.storage.drivers.registry import driver_of


def spec(source: str, *options: str) -> MountSpec:
    return MountSpec(kind="localfs", source=source, options=options)


def test_a_folder_is_bound_to_its_mount_point() -> None:
    assert driver_of(spec("/vms")).mount(spec("/vms", "noatime")) == Mount("/vms", "none", ("bind", "noatime"))


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    driver_of(spec("/")).prepare(spec(str(tmp_path)))
    with pytest.raises(FileNotFoundError, match="missing"):
        driver_of(spec("/")).prepare(spec(str(tmp_path / "missing")))


@pytest.mark.parametrize("source", ["", "vms", "/vms/../etc", "/vms\n", "nas:/vms"])
def test_what_is_no_folder_is_refused(source: str) -> None:
    with pytest.raises(Malformed):
        driver_of(spec(source)).mount(spec(source))
