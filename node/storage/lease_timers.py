"""Gives sanlock on this node other timers: out of its lockspaces, its daemon started anew, in again."""

import asyncio
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from node.api.messages.leases import LeaseTimersReport, LeaseTimersRequest
from node.api.refusals import LeasesInUse, Malformed
from node.clock import Clock
from node.storage.leases import Leases
from node.storage.sanlock import SanlockFailed
from node.storage.sanlock_status import parse_status
from node.system.files import read_or_none, write_durable
from node.system.process import CommandFailed, Run
from node.system.threads import Threads
from node.waiting import wait_until

CONFIGURATION = Path("/etc/sanlock/sanlock.conf")
UNIT = "sanlock.service"
LISTENS_S, PAUSE_S = 30.0, 0.2
FIRE_TIMEOUTS_S = (10, 120)  # with less a host that is merely busy would be reset
IO_TIMEOUTS_S = (2, 60)
TEXT = """\
# Written by Trivet. A host counts as dead after 8 times the io_timeout of its lockspace and this. The same on all nodes
# of a site, or one would take the lease of a host that another still sees alive.
watchdog_fire_timeout = {fire_timeout_s}
"""


class LeaseTimers:
    """`holders` names the VMs here that hold a lease."""

    def __init__(
        self,
        run: Run,
        threads: Threads,
        leases: Leases,
        *,
        holders: Callable[[], Sequence[str]],
        clock: Clock,
        configuration: Path = CONFIGURATION,
    ) -> None:
        self._run = run
        self._threads = threads
        self._leases = leases
        self._holders = holders
        self._clock = clock
        self._configuration = configuration
        self._lock = asyncio.Lock()

    async def lease_timers(self) -> LeaseTimersReport:
        """Raises SanlockFailed."""
        return await self._threads(self._read)

    async def set_lease_timers(self, request: LeaseTimersRequest) -> LeaseTimersReport:
        """What counts from the next boot on is written before anything is done: whoever is cut off joins with it."""
        _check(request)
        async with self._lock:
            report = await self._threads(self._read_or_none)
            is_so = report is not None and _is_so(report, request)
            if not is_so and (names := await self._threads(self._holders)):
                raise LeasesInUse(vms=", ".join(names))
            await self._threads(self._configure, request.watchdog_fire_timeout_s)
            self._leases.set_desired_timeouts(request.io_timeouts_s)
            if not is_so:
                await self._leases.change_timeouts(self._restart)
            return await self.lease_timers()

    def _configure(self, fire_timeout_s: int) -> None:
        text = read_or_none(self._configuration) or b""
        found = re.findall(rb"^\s*watchdog_fire_timeout\s*=\s*(\d+)\s*$", text, re.M)
        if found != [str(fire_timeout_s).encode()]:
            self._configuration.parent.mkdir(exist_ok=True)
            write_durable(self._configuration, TEXT.format(fire_timeout_s=fire_timeout_s), 0o644)

    def _read(self) -> LeaseTimersReport:
        try:
            status = parse_status(self._run("sanlock", "client", "status", "-D", timeout_s=10))
        except CommandFailed as err:
            raise SanlockFailed(act="tell its timers", reason=str(err)) from err
        return LeaseTimersReport(
            watchdog_fire_timeout_s=status.watchdog_fire_timeout_s,
            io_timeouts_s=status.io_timeouts_s,
            watchdog=status.watchdog,
        )

    def _read_or_none(self) -> LeaseTimersReport | None:
        try:
            return self._read()
        except SanlockFailed:
            return None

    async def _restart(self) -> None:
        """systemd takes it for started before it listens."""
        try:
            await self._threads(partial(self._run, "systemctl", "restart", UNIT, timeout_s=90))
        except CommandFailed as err:
            raise SanlockFailed(act="start anew", reason=str(err)) from err
        await wait_until(lambda: self._threads(self._read_or_none), self._clock, within_s=LISTENS_S, every_s=PAUSE_S)


def _is_so(report: LeaseTimersReport, request: LeaseTimersRequest) -> bool:
    """A lockspace that the node is not in is joined with what is desired."""
    asked = {name: seconds for name, seconds in request.io_timeouts_s.items() if name in report.io_timeouts_s}
    return (
        report.watchdog_fire_timeout_s == request.watchdog_fire_timeout_s
        and asked.items() <= report.io_timeouts_s.items()
    )


def _check(request: LeaseTimersRequest) -> None:
    for what, number, (least, most) in (
        ("watchdog_fire_timeout_s", request.watchdog_fire_timeout_s, FIRE_TIMEOUTS_S),
        *(("io_timeout_s", number, IO_TIMEOUTS_S) for number in request.io_timeouts_s.values()),
    ):
        if not least <= number <= most:
            raise Malformed(reason=f"{what} {number} is not between {least} and {most}")
