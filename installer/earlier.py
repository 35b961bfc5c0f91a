"""What an installation that was cut off had been asked for, and how far it had come: read from its own state."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec

from installer.answers import Answers
from installer.disk_layout import STATE, device_of
from installer.environment import Unfinished
from installer.reading import AnswersWrong
from installer.run import Machine
from installer.steps.records import JOURNAL, read_answers
from installer.steps.target import Target, TargetJournal
from installer.sysinfo import Disk
from installer.unfinished import find_unfinished
from node.api.problems import Refused
from node.steps import Mark
from node.system.process import CommandFailed

_BEFORE_THE_JOURNAL = "ro,noload"
_T = TypeVar("_T")


class AnswersLost(Refused):
    what: ClassVar[str] = "Cannot go on with the installation on {disk}"
    why: ClassVar[str] = "what it was asked for cannot be read: it was cut off at its very beginning"
    mend: ClassVar[str] = "Start over"


def read_unfinished(machine: Machine, disks: Sequence[Disk]) -> Unfinished | None:
    """The first one. Nothing is written to its disk, not even by the journal of its file system: what came last before
    the cut may be missing, be it all."""
    for found in find_unfinished(machine.run, disks):
        known = _read(machine, found.system, _BEFORE_THE_JOURNAL, lambda state: (read_answers(state), _done(state)))
        answers, done = known or (None, 0)
        return Unfinished(found.system.name, answers, done)
    return None


def read_earlier_answers(machine: Machine, disks: Sequence[Disk], disk: str) -> Answers:
    """Of the one on `disk`, for who has said that it is gone on with: the file system's journal is replayed. Raises
    AnswersLost."""
    system = next((found.system for found in find_unfinished(machine.run, disks) if found.system.name == disk), None)
    answers = _read(machine, system, "ro", read_answers) if system is not None else None
    if answers is None:
        raise AnswersLost(disk=disk)
    return answers


def _read(machine: Machine, disk: Disk, options: str, read: Callable[[Path], _T]) -> _T | None:
    """None also for a file system that was never finished. Each process has a place of its own to mount it."""
    target = Target(machine.run, machine.live.mounts.with_name(f"look-{os.getpid()}"))
    try:
        return read(target.mount("earlier", device_of(disk.path, STATE), "ext4", options=options))
    except (CommandFailed, OSError, msgspec.MsgspecError, AnswersWrong):
        return None
    finally:
        with suppress(CommandFailed):
            target.unmount_all()


def _done(state: Path) -> int:
    entries = TargetJournal(state / JOURNAL).entries() if (state / JOURNAL).exists() else ()
    return sum(entry.mark is Mark.DONE for entry in entries)
