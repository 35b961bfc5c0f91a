"""Answers captured from the real gluster 11.1 of Debian 13, by file name."""

from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "data" / "gluster"


def captured(name: str) -> str:
    return (_FOLDER / f"{name}.xml").read_text(encoding="utf-8")


def captured_text(name: str) -> str:
    """Of what answers in plain text in spite of --xml, and of files that gluster ships."""
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def group_virt() -> str:
    return captured_text("group-virt")
