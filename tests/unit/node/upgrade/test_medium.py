from pathlib import Path

import pytest

from node.system.process import CommandFailed
from node.upgrade.manifest import MediumUnusable
from node.upgrade.medium import mount_medium


class Mounts:
    def __init__(self, why: str = "") -> None:
        self.commands: list[tuple[str, ...]] = []
        self.why = why

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        self.commands.append(argv)
        if self.why:
            raise CommandFailed(argv, self.why, status=32)
        return ""


def test_a_file_is_mounted_read_only(tmp_path: Path) -> None:
    run = Mounts()
    (tmp_path / "x.iso").touch()
    with mount_medium(run, tmp_path / "x.iso", tmp_path / "run/at") as folder:
        assert folder == tmp_path / "run/at/trivet"
    options = "ro,nosuid,nodev,noexec,loop"
    assert run.commands == [
        ("mount", "-t", "iso9660", "-o", options, str(tmp_path / "x.iso"), str(tmp_path / "run/at"))
    ]


def test_what_is_no_iso_is_refused_in_its_first_words(tmp_path: Path) -> None:
    (tmp_path / "x.iso").touch()
    run = Mounts("mount: wrong fs type.\n  dmesg(1) may have more information")
    with (
        pytest.raises(MediumUnusable, match="wrong fs type") as caught,
        mount_medium(run, tmp_path / "x.iso", tmp_path / "at"),
    ):
        pass
    assert "dmesg" not in str(caught.value)


@pytest.mark.parametrize(("name", "why"), [("none.iso", "no such file"), (".", "a folder")])
def test_what_is_no_file(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(MediumUnusable, match=why), mount_medium(Mounts(), tmp_path / name, tmp_path / "at"):
        pass
