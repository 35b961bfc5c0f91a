"""The engine VM on one host of the simulation: it boots, is healthy, hangs, stops, as a guest and a QEMU do."""

from dataclasses import dataclass

from hosted_engine.ha.states import Health, VmState

STOPS_WITHIN_S = 3  # a guest that hears


@dataclass(slots=True)
class Vm:
    """`hung`: the engine or its guest does nothing any more. `stuck`: QEMU cannot be killed."""

    state: VmState
    booted_at: float
    boot_s: float
    hung: bool = False
    stuck: bool = False
    stop_asked_at: float | None = None
    stalled_since: float | None = None
    was_well: bool = False  # since it was started
    life: int = 0  # which of the engine's lives it is

    @property
    def executes(self) -> bool:
        return self.state in (VmState.RUNNING, VmState.STOPPING, VmState.OUTGOING)

    def tick(self, now: float, works: bool) -> None:
        self.stalled_since = None if works else self.stalled_since if self.stalled_since is not None else now
        self.was_well = self.was_well or self.is_well(now)

    def has_stopped(self, now: float) -> bool:
        asked = self.stop_asked_at
        return asked is not None and not self.hung and self.executes and now - asked >= STOPS_WITHIN_S

    def is_well(self, now: float) -> bool:
        return self.health(now) is Health.GOOD

    def health(self, now: float) -> Health:
        if not self.executes or self.hung or now - self.booted_at < self.boot_s:
            return Health.BAD
        return Health.BAD if self.stalled_since is not None and now - self.stalled_since > 5 else Health.GOOD
