"""What the installation was told that this node is for: the console begins with that while it belongs to no site."""

from collections.abc import Callable
from pathlib import Path

from installer.answers import Role
from installer.steps.records import read_answers
from node.api.problems import Problem
from node.config import Config
from node.registration.credentials import AUTHORITY
from node.registration.join_files import join_files_of

_KEYS = {Role.FIRST: "C", Role.JOIN: "J"}


def intended_key(state: Path, settings: Callable[[], Config]) -> str | None:
    """The letter of the menu's entry to begin with; None for a member of a site, for one that asks already, and where
    nothing was said."""
    try:
        own = settings()
        files = join_files_of(own)
        if (own.own_folder / AUTHORITY).exists() or files.wanted() is not None or files.request() is not None:
            return None
        answers = read_answers(state)
    except (OSError, ValueError, Problem):  # it is a help and nothing more
        return None
    return None if answers is None else _KEYS.get(answers.role.kind)


def intended_engine(state: Path) -> str:
    """The engine that the installation was told; empty where it was told none."""
    try:
        answers = read_answers(state)
    except (OSError, ValueError, Problem):
        return ""
    return (answers.role.engine or "") if answers is not None else ""
