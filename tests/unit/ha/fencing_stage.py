"""A fencer of host 1 with its peers 2 and 3, whose machines and sanlock ids are fakes."""

from hosted_engine.ha.fence_agents import FenceAgents
from hosted_engine.ha.fence_settings import FenceSettings
from hosted_engine.ha.fencer import Fencer
from hosted_engine.ha.host_id_lease import HostIdLeases
from tests.fakes.clock import FakeClock
from tests.fakes.fence import DATA, FakeFencing, FakeMachine, device


class FencingStage:
    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.machines = {2: FakeMachine(), 3: FakeMachine()}
        self.run = FakeFencing({"192.0.2.102": self.machines[2], "192.0.2.103": self.machines[3]}, {2: "192.0.2.102"})
        self.settings = FenceSettings()
        self.over: list[tuple[int, int]] = []
        self.fencer = Fencer(
            {2: "node2", 3: "node3"},
            lambda: self.settings,
            FenceAgents(self.run, DATA),
            HostIdLeases("trivet", "/volumes/engine/lockspace", self.run, sleep=lambda _: None),
            note_over=lambda host_id, generation: self.over.append((host_id, generation)),
            monotonic=clock.monotonic,
        )

    def give_device(self, **others: object) -> None:
        self.settings = FenceSettings(devices={"node2": device("192.0.2.102", **others)})
