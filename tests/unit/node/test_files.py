"""A durable write leaves the wanted content and mode, and nothing beside it."""

from pathlib import Path

from node.system.files import read_or_none, write_durable


def test_content_and_mode_are_as_wanted_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    (tmp_path / ".secret.part").write_text("left by a crash")
    write_durable(path, "one")
    write_durable(path, b"two", mode=0o644)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]


def test_a_file_that_is_not_there_reads_as_none(tmp_path: Path) -> None:
    assert read_or_none(tmp_path / "nothing") is None
