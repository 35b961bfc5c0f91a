"""Lets a process die, freeze, or take NetworkManager with it, right before the n-th call that changes something."""

import os
import signal
import time
from enum import StrEnum
from pathlib import Path
from typing import Any

from netconf.networkmanager.bus import Bus

ORDER, REACHED = "order", "reached"
NM_PID, STAYS_DEAD = Path("/run/nm.pid"), Path("/run/nm.stays-dead")

_CHANGING = frozenset(
    {
        *("CheckpointCreate", "CheckpointAdjustRollbackTimeout", "CheckpointDestroy", "CheckpointRollback"),
        *("AddConnection2", "Update2", "ActivateConnection", "Disconnect", "Delete"),
    }
)


class Death(StrEnum):
    """Each says so in the file `reached`. FREEZE waits for the power cut, PAUSE until the order is countermanded, after
    FOR_GOOD NetworkManager is kept dead."""

    PROCESS = "process"
    FREEZE = "freeze"
    PAUSE = "pause"
    NETWORKMANAGER = "networkmanager"
    FOR_GOOD = "networkmanager for good"


def order(folder: Path, death: Death, at: int) -> None:
    """For the next process that counts; `at` begins with 1."""
    (folder / REACHED).unlink(missing_ok=True)
    (folder / f"{ORDER}.new").write_text(f"{at} {death}")
    (folder / f"{ORDER}.new").rename(folder / ORDER)


def has_struck(folder: Path) -> bool:
    return (folder / REACHED).exists()


def countermand(folder: Path) -> None:
    for name in (ORDER, REACHED):
        (folder / name).unlink(missing_ok=True)


def obey(folder: Path) -> None:
    """From now on this process counts its calls to NetworkManager while there is an order."""
    real, counted = Bus.call, 0

    async def call(self: Bus, path: str, interface: str, member: str, signature: str = "", *body: object) -> Any:
        nonlocal counted
        if member in _CHANGING and (folder / ORDER).exists():
            counted += 1
            at, death = (folder / ORDER).read_text().split(maxsplit=1)
            if counted == int(at):
                counted = 0
                (folder / ORDER).unlink()
                (folder / REACHED).write_text(member)
                _strike(Death(death), folder)
        return await real(self, path, interface, member, signature, *body)

    Bus.call = call  # type: ignore[method-assign]


def _strike(death: Death, folder: Path) -> None:
    match death:
        case Death.PROCESS:
            os.kill(os.getpid(), signal.SIGKILL)
        case Death.FREEZE:
            time.sleep(3600)
        case Death.PAUSE:
            while (folder / REACHED).exists():
                time.sleep(0.05)
        case Death.FOR_GOOD:
            STAYS_DEAD.touch()
            os.kill(int(NM_PID.read_text()), signal.SIGKILL)
        case Death.NETWORKMANAGER:
            os.kill(int(NM_PID.read_text()), signal.SIGKILL)
