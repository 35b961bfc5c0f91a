"""Wheels are fetched for the images' Python, not for the build machine's."""

from pathlib import Path

import pytest

from images import project, wheels
from node.system.process import CommandFailed


def test_pip_is_asked_for_the_images_python() -> None:
    argv = wheels.download_argv("/usr/bin/python3", Path("/wheels"), ("falcon>=4.0", "pip"))
    assert argv[:4] == ("/usr/bin/python3", "-m", "pip", "download")
    assert {"--python-version=3.13", "--abi=cp313", "--abi=abi3", "--only-binary=:all:"} <= set(argv)
    assert {"--platform=manylinux_2_28_x86_64", "--platform=manylinux2014_x86_64"} <= set(argv)
    assert argv[-2:] == ("falcon>=4.0", "pip")
    assert not any("index" in argument or "://" in argument for argument in argv)


def test_what_pip_cannot_find_is_said(tmp_path: Path) -> None:
    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        raise CommandFailed(argv, "WARNING: slow\nERROR: No matching distribution found for uvloop>=0.19", status=1)

    with pytest.raises(wheels.NoWheels, match=r"packages for the images: No matching distribution found for uvloop"):
        wheels.wheelhouse(tmp_path, lambda line: None, run)
    assert [path.name for path in tmp_path.iterdir()] == [".lock-wheels"]


def test_the_wheelhouse_changes_with_the_dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    def key() -> str:
        return wheels.wheelhouse_entry(lambda line: None, lambda *argv, **_: "").key

    before = key()
    assert key() == before
    monkeypatch.setattr(project, "dependencies", lambda: ("falcon>=5",))
    assert key() != before


def test_the_sources_of_the_wheel_are_all_there_and_nothing_else() -> None:
    names = {str(path.relative_to(project.ROOT)) for path in project.sources()}
    assert {"pyproject.toml", "LICENSE", "node/steps.py", "hosted_engine/site.py"} <= names
    assert not {name for name in names if name.startswith(("images/", "tests/", "ci/")) or name.endswith(".pyc")}
