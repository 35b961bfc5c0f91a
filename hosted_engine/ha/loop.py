"""The loop that keeps the engine alive: look, decide, do one thing, sleep; nothing in it can hang."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hosted_engine.ha.actions import Actor
from hosted_engine.ha.board import Board, BoardState
from hosted_engine.ha.clocks import EngineClockWrong, HostClockWrong
from hosted_engine.ha.decide import decide
from hosted_engine.ha.engine_vm_choice import choose, format_fallback
from hosted_engine.ha.failover import Failover, Track, after_start, follow
from hosted_engine.ha.fencer import Fencer
from hosted_engine.ha.latency import format_slow, latency
from hosted_engine.ha.memory import after_action, after_decision, own_block, stopped
from hosted_engine.ha.monitor import Monitor, Sample
from hosted_engine.ha.network_probes import ObservedNetwork
from hosted_engine.ha.notifications import Trouble
from hosted_engine.ha.notifier import Notifier
from hosted_engine.ha.observe import first_view, next_view
from hosted_engine.ha.profiles import Profile
from hosted_engine.ha.ranking import is_alive
from hosted_engine.ha.records import Records
from hosted_engine.ha.score import Measurements
from hosted_engine.ha.states import Action, Health, LeaseState, VmState
from hosted_engine.ha.versions import why_outdated
from hosted_engine.ha.view import Facts, Memory
from hosted_engine.ha.whiteboard import BadBlock, HostBlock
from node.api.messages.ha import EngineVmReport, Shape
from node.clock import Clock
from node.ha_service import read_restart

NETWORK_S = 60.0  # so much of the network's past counts for the score


@dataclass(frozen=True, slots=True)
class ObservedVm:
    """`started_at`: when its process was started or its guest began to boot again, by the monotonic clock. `shape`: how
    it runs."""

    state: VmState
    pid: int | None = None
    started_at: float | None = None
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Monitors:
    board: Monitor[BoardState]
    lease: Monitor[tuple[LeaseState, int | None]]
    vm: Monitor[ObservedVm]
    health: Monitor[Health]
    network: Monitor[ObservedNetwork]
    cpu: Monitor[float | None]
    memory: Monitor[float]
    bridge: Monitor[bool]
    configuration: Monitor[EngineVmReport]
    clock: Monitor[float | None]
    fencing: Monitor[dict[int, bool]]

    def all(self) -> tuple[Monitor[Any], ...]:
        return (
            self.board,
            self.lease,
            self.vm,
            self.health,
            self.network,
            self.cpu,
            self.memory,
            self.bridge,
            self.configuration,
            self.clock,
            self.fencing,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this host is on the whiteboard."""

    host_id: int
    name: str
    boot_id: str
    local_maintenance: Path
    restart: Path  # its time is when somebody asked for a restart of the engine, by the monotonic clock
    version: str = ""


class Loop:
    def __init__(
        self,
        identity: Identity,
        profile: Profile,
        memory: Memory,
        *,
        monitors: Monitors,
        board: Board,
        actor: Actor,
        records: Records,
        clock: Clock,
        on_failover: Callable[[Failover], None],
        notifier: Notifier,
        fencer: Fencer,
    ) -> None:
        self._identity = identity
        self._monitors = monitors
        self._board = board
        self._actor = actor
        self._records = records
        self._clock = clock
        self._on_failover = on_failover
        self._notifier = notifier
        self._fencer = fencer
        self._track = Track()
        self._failover: Failover | None = None  # got further in this round
        self._memory = memory
        self._view = first_view(identity.host_id, clock.monotonic(), profile, memory)
        self._block: HostBlock | None = None
        self._has_left = False
        self._hurried_for: Action | None = None  # the last round came early, for its end

    async def run(self, alive: Callable[[], None]) -> None:
        """For ever; `alive` is called in every round."""
        while True:
            self.round()
            alive()
            await self._pause()

    def round(self) -> None:
        if self._has_left:
            return  # another word would take the last one back, and nothing is begun any more
        now = self._clock.monotonic()
        outcome = self._take_outcome(now)
        self._view = next_view(self._view, self._facts(now), self._memory)
        decision = decide(self._view)
        self._memory = after_decision(self._view, decision)
        self._measure(follow(self._track, self._view, decision, name=self._identity.name, wall=self._clock.now()))
        self._block = own_block(
            self._view,
            decision,
            self._memory,
            sequence=0,
            boot_id=self._identity.boot_id,
            name=self._identity.name,
            written_at=self._clock.now(),
            version=self._identity.version,
        )
        self._board.publish(self._block)
        cluster_block = _cluster_block(self._monitors.board.latest().value)
        troubles = self._troubles()
        self._notifier.note(
            self._view,
            decision,
            cluster_block=cluster_block,
            failover=self._failover,
            at=self._clock.now(),
            troubles=troubles,
        )
        self._records.note(
            self._view,
            decision,
            at=self._clock.now(),
            monitors=self._format_monitors(),
            outcome=outcome,
            cluster_block=cluster_block,
            troubles=[one.text for one in troubles if one.text],
        )
        self._fencer.after_round(self._view, decision)
        if decision.action is not Action.NONE and self._actor.running is None:
            self._monitors.board.wake()
            self._actor.begin(decision)

    async def _pause(self) -> None:
        """A period; less when an action ends meanwhile: what it did is looked at, and the next round runs at once.

        One that is done again and again has its period: a VM that pauses after each resume would keep the loop busy.
        """
        period_s, running = self._view.profile.period_s, self._actor.running
        if running is self._hurried_for:
            self._hurried_for = None
            await self._clock.sleep(period_s)
            return
        period = asyncio.ensure_future(self._clock.sleep(period_s))
        ended = asyncio.ensure_future(self._observe_outcome(period_s))
        await asyncio.wait([period, ended], return_when=asyncio.FIRST_COMPLETED)
        self._hurried_for = running if ended.done() else None
        for task in (period, ended):
            task.cancel()

    async def _observe_outcome(self, timeout_s: float) -> None:
        await self._actor.wait_ended()
        for monitor in (self._monitors.vm, self._monitors.lease):
            await asyncio.to_thread(monitor.refresh, timeout_s)

    def publish_stop(self) -> None:
        """The last word of a daemon that ends in order; an engine VM that is here runs on."""
        self._has_left = True
        if self._block is not None:
            self._board.publish(stopped(self._block, 0))
            self._monitors.board.wake()

    def _take_outcome(self, now: float) -> str:
        ended = self._actor.take_ended()
        if ended is None:
            return ""
        action, outcome = ended
        self._memory = after_action(self._memory, action, outcome, now)
        if action is Action.START:
            self._measure(after_start(self._track, outcome, now, self._identity.name))
        return f"{action}: {outcome}" + (f" ({self._actor.reason})" if self._actor.reason else "")

    def _measure(self, step: tuple[Track, Failover | None]) -> None:
        self._track, self._failover = step
        if self._failover is not None:
            self._on_failover(self._failover)

    def _facts(self, now: float) -> Facts:
        monitors = self._monitors
        board, lease, vm = monitors.board.latest(), monitors.lease.latest(), monitors.vm.latest()
        network = monitors.network.latest()
        site = board.value
        blocks = site.blocks if site is not None else _unreadable(self._view.peers)
        return Facts(
            now=now,
            storage_readable=_known(board, site is not None),
            storage_writable=_known(board, site is not None and site.written),
            storage_read_at=board.at - board.took_s if site is not None else None,
            blocks=blocks,
            vm=self._vm(vm.value),
            lease=lease.value or (LeaseState.UNREADABLE if lease.error else LeaseState.UNKNOWN, None),
            measurements=self._measurements(now),
            health=monitors.health.latest().value or Health.UNKNOWN,
            global_maintenance=_maintenance(site),
            local_maintenance=self._identity.local_maintenance.exists(),
            restart_asked_at=read_restart(self._identity.restart),
            answering=tuple((network.value or ObservedNetwork({}, None, None)).peers.items()),
            answering_at=network.at - network.took_s,
            fencing=self._fencer.facts(monitors.fencing.latest().value or {}, blocks),
            storage_full=site.full if site is not None else None,
            running=self._actor.running,
            clock_trouble=_clock_trouble(monitors.clock.latest()),
            booted_at=vm.value.started_at if vm.value is not None else None,
        )

    def _vm(self, site: ObservedVm | None) -> VmState:
        """A VM that this host is starting waits for its lease and is absent still: the others are to wait for it."""
        if site is None:
            return VmState.UNKNOWN
        starting = self._actor.running is Action.START and site.state is VmState.UNKNOWN
        return VmState.ABSENT if starting else site.state

    def _measurements(self, now: float) -> Measurements:
        monitors = self._monitors
        looks = [sample for sample in monitors.network.history() if now - sample.at <= NETWORK_S]
        fractions = [sample.value.fraction for sample in looks if sample.value is not None]
        outdated = self._why_outdated()
        return Measurements(
            network=sum(fractions) / len(fractions) if fractions else None,
            bridge=bool(monitors.bridge.latest().value),
            memory_free_mib=monitors.memory.latest().value,
            memory_needed_mib=self._memory_needed_mib(),
            cpu_history=tuple((sample.at, sample.value) for sample in monitors.cpu.history()),
            config_fresh=not outdated,
            config_why=outdated,
        )

    def _why_outdated(self) -> str:
        """Against the hosts that lived in the last round; one that is gone may have been newer, and says nothing."""
        blocks = [peer.block for peer in self._view.peers if is_alive(self._view, peer)]
        written = ((one.name, one.version) for one in blocks if isinstance(one, HostBlock))
        return why_outdated(self._identity.version, written)

    def _memory_needed_mib(self) -> float | None:
        """Of what the next start takes."""
        files = self._monitors.configuration.latest().value
        return None if files is None else choose(files).config.memory_bytes / (1 << 20)

    def _troubles(self) -> tuple[Trouble, ...]:
        files, vm = self._monitors.configuration.latest().value, self._monitors.vm.latest().value
        fallback = "" if files is None or vm is None else format_fallback(files, vm.shape)
        board, name = self._monitors.board, self._identity.name
        slow = format_slow(latency(board.history(), board.latest(), self._clock.monotonic()), self._view.profile)
        return (
            Trouble(key="configuration", text=fallback),
            Trouble(key="slow", text=f"{name}: {slow}" if slow else "", over=f"{name}: volume engine answers in time"),
        )

    def _format_monitors(self) -> dict[str, Any]:
        now = self._clock.monotonic()
        return {monitor.name: _format_monitor(monitor, now) for monitor in self._monitors.all()}


def _format_monitor(monitor: Monitor[Any], now: float) -> dict[str, Any]:
    latest = monitor.latest()
    found = latency(monitor.history(), latest, now)
    return {
        "took_s": round(latest.took_s, 3),
        "error": latest.error,
        "period_s": monitor.period_s,
        "limit_s": monitor.limit_s,
        "last_minutes": None if found is None else asdict(found),
    }


def _known(sample: Sample[BoardState], answer: bool) -> bool | None:
    """Before the first question has ended nothing is known; one that failed or hangs is a no."""
    return None if sample.value is None and sample.error == "not asked yet" else answer


def _clock_trouble(sample: Sample[float | None]) -> str:
    """Not that nobody knows: a monitor that has not asked yet, or whose question hangs, says nothing of a clock."""
    return sample.error if sample.error.startswith((HostClockWrong.what, EngineClockWrong.what)) else ""


def _maintenance(board: BoardState | None) -> bool | None:
    if board is None or isinstance(board.cluster, BadBlock):
        return None
    return board.cluster.global_maintenance


def _cluster_block(site: BoardState | None) -> str:
    if site is None:
        return ""
    return str(site.cluster) if isinstance(site.cluster, BadBlock) else "good"


def _unreadable(peers: Sequence[Any]) -> tuple[tuple[int, HostBlock | BadBlock], ...]:
    return tuple((peer.host_id, BadBlock.UNREADABLE) for peer in peers)
