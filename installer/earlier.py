"""What an installation that was cut off had been asked for, and how far it had come: read from its own state."""

import os
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from installer.disk_layout import STATE, device_of
from installer.reading import AnswersWrong
from installer.run import Machine
from installer.steps.records import JOURNAL, read_answers
from installer.steps.target import Target, TargetJournal
from installer.surroundings import Unfinished
from installer.sysinfo import Disk
from installer.unfinished import find_unfinished
from node.steps import Mark
from node.system.process import CommandFailed


def read_unfinished(machine: Machine, disks: Sequence[Disk]) -> Unfinished | None:
    """The first one that can be gone on with without asking; None also for one that was cut off before there was a
    place for its answers. It is mounted read-only: nothing but the file system's own journal is written."""
    for found in find_unfinished(machine.run, disks):
        target = Target(machine.run, machine.live.mounts.with_name(f"look-{os.getpid()}"))
        try:
            state = target.mount("earlier", device_of(found.system.path, STATE), "ext4", options="ro")
            answers = read_answers(state)
            if answers is not None and (state / JOURNAL).exists():
                done = [entry for entry in TargetJournal(state / JOURNAL).entries() if entry.mark is Mark.DONE]
                return Unfinished(found.system.name, answers, len(done))
        except (CommandFailed, OSError, msgspec.MsgspecError, AnswersWrong):
            continue  # a file system that was never finished
        finally:
            with suppress(CommandFailed):
                target.unmount_all()
    return None
