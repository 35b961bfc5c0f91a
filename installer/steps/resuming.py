"""Takes up an installation that was cut off: its journal, if it had come as far as to have one that can be read."""

import msgspec

from installer.steps.configure import configure
from installer.steps.records import JOURNAL, Installation, read_installation, write_records
from installer.steps.target import TargetJournal
from installer.steps.work import Work
from node.api.problems import Refused
from node.steps import Mark
from node.system.process import CommandFailed


class OtherVersion(Refused):
    what = "Cannot go on with the installation on {disk}"
    why = "it was begun with Trivet {old}, and this medium holds {new}"
    mend = "Use the medium of {old}, or start over"


class OtherDisks(Refused):
    what = "Cannot go on with the installation on {disk}"
    why = "it was begun with the disks {old}, and these answers choose {new}"
    mend = "Choose the same disks, or start over"


def take_up(work: Work) -> tuple[str, ...]:
    """The keys of the steps that are done; none for a run that was cut off before anything could be noted, which
    begins anew. Other answers than before count: the configuration is written again. Raises OtherVersion, OtherDisks.
    """
    found = _read(work)
    if found is None:
        work.target.unmount_all()
        return ()
    installation, journal = found
    _check_same(work, installation)
    work.journal = journal
    write_records(work.state(), installation, work.plan.answers)
    done = tuple(entry.key for entry in journal.entries() if entry.mark is Mark.DONE)
    if "configure" in done:
        configure(work)
    return done


def _read(work: Work) -> tuple[Installation, TargetJournal] | None:
    """None also for a file system or a file that was torn: what is on the disk is this installation's and no more."""
    try:
        state = work.state()
        installation = read_installation(state)
        journal = TargetJournal(state / JOURNAL)
    except (CommandFailed, OSError, msgspec.MsgspecError):
        return None
    began = any(entry.mark is Mark.DONE for entry in journal.entries())
    return (installation, journal) if installation is not None and began else None


def _check_same(work: Work, installation: Installation) -> None:
    disk, plan = work.plan.system.name, work.plan
    if installation.version != plan.version:
        raise OtherVersion(disk=disk, old=installation.version, new=plan.version)
    if installation.disks != plan.disk_names:
        raise OtherDisks(disk=disk, old=", ".join(installation.disks), new=", ".join(plan.disk_names))
