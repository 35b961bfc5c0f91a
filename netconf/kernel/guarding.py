"""Starts the watchdog of a change where nothing that happens to the caller happens to it, too."""

import logging
import os
import select
import subprocess
import sys
from pathlib import Path

_SYSTEMD = Path("/run/systemd/system")  # it is there when systemd has begun the machine: see sd_booted(3)
_CODE = Path(__file__).parents[2]
_READY_S = 40  # in an emulated machine it takes some
_UNIT = (
    *("systemd-run", "--quiet", "--collect", "--service-type=notify", "--working-directory=/"),
    *("--property=OOMScoreAdjust=-1000", "--property=TimeoutStopSec=1"),
)

log = logging.getLogger(__name__)


def start_watchdog(folder: Path, change: str) -> None:
    """Returns when it is on its guard. Raises OSError with what it said.

    Where systemd runs it is a unit of its own: the service or session that asks for a change takes all its processes
    along when it ends. Should that not succeed, it is a process that does for itself what it can.
    """
    argv = (sys.executable, "-P", "-m", "netconf.kernel.watchdog", str(folder), change)
    if _SYSTEMD.is_dir():
        try:
            _start_unit(change, argv)
            return
        except (OSError, subprocess.SubprocessError) as err:
            log.warning("the watchdog of a change of the network gets no unit of its own: %s", err)
    _start_process(argv)


def _start_unit(change: str, argv: tuple[str, ...]) -> None:
    words = (*_UNIT, f"--unit=trivet-network-{change}", f"--setenv=PYTHONPATH={_CODE}", *argv)
    done = subprocess.run(words, capture_output=True, text=True, timeout=_READY_S, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip() or f"systemd-run ended with {done.returncode}")


def _start_process(argv: tuple[str, ...]) -> None:
    child = subprocess.Popen(
        argv,
        cwd="/",
        env={"PYTHONPATH": str(_CODE), "PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert child.stdout is not None
    with child.stdout as said:
        heard, _, _ = select.select([said], [], [], _READY_S)
        first = said.readline() if heard else b""
        if first != b"ready\n":
            why = (first + said.read()).decode(errors="replace").strip() if heard else "it does not get ready"
            raise OSError(why or "it ended at once")
    child.wait()
