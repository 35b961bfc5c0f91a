"""Answers captured from the real gluster 11.1 of Debian 13, by file name."""

from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "data" / "gluster"


def captured(name: str) -> str:
    return (_FOLDER / f"{name}.xml").read_text(encoding="utf-8")


def group_virt() -> str:
    return (_FOLDER / "group-virt.txt").read_text(encoding="utf-8")
