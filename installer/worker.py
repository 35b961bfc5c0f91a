"""The process that installs what a console asked for: `python -m installer.worker`, started by `installer.wiring`."""

import signal
import sys
from collections.abc import Callable

from installer.environment import Installed, Report
from installer.installation import Request, work
from installer.machine import this_machine
from installer.prepare import prepare
from installer.recorded import run_recorded, shown
from installer.run import Machine


def install_as_asked(
    request: Request, machine: Machine, report: Report, *, is_stopping: Callable[[], bool] = lambda: False
) -> Installed:
    """As `trivet install run` does it, but that nobody is asked any more. Raises Problem."""
    tried = prepare(request.answers, machine, start_over=request.start_over).attempt
    return shown(run_recorded(tried, machine, report, is_stopping=is_stopping), request.answers.network)


def main() -> None:
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    machine = this_machine()
    done = work(lambda request, report: install_as_asked(request, machine, report, is_stopping=lambda: bool(asked)))
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()
