from pathlib import Path

from ci.lab.netns import is_namespace


def test_the_file_that_a_reboot_leaves_is_no_namespace(tmp_path: Path) -> None:
    (tmp_path / "trivet-lab").touch()
    assert not is_namespace(tmp_path / "trivet-lab")
    assert not is_namespace(tmp_path / "missing")
    assert is_namespace(Path("/proc/self/ns/net"))
