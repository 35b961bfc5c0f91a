import subprocess
from pathlib import Path

import pytest

from images import project, version
from node.system.process import run

DATE = 1_796_040_000  # 2026-11-30 12:00 UTC


def git(folder: Path, *argv: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    environment = {"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": f"{DATE} +0000", "HOME": str(folder)}
    subprocess.run(["git", "-C", str(folder), *identity, *argv], check=True, env=environment, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr(project, "ROOT", tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images/x.py").write_text("1\n")
    (tmp_path / "LICENSE").write_text("\n")
    packages = '[tool.setuptools.packages.find]\ninclude = ["node*"]\n'
    (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "1.2.3"\n{packages}')
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "x")
    return tmp_path


def test_is_the_time_of_the_last_commit(checkout: Path) -> None:
    assert version.version(run) == "1.2.3.202611301200"


def test_a_commit_that_changes_no_image_changes_no_version(checkout: Path) -> None:
    (checkout / "README.md").write_text("x")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "docs")
    assert version.version(run) == "1.2.3.202611301200"


def test_what_is_not_committed_has_a_key_of_its_own(checkout: Path) -> None:
    (checkout / "images/x.py").write_text("2\n")
    first = version.version(run)
    (checkout / "images/x.py").write_text("3\n")
    assert first.startswith("1.2.3.202611301200.d")
    assert version.version(run) != first


def test_fits_the_label_of_a_partition(checkout: Path) -> None:
    (checkout / "images/x.py").write_text("2\n")
    assert len(f"trivet_{version.version(run)}") <= 36  # of a GPT entry, UTF-16 code units


def test_without_git_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    with pytest.raises(version.NoTime):
        version.source_date(run)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(DATE))
    assert version.source_date(run) == DATE
