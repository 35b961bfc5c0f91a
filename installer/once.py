"""An unattended installation is made once: firmware that prefers the medium does not install at every start."""

import uuid

import msgspec

from installer.answers import Answers
from installer.disk_layout import STATE_LABEL
from installer.steps.records import encode_answers
from installer.steps.tables import read_table
from installer.sysinfo import Disk, SysInfo
from node.api.problems import Refused
from node.system.process import Run

_NAMESPACE = uuid.UUID("4f0b3c1e-8f2c-4c7e-9a51-0f2f6d1c9b7a")  # ours, drawn once


class InstalledBefore(Refused):
    what = "Nothing was written"
    why = "this machine was installed from the same answers before, on {disk}"
    mend = (
        "Take the medium out, or let the firmware start from {disk}; to install it anew change the answers, or "
        "install by hand"
    )


def id_of_answers(answers: Answers, sysinfo: SysInfo) -> str:
    """The id of the installation that these answers make on this machine; another one on every other machine. The hash
    of a password is another one each time that it is made, and a new join code makes no other node."""
    same = without_secrets(answers)
    disks = sorted(f"{disk.serial} {disk.wwn}" for disk in sysinfo.disks if disk.serial or disk.wwn)
    nics = sorted(nic.mac for nic in sysinfo.nics)
    machine = "\n".join([sysinfo.uuid, *disks, *nics])
    return str(uuid.uuid5(_NAMESPACE, f"{encode_answers(same).decode()}\n{machine}"))


def without_secrets(answers: Answers) -> Answers:
    machine = msgspec.structs.replace(answers.machine, password_hash=None)
    return msgspec.structs.replace(answers, machine=machine, role=msgspec.structs.replace(answers.role, join_code=None))


def check_not_installed(system: Disk, installation_id: str, run: Run) -> None:
    """Raises InstalledBefore. The disk's own UUID is its installation's id; one that was cut off has another label."""
    table = read_table(run, system.path)
    if table is None or table.uuid != installation_id:
        return
    if any(partition.label == STATE_LABEL for partition in table.partitions):
        raise InstalledBefore(disk=f"{system.name} ({system.serial or system.wwn})")
