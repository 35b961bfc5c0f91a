"""What VMs give to a node that is short of memory, and that they get it back."""

from pathlib import PurePosixPath

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.api.messages.machine import Accelerator
from node.api.messages.vms import VmSpec
from node.observe.parse import Memory
from node.system.threads import Threads
from node.vms.balloon import CRITICAL, ENOUGH, SHORT, STEP, Balloon, plan
from node.vms.balloon_controller import BalloonController
from node.vms.domain_xml import DomainPaths, domain_xml
from node.vms.hypervisor import DomainAction, Move
from node.vms.states import PAUSED, PAUSED_BY_USER
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor
from tests.unit.node.vm_settings import BASE

MIB = 1 << 10
WHOLE, GUARANTEED = 1024 * MIB, 256 * MIB


@st.composite
def balloons(draw: st.DrawFn) -> Balloon:
    memory = draw(st.integers(1024, 1 << 30))
    guaranteed = draw(st.integers(0, memory))
    kib = draw(st.integers(guaranteed, memory))
    unused = draw(st.none() | st.integers(0, kib))
    return Balloon(vm_id="vm", memory_kib=memory, guaranteed_kib=guaranteed, kib=kib, unused_kib=unused)


@given(st.floats(0, 1), st.lists(balloons(), max_size=3))
def test_a_vm_has_what_it_is_guaranteed_and_never_more_than_its_memory(free: float, found: list[Balloon]) -> None:
    for step, one in ((s, b) for b in found for s in plan(free, [b])):
        assert one.guaranteed_kib <= step.kib <= one.memory_kib
        assert abs(step.kib - one.kib) <= STEP * one.kib + 1
        assert (step.kib < one.kib) is (free < SHORT)
        assert free < SHORT or free > ENOUGH


@given(balloons())
def test_in_the_end_a_vm_has_all_of_its_memory_again(one: Balloon) -> None:
    if one.kib < 1024:
        return  # a step is less than a KiB
    for _ in range(1000):
        steps = plan(1.0, [one])
        if not steps:
            break
        one = Balloon(one.vm_id, one.memory_kib, one.guaranteed_kib, steps[0].kib, one.unused_kib)
    assert one.kib == one.memory_kib


def balanced_kib(free: float, used_kib: int) -> int:
    """What a VM comes to whose guest uses so much, all else being as it is."""
    kib = WHOLE
    for _ in range(1000):
        steps = plan(free, [Balloon("vm", WHOLE, GUARANTEED, kib, max(0, kib - used_kib))])
        if not steps:
            break
        kib = steps[0].kib
    return kib


def test_the_less_a_node_has_the_more_a_guest_gives() -> None:
    used = 500 * MIB
    results = [balanced_kib(free, used) for free in (SHORT - 0.001, 0.15, 0.10, CRITICAL + 0.001)]
    assert results == sorted(results, reverse=True)
    assert results[0] > used * 1.2
    assert used < results[-1] < used * 1.1


def test_a_guest_has_to_swap_only_when_it_is_critical() -> None:
    assert balanced_kib(0.01, 500 * MIB) < 500 * MIB
    assert balanced_kib(0.01, 500 * MIB) >= GUARANTEED


# --- on a node -------------------------------------------------------------------------------------------------------

GIVES = msgspec.structs.replace(BASE, memory_bytes=WHOLE << 10, memory_guaranteed_bytes=GUARANTEED << 10)
FIXED = msgspec.structs.replace(GIVES, id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f99", memory_guaranteed_bytes=None)


class World:
    def __init__(self) -> None:
        self.hypervisor = FakeHypervisor()
        self.free = 1.0
        self.controller = BalloonController(self.hypervisor, Threads("test", 1), memory=self.memory, clock=FakeClock())

    def memory(self) -> Memory:
        return Memory(1_000_000, int(1_000_000 * self.free), 0, 0)

    def run(self, spec: VmSpec, unused_kib: int | None) -> None:
        paths = DomainPaths(Accelerator.TCG, PurePosixPath("/v"), PurePosixPath("/l"))
        self.hypervisor.start(domain_xml(spec, spec.id, paths))
        if unused_kib is not None:
            self.hypervisor.unused_kib[spec.id] = unused_kib

    def kib(self, spec: VmSpec) -> int:
        found = self.hypervisor.find(spec.id)
        assert found is not None
        return found.balloon_kib

    def adjust(self, times: int = 1) -> None:
        for _ in range(times):
            self.controller.adjust()


@pytest.fixture
def world() -> World:
    world = World()
    world.run(GIVES, 900 * MIB)
    world.run(FIXED, 900 * MIB)
    return world


def test_a_vm_without_a_guarantee_keeps_all(world: World) -> None:
    world.free = 0.02
    world.adjust(100)
    assert world.kib(GIVES) == GUARANTEED
    assert world.kib(FIXED) == WHOLE
    world.free = 0.22
    world.adjust(100)
    assert world.kib(GIVES) == GUARANTEED
    world.free = 0.5
    world.adjust(100)
    assert world.kib(GIVES) == WHOLE


def test_nothing_is_asked_of_a_guest_that_does_not_report(world: World) -> None:
    world.free = 0.02
    world.hypervisor.unused_kib.clear()
    world.adjust(10)
    assert world.kib(GIVES) == WHOLE


def test_a_vm_that_stands_still_or_moves_is_left_alone(world: World) -> None:
    world.free = 0.02
    world.hypervisor.set(GIVES.id, PAUSED, PAUSED_BY_USER)
    world.adjust()
    world.hypervisor.act(GIVES.id, DomainAction.RESUME)
    world.hypervisor.set_move(GIVES.id, Move.OUT)
    world.adjust()
    assert world.kib(GIVES) == WHOLE


def test_a_vm_that_lost_its_guarantee_gets_its_memory_back(world: World) -> None:
    world.free = 0.02
    world.adjust(20)
    assert world.kib(GIVES) < WHOLE
    world.free = 1.0
    running = world.kib(GIVES)
    world.hypervisor.edit(
        domain_xml(
            msgspec.structs.replace(GIVES, memory_guaranteed_bytes=None),
            GIVES.id,
            DomainPaths(Accelerator.TCG, PurePosixPath("/v"), PurePosixPath("/l")),
        )
    )
    world.adjust(100)
    assert running < world.kib(GIVES) == WHOLE


def test_a_vm_that_cannot_be_asked_is_said_once_and_holds_up_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.free = 0.02
    world.hypervisor.refuse_balloon = "QEMU does not answer"
    world.adjust(3)
    assert caplog.text.count("QEMU does not answer") == 1
    world.hypervisor.refuse_balloon = ""
    world.adjust()
    assert world.kib(GIVES) < WHOLE
