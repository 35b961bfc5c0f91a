"""What every way to install does first: looks at the machine anew, and makes the plan or says why there is none."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from installer.answers import Answers
from installer.attempt import Attempt, attempt
from installer.disk_choice import choose_disks
from installer.once import check_not_installed, id_of_answers
from installer.preflight import Finding, Severity, findings
from installer.run import Machine
from installer.steps.live import read_medium
from installer.sysinfo import SysInfo
from installer.unfinished import find_unfinished
from node.api.problems import Refused
from node.upgrade.manifest import NAME


class MachineUnfit(Refused):
    what = "Nothing was written"
    why = "this machine cannot be a node: {findings}"
    mend = "Mend what these errors name"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An attempt that can be made, and what should be known before; none of the findings is an error."""

    attempt: Attempt
    findings: tuple[Finding, ...] = ()


def prepare(
    answers: Answers,
    machine: Machine,
    *,
    start_over: bool,
    once: bool = False,
    report: Callable[[Finding], None] = lambda _: None,
) -> Prepared:
    """`once`: not where the same answers were carried out before. Raises DoesNotFit, MachineUnfit, MediumUnusable,
    InstalledBefore."""
    sysinfo = observe(machine)
    found = findings(sysinfo, answers)
    for finding in found:
        report(finding)
    unfinished = find_unfinished(machine.run, sysinfo.disks)
    new_id = (lambda: id_of_answers(answers, sysinfo)) if once else uuid.uuid4
    if once:
        _check_once(answers, sysinfo, machine)
    tried = attempt(answers, sysinfo, unfinished, start_over=start_over, new_id=new_id)
    if errors := [finding.what for finding in found if finding.severity is Severity.ERROR]:
        raise MachineUnfit(findings="; ".join(errors))
    return Prepared(tried, found)


def _check_once(answers: Answers, sysinfo: SysInfo, machine: Machine) -> None:
    """Before the plan, which would refuse the disk for what is on it and not say that it is the same again."""
    choice, _ = choose_disks(answers.disks, sysinfo.disks, taken=[disk.path for disk in sysinfo.disks])
    if choice is not None:
        check_not_installed(choice.system, id_of_answers(answers, sysinfo), machine.run)


def observe(machine: Machine) -> SysInfo:
    """What the machine is, with the version that its medium holds. Raises MediumUnusable."""
    sysinfo = machine.observe()
    if (machine.live.medium / NAME).exists():
        return msgspec.structs.replace(sysinfo, version=read_medium(machine.live.medium).version)
    return sysinfo
