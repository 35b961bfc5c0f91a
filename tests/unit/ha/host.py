"""A host with its keeper, over a machine in memory."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from hosted_engine.ha.board import Board, BoardState
from hosted_engine.ha.engine_vm_config import EngineVmNotes
from hosted_engine.ha.failover import Failover
from hosted_engine.ha.loop import Identity, Loop, Monitors, ObservedVm
from hosted_engine.ha.monitor import Monitor
from hosted_engine.ha.network_probes import ObservedNetwork
from hosted_engine.ha.notifier import Notifier, Sender
from hosted_engine.ha.notify_settings import NotifySettings
from hosted_engine.ha.profiles import DEFAULT
from hosted_engine.ha.records import HISTORY, Records
from hosted_engine.ha.states import Health, LeaseState, State, VmState
from hosted_engine.ha.view import Memory
from hosted_engine.ha.whiteboard import HostBlock
from hosted_engine.ha.whiteboard_file import NAME, WhiteboardFile
from node.api.problems import Problem
from tests.unit.ha.test_actions import Stage

T = TypeVar("T")


class Host:
    """Host 1 of two; host 2 writes when `other_writes`, and `lease` is what sanlock says."""

    def __init__(self, folder: Path) -> None:
        self.stage = Stage(folder)
        self.clock = self.stage.clock
        self.file = WhiteboardFile(folder / NAME)
        self.file.make()
        self.lease: tuple[LeaseState, int | None] = (LeaseState.HELD, 2)
        self.health = Health.UNKNOWN
        self.other_writes = True
        self.clock_trouble: Problem | None = None
        self.volume_fails = self.volume_full = False
        self.volume_delay_s = 0.0
        self.other_version = "0.1.0"
        self.history = folder / HISTORY
        self.failovers: list[Failover] = []
        self._board = Board(self.file, 1, (2,))
        self._sequence = 0
        self.maintenance = folder / "local-maintenance"
        (folder / "run").mkdir()
        self.notes = EngineVmNotes(
            self.stage.files, running=lambda: self.observe_vm().shape, health=lambda: self.health
        )
        self.monitors = Monitors(
            board=self._monitor("whiteboard", self._observe),
            lease=self._monitor("lease", lambda: self.lease),
            vm=self._monitor("vm", lambda: self.observe_vm()),
            health=self._monitor("health", lambda: self.health),
            network=self._monitor("network", lambda: ObservedNetwork({2: self.other_writes}, None, None)),
            cpu=self._monitor("cpu", idle),
            memory=self._monitor("memory", lambda: 9000.0),
            bridge=self._monitor("bridge", lambda: True),
            configuration=self._monitor("configuration", self.notes),
            clock=self._monitor("clock", self.clock_offset),
            fencing=self._monitor("fence devices", self.stage.fencing.fencer.observe),
        )
        self.loop = Loop(
            Identity(
                host_id=1,
                name="node1",
                boot_id="b",
                local_maintenance=self.maintenance,
                restart=folder / "restart",
                version="0.1.0",
            ),
            DEFAULT,
            Memory(since=self.clock.monotonic()),
            monitors=self.monitors,
            board=self._board,
            actor=self.stage.actor,
            records=Records(folder / "run", folder),
            clock=self.clock,
            on_failover=self.failovers.append,
            notifier=Notifier(Sender("branch-7", "node1"), {1: "node1", 2: "node2"}, NotifySettings, ()),
            fencer=self.stage.fencing.fencer,
        )

    def observe_vm(self) -> ObservedVm:
        state = self.stage.state()
        return ObservedVm(state, shape=self.stage.shape() if state.is_here else None)

    def clock_offset(self) -> float | None:
        if self.clock_trouble is not None:
            raise self.clock_trouble
        return 0.0

    def _observe(self) -> BoardState:
        self.clock.advance(self.volume_delay_s)
        if self.volume_fails:
            raise OSError("Transport endpoint is not connected")
        return replace(self._board(), full=self.volume_full)

    def _monitor(self, name: str, ask: Callable[[], T]) -> Monitor[T]:
        return Monitor(name, ask, period_s=2, limit_s=10, monotonic=self.clock.monotonic)

    async def rounds(self, seconds: float) -> None:
        for _ in range(int(seconds / DEFAULT.period_s)):
            if self.other_writes:
                self._sequence += 1
                vm = VmState.RUNNING if self.lease == (LeaseState.HELD, 2) else VmState.ABSENT
                self.file.write_host(
                    HostBlock(
                        host_id=2,
                        sequence=self._sequence,
                        state=State.ENGINE_UP,
                        score=3400,
                        vm=vm,
                        name="node2",
                        version=self.other_version,
                    )
                )
            for monitor in self.monitors.all():
                monitor.observe()
            self.loop.round()
            if self.stage.actor._task is not None:
                await asyncio.wait([self.stage.actor._task])
            self.clock.advance(DEFAULT.period_s)

    @property
    def block(self) -> HostBlock:
        self._board()
        block = self._board.read_own()
        assert isinstance(block, HostBlock)
        return block


def idle() -> float | None:
    return 0.1
