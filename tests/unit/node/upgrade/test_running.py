from importlib.metadata import version
from pathlib import Path

import pytest

from node.upgrade.running import running_version


def test_an_installed_node_says_its_image(tmp_path: Path) -> None:
    booted = tmp_path / "booted.json"
    booted.write_text('{"version": "0.1.0.202611301110", "disk": "sda", "slot": "sda2", "state": "sda4"}')
    assert running_version(booted) == "0.1.0.202611301110"


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}"])
def test_any_other_machine_says_its_code(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "booted.json").write_text(text)
    assert running_version(tmp_path / "booted.json") == version("trivet")
