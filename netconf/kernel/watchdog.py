"""A process of its own that takes a change back when its time is over, whoever else has died by then.

Run as `python -m netconf.kernel.watchdog FOLDER CHANGE`; says "ready" once nothing more than the kernel is needed. As a
unit of systemd's (of the type notify) it says so to systemd, too, which keeps it apart from everything else.
"""

import contextlib
import os
import signal
import socket
import sys
import time
from pathlib import Path

from netconf.kernel.changes import Changes, State
from netconf.kernel.convergence import roll_back
from netconf.kernel.executor import NetlinkExecutor
from netconf.kernel.namespace import enter
from netconf.uptime import uptime_s

_PROBE_EVERY_S = 0.5
_AGAIN_EVERY_S = 1.0
_TRIES = 60
_CGROUPS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/systemd"))
_OWN = "trivet-network-watchdog"


def main() -> None:
    folder, change = Path(sys.argv[1]), sys.argv[2]
    unit = os.environ.get("NOTIFY_SOCKET")
    if unit is None:
        _leave_the_caller()
    _stay_alive()
    changes = Changes(folder)
    record = changes.record(change)
    if record.namespace is not None:
        enter(record.namespace)
    with NetlinkExecutor(Path(record.resolver)) as kernel:
        kernel.read_state()  # now all that it takes is loaded
        os.write(1, b"ready\n")
        if unit is not None:
            _notify_systemd(unit)
        _let_go_of_callers_files(folder)
        watch(kernel, changes, change)


def watch(kernel: NetlinkExecutor, changes: Changes, change: str) -> None:
    """Until the change is kept or has gone back."""
    tries = 0
    while tries < _TRIES:
        state, deadline_s = changes.state(change)
        left_s = deadline_s - uptime_s()
        if state is State.WAITING and left_s > 0:
            time.sleep(min(left_s, _PROBE_EVERY_S))
            continue
        if state is State.WAITING:
            state = changes.end(change, State.ROLLING_BACK)
        if state is not State.ROLLING_BACK:
            return
        left = roll_back(kernel, changes, change)
        if left:
            tries += 1
            os.write(2, f"{change}: after going back {tries} times there is left: {'; '.join(left)}\n".encode())
            time.sleep(_AGAIN_EVERY_S)


def _leave_the_caller() -> None:
    """Its session, and its control group where that can be had."""
    if os.fork():  # whoever started it need not wait for its end
        os._exit(0)
    os.setsid()
    for root in _CGROUPS:
        with contextlib.suppress(OSError):
            if (root / "cgroup.procs").exists():
                (root / _OWN).mkdir(exist_ok=True)
                (root / _OWN / "cgroup.procs").write_text(str(os.getpid()))


def _notify_systemd(address: str) -> None:
    """As sd_notify(3)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.sendto(b"READY=1", address.replace("@", "\0", 1))


def _stay_alive() -> None:
    """As far as one can: not be ended with the terminal or the memory of whoever asked for the change."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("-1000")


def _let_go_of_callers_files(folder: Path) -> None:
    log = os.open(folder / "watchdog.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for known in (1, 2):
        os.dup2(log, known)
    os.close(log)


if __name__ == "__main__":
    main()
