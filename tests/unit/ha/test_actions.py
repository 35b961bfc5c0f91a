"""What is done to the engine VM, and how it is told when it did not work."""

from pathlib import Path, PurePosixPath

import msgspec
import pytest

from hosted_engine.ha import actions
from hosted_engine.ha.actions import LEASE_RETRY_S, Actor
from hosted_engine.ha.domain import booted_at, vm_state
from hosted_engine.ha.engine_vm_choice import format_fallback
from hosted_engine.ha.engine_vm_config import EngineVmFolder
from hosted_engine.ha.states import Action, Outcome, State, VmState
from hosted_engine.ha.view import Decision
from node.api.engine_vm import shape_of
from node.api.messages.ha import EngineVmConfig, EngineVmEdit, Shape
from node.api.messages.machine import Accelerator
from node.api.problems import Refused
from node.api.refusals import LockspaceUnknown, NotMounted
from node.storage import engine_vm_files
from node.system.threads import Threads
from node.vms.domain_facts import DomainFacts
from node.vms.domain_xml import DomainPaths
from node.vms.hypervisor import Domain, HypervisorFailed, Move
from node.vms.lifecycle import Vms
from node.vms.migration import MigrationLimits
from node.vms.runs import Runs
from node.vms.states import CRASHED, PAUSED, PAUSED_BY_STORAGE, RUNNING, SHUT_OFF, SHUTDOWN
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor
from tests.unit.ha.fencing_stage import FencingStage

ADDRESS = "192.0.2.12"
VM = EngineVmConfig(id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="HostedEngine", memory_bytes=1 << 30)


class Stage:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.hypervisor = FakeHypervisor()
        self.holder: tuple[str, int] | None = None
        self.taker: tuple[str, int] | None = None
        self.missing: Refused | None = None
        self.fencing = FencingStage(self.clock)
        vms = Vms(
            self.hypervisor,
            Threads("vms", 2),
            DomainPaths(Accelerator.TCG, PurePosixPath("/volumes"), PurePosixPath("/logs")),
            Runs(folder / "runs"),
            ready=self._ready,
            holder=self._holder,
            taker=self._taker,
            notify=lambda _: None,
            clock=self.clock,
        )
        self.folder = folder / "ha"
        self.folder.mkdir()
        (self.folder / engine_vm_files.WANTED).write_bytes(msgspec.json.encode(VM))
        self.files = EngineVmFolder(self.folder, "node1", self.clock.now)
        self.other = FakeHypervisor()
        self.hypervisor.others[ADDRESS] = self.other
        self.actor = Actor(
            vms,
            VM.id,
            self.files,
            threads=Threads("configuration", 2),
            clock=self.clock,
            fencer=self.fencing.fencer,
            addresses={2: ADDRESS, 3: "192.0.2.13"},
        )

    async def do(self, action: Action, target: int | None = None) -> Outcome:
        self.actor.begin(Decision(state=State.ENGINE_START, action=action, reason="a test", target=target))
        assert self.actor.running is action
        assert self.actor._task is not None
        await self.actor._task
        ended = self.actor.take_ended()
        assert ended is not None
        assert self.actor.take_ended() is None
        return ended[1]

    def shape(self) -> Shape:
        domain = self.hypervisor.find(VM.id)
        assert domain is not None
        return domain.shape

    def state(self) -> VmState:
        return vm_state(self.hypervisor.find(VM.id))

    async def _ready(self, facts: DomainFacts) -> None:
        if self.missing is not None:
            raise self.missing

    async def _holder(self, facts: DomainFacts) -> tuple[str, int] | None:
        return self.holder

    async def _taker(self, facts: DomainFacts) -> tuple[str, int] | None:
        return self.taker


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_a_node_that_never_knew_the_vm_starts_stops_and_ends_it(stage: Stage) -> None:
    assert stage.state() is VmState.ABSENT
    assert await stage.do(Action.START) is Outcome.DONE
    assert stage.state() is VmState.RUNNING
    assert await stage.do(Action.START) is Outcome.DONE
    assert await stage.do(Action.STOP) is Outcome.DONE
    assert stage.state() is VmState.ABSENT
    assert await stage.do(Action.START) is Outcome.DONE
    assert await stage.do(Action.DESTROY) is Outcome.DONE
    assert stage.state() is VmState.ABSENT


async def test_a_lease_that_is_held_elsewhere_is_a_wait(stage: Stage) -> None:
    stage.hypervisor.refuse_start, stage.holder = "resource busy: Lease is held by another host", ("engine", 2)
    before = stage.clock.monotonic()
    assert await stage.do(Action.START) is Outcome.LEASE_HELD
    assert stage.clock.monotonic() == before + LEASE_RETRY_S


async def test_a_disk_that_another_qemu_has_open_is_a_wait(stage: Stage) -> None:
    stage.hypervisor.refuse_start = 'process exited while connecting to monitor: Failed to get "write" lock'
    assert await stage.do(Action.START) is Outcome.LEASE_HELD


async def test_a_start_that_somebody_else_was_quicker_with_is_done(stage: Stage) -> None:
    """libvirt refuses to start a domain that is active: the deploy or the agent started it after the last look."""
    await stage.do(Action.START)
    stage.hypervisor.set(VM.id, SHUT_OFF, 1)

    started = stage.hypervisor.start

    def start(xml: str, *, paused: bool = False) -> None:
        started(xml)
        raise HypervisorFailed(act="start the VM", reason="Requested operation is not valid: domain is already running")

    stage.hypervisor.start = start  # type: ignore[method-assign]
    assert await stage.do(Action.START) is Outcome.DONE
    assert stage.state() is VmState.RUNNING


async def test_any_other_reason_is_a_failed_start(stage: Stage) -> None:
    stage.hypervisor.refuse_start = "Cannot get interface MTU on 'ovirtmgmt': No such device"
    assert await stage.do(Action.START) is Outcome.FAILED
    assert "No such device" in stage.actor.reason


async def test_what_it_cannot_do_fails(stage: Stage) -> None:
    assert await stage.do(Action.FENCE, 2) is Outcome.FAILED
    assert await stage.do(Action.MIGRATE) is Outcome.FAILED
    assert await stage.do(Action.MIGRATE, 7) is Outcome.FAILED


async def test_a_running_engine_moves_alive(stage: Stage) -> None:
    await stage.do(Action.START)
    assert await stage.do(Action.MIGRATE, 2) is Outcome.DONE
    assert stage.hypervisor.find(VM.id) is None
    assert vm_state(stage.other.find(VM.id)) is VmState.RUNNING


async def test_an_engine_that_does_not_get_there_runs_on_here(stage: Stage) -> None:
    await stage.do(Action.START)
    assert await stage.do(Action.MIGRATE, 3) is Outcome.FAILED
    assert "does not listen for other nodes" in stage.actor.reason
    assert stage.state() is VmState.RUNNING


async def test_an_engine_that_has_left_is_gone_whatever_libvirt_says_of_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libvirtd was started anew while it waited, say."""
    await stage.do(Action.START)
    migrate = stage.hypervisor.migrate

    def lose_answer(vm_id: str, address: str, limits: MigrationLimits) -> None:
        migrate(vm_id, address, limits)
        raise HypervisorFailed(act="move the VM", reason="End of file while reading data: Input/output error")

    monkeypatch.setattr(stage.hypervisor, "migrate", lose_answer)
    assert await stage.do(Action.MIGRATE, 2) is Outcome.DONE


@pytest.mark.parametrize("move", [Move.OUT, Move.IN])
@pytest.mark.parametrize(("state", "reason"), [(RUNNING, 1), (PAUSED, 2)])
def test_a_vm_on_its_way_is_leaving_or_coming(move: Move, state: int, reason: int) -> None:
    """It stands still at both ends for a moment."""
    domain = Domain(id=VM.id, name="x", title="x", state=state, reason=reason, move=move)
    assert vm_state(domain) is (VmState.OUTGOING if move is Move.OUT else VmState.INCOMING)


async def test_a_paused_vm_goes_on(stage: Stage) -> None:
    await stage.do(Action.START)
    stage.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    assert stage.state() is VmState.PAUSED
    assert await stage.do(Action.RESUME) is Outcome.DONE
    assert stage.state() is VmState.RUNNING


@pytest.mark.parametrize("action", [Action.START, Action.RESUME])
@pytest.mark.parametrize(
    "missing",
    [LockspaceUnknown(lockspace="trivet"), NotMounted(storage_domain="engine", reason="it does not answer")],
    ids=["lockspace", "volume"],
)
async def test_who_is_not_back_in_its_storage_waits(stage: Stage, action: Action, missing: Refused) -> None:
    """After an outage that takes 20 s: neither a failed start nor a VM that cannot be resumed."""
    if action is Action.RESUME:
        await stage.do(Action.START)
        stage.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    stage.missing = missing
    before = stage.state()
    assert await stage.do(action) is Outcome.LEASE_HELD
    assert stage.state() is before
    stage.missing = None
    assert await stage.do(action) is Outcome.DONE
    assert stage.state() is VmState.RUNNING


async def test_a_vm_that_cannot_be_resumed_says_why(stage: Stage) -> None:
    await stage.do(Action.START)
    stage.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    stage.hypervisor.refuse_resume = "the disk is gone"
    assert await stage.do(Action.RESUME) is Outcome.FAILED
    assert "the disk is gone" in stage.actor.reason


@pytest.mark.parametrize("action", [Action.STOP, Action.RESUME])
async def test_a_qemu_that_hangs_and_answers_nothing_is_ended_all_the_same(
    action: Action, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As libvirt does: what asks QEMU's monitor waits for ever, what ends its process does not."""
    monkeypatch.setattr(actions, "ANSWER_S", 0.1)
    stage.hypervisor.monitor.clear()
    await stage.do(Action.START)
    if action is Action.RESUME:
        stage.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    assert await stage.do(action) is Outcome.FAILED
    assert "QEMU gave libvirt no answer" in stage.actor.reason
    assert await stage.do(Action.DESTROY) is Outcome.DONE
    stage.hypervisor.monitor.set()
    assert stage.state() is VmState.ABSENT


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (RUNNING, 1, VmState.RUNNING),
        (PAUSED, PAUSED_BY_STORAGE, VmState.PAUSED),
        (PAUSED, 11, VmState.UNKNOWN),  # waits for its lease
        (PAUSED, 2, VmState.PAUSED),  # its move was cut off
        (SHUTDOWN, 1, VmState.STOPPING),
        (SHUT_OFF, 1, VmState.ABSENT),
        (CRASHED, 0, VmState.ABSENT),
        (0, 0, VmState.UNKNOWN),
    ],
)
def test_libvirts_states_in_our_words(state: int, reason: int, expected: VmState) -> None:
    assert vm_state(Domain(id=VM.id, name="x", title="x", state=state, reason=reason)) is expected


@pytest.mark.parametrize(
    ("started", "rebooted", "expected"),
    [(None, None, None), (5.0, None, 5.0), (5.0, 9.0, 9.0), (9.0, 5.0, 9.0), (None, 5.0, None)],
)
def test_a_guest_boots_with_its_process_and_again_in_it(
    started: float | None, rebooted: float | None, expected: float | None
) -> None:
    assert booted_at(started, rebooted) == expected


def asked_for(stage: Stage, memory_bytes: int, edit: str = "an edit") -> None:
    change = EngineVmEdit(edit=edit, memory_bytes=memory_bytes, sockets=1, cores=1, threads=1)
    engine_vm_files.edit(stage.folder, change)


async def test_an_edit_is_started_with_once_and_the_next_start_falls_back(stage: Stage) -> None:
    engine_vm_files.note_good(stage.folder, VM)
    asked_for(stage, 2 << 30)
    assert await stage.do(Action.START) is Outcome.DONE
    assert stage.shape().memory_mib == 2048
    assert await stage.do(Action.DESTROY) is Outcome.DONE
    assert await stage.do(Action.START) is Outcome.DONE
    assert stage.shape().memory_mib == 1024
    assert await stage.do(Action.DESTROY) is Outcome.DONE
    asked_for(stage, 2 << 30, "the same again")
    assert await stage.do(Action.START) is Outcome.DONE
    assert stage.shape().memory_mib == 2048


async def test_an_edit_that_libvirt_refuses_is_given_up_with_its_reason(stage: Stage) -> None:
    engine_vm_files.note_good(stage.folder, VM)
    asked_for(stage, 2 << 40)
    stage.hypervisor.refuse_start = "cannot set up guest memory 'pc.ram': Cannot allocate memory"
    assert await stage.do(Action.START) is Outcome.FAILED
    stage.hypervisor.refuse_start = ""
    found = stage.files.read()
    assert found.tried is not None
    assert "Cannot allocate memory" in found.tried.why
    assert await stage.do(Action.START) is Outcome.DONE
    assert stage.shape().memory_mib == 1024
    shape = shape_of(VM)
    assert "Cannot allocate memory" in format_fallback(found, shape)
    assert format_fallback(found, None) == ""


async def test_a_lease_held_elsewhere_says_nothing_of_an_edit(stage: Stage) -> None:
    engine_vm_files.note_good(stage.folder, VM)
    asked_for(stage, 2 << 30)
    stage.holder = ("engine", 2)
    stage.hypervisor.refuse_start = "Lease is held by another host"
    assert await stage.do(Action.START) is Outcome.LEASE_HELD
    assert stage.files.read().tried is None


async def test_nothing_is_started_while_the_configuration_cannot_be_read(stage: Stage) -> None:
    (stage.folder / engine_vm_files.WANTED).unlink()
    (stage.folder / engine_vm_files.WANTED).mkdir()
    assert await stage.do(Action.START) is Outcome.LEASE_HELD
    assert "cannot be read" in stage.actor.reason
    assert stage.state() is VmState.ABSENT


async def test_a_paused_engine_that_ran_elsewhere_since_is_ended_instead_of_resumed(stage: Stage) -> None:
    await stage.do(Action.START)
    stage.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    stage.taker = ("engine", 2)
    assert await stage.do(Action.RESUME) is Outcome.FAILED
    assert "host 2 has had its lease engine" in stage.actor.reason
    assert stage.state() is VmState.ABSENT
