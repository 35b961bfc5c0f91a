"""What every way to install does first: looks at the machine anew, and makes the plan or says why there is none."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from installer.answers import Answers
from installer.attempt import Attempt, attempt
from installer.preflight import Finding, Severity, findings
from installer.run import Machine
from installer.steps.live import MANIFEST, read_manifest
from installer.sysinfo import SysInfo
from installer.unfinished import find_unfinished
from node.api.problems import Refused


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
    answers: Answers, machine: Machine, *, start_over: bool, report: Callable[[Finding], None] = lambda _: None
) -> Prepared:
    """Raises DoesNotFit, MachineUnfit and MediumUnusable."""
    sysinfo = observe(machine)
    found = findings(sysinfo, answers)
    for finding in found:
        report(finding)
    tried = attempt(answers, sysinfo, find_unfinished(machine.run, sysinfo.disks), start_over=start_over)
    if errors := [finding.what for finding in found if finding.severity is Severity.ERROR]:
        raise MachineUnfit(findings="; ".join(errors))
    return Prepared(tried, found)


def observe(machine: Machine) -> SysInfo:
    """What the machine is, with the version that its medium holds. Raises MediumUnusable."""
    sysinfo = machine.look()
    if (machine.live.medium / MANIFEST).exists():
        return msgspec.structs.replace(sysinfo, version=read_manifest(machine.live.medium).version)
    return sysinfo
