"""A damaged file on the engine volume keeps the engine down only where nothing whole is left."""

from pathlib import Path

import pytest

from hosted_engine.deploy.answers import parse
from hosted_engine.deploy.decisions import decide
from hosted_engine.deploy.desired_state import ha_files
from hosted_engine.ha.site_files import SITE_FILE, SiteFileDamaged
from hosted_engine.ha.site_folder import read_site
from node.storage.site_files import _write
from tests.unit.deploy.test_answers import three

ANSWERS = parse(three())
DECISIONS = decide(ANSWERS, None)
FILES = ha_files(
    ANSWERS,
    DECISIONS,
    "certificate",
)
BROKEN = ("", "{", "null", "[]", '{"version": 99}')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path / "ha", FILES)
    return tmp_path / "ha"


@pytest.mark.parametrize("text", BROKEN)
def test_the_file_before_a_damaged_one_is_used(folder: Path, text: str) -> None:
    _write(folder, {SITE_FILE: text})
    assert read_site(folder).name == ANSWERS.site


@pytest.mark.parametrize("text", BROKEN)
def test_without_a_whole_file_it_is_said_which_one_is_damaged(folder: Path, text: str) -> None:
    (folder / SITE_FILE).write_text(text)
    with pytest.raises(SiteFileDamaged, match=r"site\.json on volume engine cannot be used"):
        read_site(folder)


def test_a_volume_that_is_not_there_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_site(tmp_path)
