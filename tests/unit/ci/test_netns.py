from pathlib import Path

import pytest

from ci.lab.netns import is_namespace
from ci.lab.up import formed_of


def test_the_file_that_a_reboot_leaves_is_no_namespace(tmp_path: Path) -> None:
    (tmp_path / "trivet-lab").touch()
    assert not is_namespace(tmp_path / "trivet-lab")
    assert not is_namespace(tmp_path / "missing")
    assert is_namespace(Path("/proc/self/ns/net"))


@pytest.mark.parametrize(("nodes", "formed"), [(1, 1), (2, 1), (3, 3), (5, 3)])
def test_a_site_is_formed_of_one_node_or_of_three(nodes: int, formed: int) -> None:
    assert formed_of(nodes) == formed
