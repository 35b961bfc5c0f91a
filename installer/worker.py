"""The process that installs what a console asked for: `python -m installer.worker`, started by `installer.wiring`."""

import shlex
import signal
import sys
from collections.abc import Callable
from dataclasses import replace

from installer.answers import Ip, NetworkAnswers
from installer.installation import Request, work
from installer.machine import this_machine
from installer.prepare import prepare
from installer.run import Installed as Result
from installer.run import Machine, Progress, install
from installer.surroundings import Installed, LogLine, Report, StepReport
from netconf.uptime import uptime_s
from node.fingerprint import format_words
from node.system.process import Run


def carry_out(
    request: Request,
    machine: Machine,
    report: Report,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = uptime_s,
) -> Installed:
    """As `trivet install run` does it, but that nobody is asked any more. Raises Problem."""
    tried = prepare(request.answers, machine, start_over=request.start_over).attempt

    def step(progress: Progress) -> None:
        report(StepReport(progress, clock()))

    done = install(
        tried.plan,
        replace(machine, run=_logged(machine.run, report)),
        go_on=tried.earlier if tried.goes_on else None,
        report=step,
        is_stopping=is_stopping,
    )
    return _installed(done, request.answers.network)


def _installed(done: Result, network: NetworkAnswers) -> Installed:
    static = ((network.ipv4, network.address), (network.ipv6, network.address6))
    addresses = tuple(str(address) for source, address in static if source is Ip.STATIC and address is not None)
    return Installed(addresses, format_words(done.fingerprint), done.claim_code, done.remarks)


def _logged(run: Run, report: Report) -> Run:
    """Command lines are for everybody on the machine to see: no secret is in one."""

    def logged(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        report(LogLine(f"+ {shlex.join(argv)}"))
        return run(*argv, stdin=stdin, timeout_s=timeout_s)

    return logged


def main() -> None:
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    machine = this_machine()
    done = work(lambda request, report: carry_out(request, machine, report, is_stopping=lambda: bool(asked)))
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()
