"""The first step: the system disk is wiped and divided, and what was begun is noted on it."""

from installer.disk_layout import STATE
from installer.steps.records import JOURNAL, Installation, write_records
from installer.steps.releasing import release
from installer.steps.tables import wipe, write_table
from installer.steps.work import Work, format_state


def partition(work: Work) -> None:
    plan, disk = work.plan, work.plan.system.path
    work.target.unmount_all()
    work.check_is_same(plan.system)
    wipe(work.run, disk, release(work.run, disk, work.live.sys))
    write_table(work.run, disk, plan.table)
    format_state(work, work.partition(STATE))
    state = work.state()
    for folder in ("etc", "etc/upper", "etc/work", "var", "var/upper", "var/work", "images"):
        (state / folder).mkdir()
        (state / folder).chmod(0o755)  # those of the upper layers become those of /etc and /var, whatever the umask
    made = Installation(id=plan.installation_id, version=plan.version, disks=plan.disk_names)
    write_records(state, made, plan.answers)
    work.journal.write_to(state / JOURNAL)
