"""Applies a plan with the kernel alone, under a snapshot that a watchdog restores unless the change is confirmed.

The snapshot is on the disk and the watchdog runs before anything is changed; netconf.kernel.changes decides what
becomes of a change.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from netconf.backend import NOTHING
from netconf.errors import ChangeFailed, ChangePending, CheckpointGone, NoWayBack
from netconf.kernel import convergence, limits, resolver
from netconf.kernel.changes import Changes, Record, State
from netconf.kernel.convergence import Overtaken, converge, roll_back, with_others
from netconf.kernel.executor import RESOLV_CONF, NetlinkExecutor
from netconf.kernel.guarding import start_watchdog
from netconf.kernel.namespace import inside
from netconf.kernel.state import KernelState
from netconf.kernel.target import target
from netconf.model import Checkpoint, Interface, IpConfig, LinkType, NetworkState
from netconf.options import over
from netconf.planning.completion import complete
from netconf.planning.plan import Step, plan
from netconf.uptime import boot_id, uptime_s

FOLDER = Path("/run/trivet/netconf/kernel")
_VERIFY_S = 5
_PROBE_EVERY_S = 0.1
_T = TypeVar("_T")

log = logging.getLogger(__name__)


class Opened(convergence.Kernel, AbstractContextManager["Opened"], Protocol):
    """`netconf.kernel.executor.NetlinkExecutor`, or one in memory."""

    def observe(self) -> tuple[NetworkState, KernelState]: ...


class Kernel:
    """The backend of the installer, the witness and of nodes whose NetworkManager is dead. Needs root.

    `folder` is where changes are written down, `netns` another network namespace (its name or path), `executor`
    other ones and `watch` what starts the watchdog, for tests.
    """

    name = "kernel"

    def __init__(
        self,
        *,
        folder: Path = FOLDER,
        resolv_conf: Path = RESOLV_CONF,
        netns: str | None = None,
        executor: Callable[[Path], Opened] = NetlinkExecutor,
        watch: "Callable[[Path, str], None] | None" = None,
    ) -> None:
        self._executor, self._watch = executor, watch or start_watchdog
        self._changes, self._folder = Changes(folder), folder
        self._resolv_conf = resolv_conf
        self._netns = netns

    async def answers(self) -> bool:
        return True

    async def show(self) -> NetworkState:
        return await self._with_executor(self._show)

    async def roll_back_unconfirmed(self, plugged: Mapping[str, str] = NOTHING) -> None:
        """`plugged` is known without being told: it is in the snapshot."""
        await asyncio.to_thread(self._roll_back_unconfirmed)

    async def wait_idle(self) -> None:
        """What it does is done when it returns."""

    async def resume(self) -> None:
        """It saves nothing."""

    async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
        work = asyncio.create_task(asyncio.to_thread(self._apply_alone, desired, confirm_within_s))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            for change in self._changes.unfinished():  # at the next operation the thread sees that it is over
                self._changes.end(change, State.ROLLING_BACK)
            with contextlib.suppress(Exception):
                await work
            await self.roll_back_unconfirmed()
            raise

    async def confirm(self, checkpoint: Checkpoint) -> None:
        if await asyncio.to_thread(self._end, checkpoint, State.CONFIRMED) is not State.CONFIRMED:
            raise CheckpointGone()

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        match await asyncio.to_thread(self._end, checkpoint, State.ROLLING_BACK):
            case State.CONFIRMED:
                raise CheckpointGone()
            case State.ROLLING_BACK:
                now = await asyncio.to_thread(self._roll_back, checkpoint.id)
                if now != _IS_BACK:
                    raise ChangeFailed(reason="it was to be taken back", now=now)

    def _end(self, checkpoint: Checkpoint, how: State) -> State:
        try:
            state, deadline_s = self._changes.state(checkpoint.id)
            if how is State.CONFIRMED and state is State.WAITING and deadline_s <= uptime_s():
                how = State.ROLLING_BACK  # the watchdog is late or dead
            return self._changes.end(checkpoint.id, how)
        except LookupError:
            raise CheckpointGone() from None

    def _roll_back_unconfirmed(self) -> None:
        if not self._changes.unfinished():
            return
        with self._changes.making() as alone:
            if not alone:
                raise ChangePending()
            for change in self._changes.unfinished():
                if self._changes.end(change, State.ROLLING_BACK) is State.ROLLING_BACK:
                    self._roll_back(change)

    def _apply_alone(self, desired: NetworkState, confirm_within_s: int) -> Checkpoint:
        with self._changes.making() as alone:
            if not alone or self._changes.unfinished():
                raise ChangePending()
            return inside(self._netns, lambda: self._apply(desired, confirm_within_s))

    def _apply(self, desired: NetworkState, confirm_within_s: int) -> Checkpoint:
        with self._executor(self._resolv_conf) as kernel:
            before, observed = kernel.read_state(), self._show(kernel)
            completed = complete(desired, observed)
            limits.check(completed, before, self._why_not_ours())
            text = before.resolver if completed.dns is None else resolver.write(completed.dns, before.resolver or "")
            desired_state = target(completed, observed, before, text)
            change = self._arm(before, desired_state, confirm_within_s)
            try:
                target_state = partial(with_others, desired_state, before)
                wrong = converge(kernel, target_state, lambda: self._changes.turn(change, State.WAITING))
                if left := self._left(kernel, desired, 0 if wrong else _VERIFY_S):
                    raise _Stuck("; ".join(wrong) or f"after the change this is still to be done: {left}")
                for message in wrong:
                    log.warning("%s", message)
                if self._changes.state(change)[0] is not State.WAITING:
                    raise Overtaken()
            except BaseException as err:
                self._changes.end(change, State.ROLLING_BACK)
                reason = (
                    "its time was over, or it was taken back, before it was made"
                    if isinstance(err, Overtaken)
                    else str(err) or repr(err)
                )
                raise ChangeFailed(reason=reason, now=self._roll_back(change)) from err
            return Checkpoint(change)

    def _left(self, kernel: Opened, desired: NetworkState, timeout_s: float) -> str:
        """What is still to be done after some patience, in words: links come up and vanish late."""
        until = time.monotonic() + timeout_s
        while left := plan(desired, self._show(kernel)):
            if time.monotonic() >= until:
                return "; ".join(step.description for step in left)
            time.sleep(_PROBE_EVERY_S)
        return ""

    def _arm(self, before: KernelState, desired: KernelState, confirm_within_s: int) -> str:
        record = Record(before, desired, uptime_s(), boot_id(), self._netns, str(self._resolv_conf))
        try:
            change = self._changes.begin(record, record.taken_s + confirm_within_s)
        except OSError as err:
            raise NoWayBack(reason=str(err)) from err
        try:
            self._watch(self._folder, change)
        except OSError as err:
            self._changes.end(change, State.ROLLING_BACK)
            self._changes.mark_rolled_back(change)
            raise NoWayBack(reason=str(err)) from err
        return change

    def _roll_back(self, change: str) -> str:
        """Take the change back; returns in words how that went."""
        record = self._changes.record(change)
        if record.boot != boot_id():  # that network went with the power
            self._changes.mark_rolled_back(change)
            return _IS_BACK
        try:
            left = inside(record.namespace, lambda: self._roll_back_in(change, Path(record.resolver)))
        except FileNotFoundError:  # so did the namespace
            self._changes.mark_rolled_back(change)
            return _IS_BACK
        if left:
            return f"going back failed too ({'; '.join(left)}), the watchdog tries again"
        return _IS_BACK

    def _roll_back_in(self, change: str, resolv_conf: Path) -> tuple[str, ...]:
        with self._executor(resolv_conf) as kernel:
            return roll_back(kernel, self._changes, change)

    def _why_not_ours(self) -> str | None:
        if not self._resolv_conf.is_symlink():
            return None
        return (
            f"{self._resolv_conf} leads to {os.readlink(self._resolv_conf)}, which another program writes; leave it out"
        )

    def _show(self, kernel: Opened) -> NetworkState:
        observed, state = kernel.observe()
        interfaces = tuple(_with_kernel_state(interface, state) for interface in observed.interfaces)
        return replace(observed, interfaces=interfaces, dns=resolver.read(state.resolver or ""))

    async def _with_executor(self, work: Callable[[Opened], _T]) -> _T:
        def run() -> _T:
            with self._executor(self._resolv_conf) as kernel:
                return work(kernel)

        return await asyncio.to_thread(inside, self._netns, run)


_IS_BACK = "the earlier configuration is back"


class _Stuck(Exception):
    """Why a change does not get on, in words."""


def _with_kernel_state(interface: Interface, state: KernelState) -> Interface:
    """What only the kernel's sysctls say, and the description. There is no other configuration than what is so."""
    link = state.link(interface.name)
    if link is None or interface.type is LinkType.LOOPBACK:
        return interface
    told = link.sysctls.get("accept_ra") == "2" and link.sysctls.get("disable_ipv6") == "0"
    ipv4, ipv6 = interface.ipv4 or IpConfig(), interface.ipv6 or IpConfig()
    word = limits.GENERATED.get(link.sysctls.get("addr_gen_mode", ""))
    options = (*limits.SO_ANYWAY, *((("addr-gen-mode", word),) if word else ()))
    ipv6 = replace(ipv6, enabled=ipv6.enabled or told, autoconf=ipv6.autoconf or told)
    return replace(
        interface,
        description=link.alias or None,
        sriov=interface.sriov and replace(interface.sriov, asked=interface.total_vfs),
        ipv4=replace(ipv4, options=over(limits.SO_ANYWAY, ())) if ipv4.enabled else ipv4,
        ipv6=replace(ipv6, options=over(options, ())) if ipv6.enabled else ipv6,
    )
