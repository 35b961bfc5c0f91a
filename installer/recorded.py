"""An attempt carried out so that consoles can follow: every step with its time, and the commands that it runs."""

import shlex
from collections.abc import Callable
from dataclasses import replace

from installer.answers import Ip, NetworkAnswers
from installer.attempt import Attempt
from installer.environment import Installed, LogLine, Report, StepReport
from installer.run import Installed as Result
from installer.run import Machine, Progress, install
from netconf.uptime import uptime_s
from node.fingerprint import format_proquints
from node.system.process import Run


def run_recorded(
    tried: Attempt,
    machine: Machine,
    report: Report,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    is_stopping: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = uptime_s,
) -> Result:
    """`on_progress` is called with the steps as well. Raises what `install` does."""

    def step(progress: Progress) -> None:
        report(StepReport(progress, clock()))
        on_progress(progress)

    return install(
        tried.plan,
        replace(machine, run=_logged(machine.run, report)),
        go_on=tried.earlier if tried.goes_on else None,
        report=step,
        is_stopping=is_stopping,
    )


def shown(done: Result, network: NetworkAnswers) -> Installed:
    static = ((network.ipv4, network.address), (network.ipv6, network.address6))
    addresses = tuple(str(address) for source, address in static if source is Ip.STATIC and address is not None)
    return Installed(addresses, format_proquints(done.fingerprint), done.claim_code, done.remarks)


def _logged(run: Run, report: Report) -> Run:
    """Command lines are for everybody on the machine to see: no secret is in one."""

    def logged(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        report(LogLine(f"+ {shlex.join(argv)}"))
        return run(*argv, stdin=stdin, timeout_s=timeout_s)

    return logged
