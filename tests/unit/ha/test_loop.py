"""One host's rounds with the real decisions, the real whiteboard in a folder, and a hypervisor in memory."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_struct

from hosted_engine.ha.clocks import EngineClockWrong
from hosted_engine.ha.lease import HostFlag
from hosted_engine.ha.profiles import DEFAULT
from hosted_engine.ha.records import Entry, read_history
from hosted_engine.ha.states import Action, Health, LeaseState, State, VmState
from hosted_engine.ha.view import Decision
from hosted_engine.ha.whiteboard import BadBlock, ClusterBlock
from hosted_engine.ha.whiteboard_file import BLOCK, NAME
from node.api.messages.ha import EngineVmEdit
from node.storage import engine_vm_files
from node.vms.states import PAUSED, PAUSED_BY_STORAGE
from tests.unit.ha.host import Host
from tests.unit.ha.test_actions import VM


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


async def test_the_engine_of_a_living_host_is_left_to_it(host: Host) -> None:
    await host.rounds(200)
    assert host.stage.state() is VmState.ABSENT
    assert host.block.state is State.ENGINE_DOWN


async def test_the_engine_of_a_host_that_is_proven_dead_is_started(host: Host) -> None:
    await host.rounds(60)
    host.other_writes = False
    await host.rounds(20)
    assert host.stage.state() is VmState.ABSENT
    host.lease = (LeaseState.EXPIRED, 2)
    await host.rounds(20)
    assert host.stage.state() is VmState.RUNNING
    host.lease, host.health = (LeaseState.HELD, 1), Health.GOOD
    await host.rounds(10)
    assert (host.block.state, host.block.vm, host.block.health) == (State.ENGINE_UP, VmState.RUNNING, Health.GOOD)


async def test_a_failover_is_measured_by_who_starts_the_engine(host: Host) -> None:
    await host.rounds(60)
    host.other_writes = False
    await host.rounds(40)
    host.lease = (LeaseState.EXPIRED, 2)
    await host.rounds(20)
    host.lease = (LeaseState.HELD, 1)
    await host.rounds(30)
    host.health = Health.GOOD
    await host.rounds(60)
    started, done = host.failovers
    assert (started.healthy_s, started.cause, started.from_host, started.to_host) == (
        None,
        "host_lost",
        "node2",
        "node1",
    )
    assert started == replace_struct(done, healthy_s=None)
    assert done.detected_s == DEFAULT.lost_after_s
    assert done.lease_free_s is not None
    assert done.healthy_s is not None
    times = [done.detected_s, done.lease_free_s, done.start_begun_s, done.started_s, done.healthy_s]
    assert times == sorted(times)
    assert (done.lease_free_s, done.healthy_s) == (41, 91)


async def test_a_host_whose_start_waits_for_the_lease_is_still_one_that_could_start_it(host: Host) -> None:
    await host.rounds(60)
    host.other_writes, host.lease = False, (LeaseState.EXPIRED, 2)
    await host.rounds(20)
    host.stage.actor.running = Action.START
    host.stage.hypervisor.set(VM.id, PAUSED, 11)
    await host.rounds(4)
    assert (host.block.state, host.block.vm) == (State.ENGINE_STARTING, VmState.ABSENT)


async def test_nothing_is_started_in_global_maintenance(host: Host) -> None:
    host.file.write_cluster(ClusterBlock(sequence=2, global_maintenance=True))
    host.other_writes, host.lease = False, (LeaseState.FREE, None)
    await host.rounds(200)
    assert (host.stage.state(), host.block.state) == (VmState.ABSENT, State.GLOBAL_MAINTENANCE)


async def test_nothing_is_started_without_the_volume(host: Host) -> None:
    await host.rounds(60)
    host.volume_fails, host.lease = True, (LeaseState.FREE, None)
    await host.rounds(200)
    assert host.stage.state() is VmState.ABSENT


async def test_nothing_is_started_in_local_maintenance(host: Host) -> None:
    host.maintenance.touch()
    host.other_writes, host.lease = False, (LeaseState.FREE, None)
    await host.rounds(200)
    assert (host.stage.state(), host.block.state, host.block.score) == (VmState.ABSENT, State.LOCAL_MAINTENANCE, 0)


async def test_a_sick_engine_is_stopped_and_started_again(host: Host) -> None:
    host.lease, host.health = (LeaseState.HELD, 1), Health.GOOD
    await host.stage.do(Action.START)
    await host.rounds(20)
    host.health = Health.BAD
    await host.rounds(DEFAULT.bad_health_s + 3 * DEFAULT.period_s)
    host.lease = (LeaseState.FREE, None)
    while host.stage.state() is not VmState.RUNNING:
        await host.rounds(DEFAULT.period_s)
    host.lease = (LeaseState.HELD, 1)
    await host.rounds(10)
    entries = [(entry.state, entry.action) for entry in await history(host, "engine_starting")]
    assert ("engine_stop", "stop") in entries
    assert host.stage.state() is VmState.RUNNING


async def test_an_engine_without_room_is_left_alone_and_has_its_time_when_there_is_room(host: Host) -> None:
    host.lease, host.health = (LeaseState.HELD, 1), Health.GOOD
    await host.stage.do(Action.START)
    await host.rounds(20)
    host.health, host.volume_full = Health.BAD, True
    await host.rounds(10 * DEFAULT.bad_health_s)
    assert (host.block.state, host.stage.state()) == (State.ENGINE_UP_BAD_HEALTH, VmState.RUNNING)
    host.stage.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    await host.rounds(60)
    assert (host.block.state, host.stage.state()) == (State.ENGINE_UP_BAD_HEALTH, VmState.PAUSED)
    host.volume_full = False
    await host.rounds(DEFAULT.bad_health_s / 2)
    assert host.stage.state() is VmState.RUNNING
    host.health = Health.GOOD
    await host.rounds(5)
    assert host.block.state is State.ENGINE_UP


@pytest.mark.parametrize("damage", [b"\0", b"x"])
async def test_a_host_that_never_read_the_clusters_block_starts_nothing(
    damage: bytes, host: Host, tmp_path: Path
) -> None:
    with (tmp_path / NAME).open("r+b") as file:
        file.write(damage * 2 * BLOCK)
    host.other_writes, host.lease = False, (LeaseState.FREE, None)
    await host.rounds(200)
    assert host.stage.state() is VmState.ABSENT


async def test_the_round_after_an_action_comes_at_once(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still: what ends the pause is that the start is done and libvirt was asked again."""
    await host.rounds(60)
    host.other_writes, host.lease = False, (LeaseState.FREE, None)
    while host.stage.state() is not VmState.RUNNING:
        await host.rounds(1)
    host.stage.actor.begin(Decision(state=State.ENGINE_START, action=Action.START, reason="a test"))
    still = asyncio.Event()
    monkeypatch.setattr(host.clock, "sleep", lambda _: still.wait())
    host.monitors.vm.start()
    host.monitors.lease.start()
    await asyncio.wait_for(host.loop._pause(), 60)
    host.loop.round()
    assert host.block.state is State.ENGINE_STARTING
    for monitor in host.monitors.all():
        monitor.stop()


async def test_an_action_that_ends_at_once_again_and_again_has_its_period(host: Host) -> None:
    for monitor in (host.monitors.vm, host.monitors.lease):
        monitor.start()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0 if len(slept) > 1 else 60)

    host.clock.sleep = sleep  # type: ignore[method-assign]
    for _ in range(2):
        host.stage.actor.begin(Decision(state=State.ENGINE_UP, action=Action.STOP, reason="a test"))
        await asyncio.wait_for(host.loop._pause(), 50)
        host.stage.actor.take_ended()
    assert slept == [DEFAULT.period_s] * 2
    for monitor in host.monitors.all():
        monitor.stop()


async def test_a_damaged_block_of_the_other_is_never_acted_on(host: Host, tmp_path: Path) -> None:
    await host.rounds(20)
    host.other_writes = False
    (tmp_path / NAME).write_bytes(b"x" * (tmp_path / NAME).stat().st_size)
    assert host.file.read_hosts([2]) == {2: BadBlock.FOREIGN}
    await host.rounds(200)
    assert host.stage.state() is VmState.ABSENT


async def test_what_is_wrong_with_a_clock_is_part_of_the_view(host: Host) -> None:
    host.clock_trouble = EngineClockWrong(engine="2010", host="2026", trouble="")
    await host.rounds(10)
    assert host.loop._view.clock_trouble.startswith("The engine's clock is wrong: it says 2010")
    host.clock_trouble = None
    await host.rounds(10)
    assert host.loop._view.clock_trouble == ""


async def test_a_daemon_that_ends_in_order_says_so(host: Host) -> None:
    await host.rounds(10)
    host.loop.publish_stop()
    assert host.block.state is State.AGENT_STOPPED


async def test_the_last_word_stays_the_last_and_nothing_is_begun_after_it(host: Host) -> None:
    await host.rounds(60)
    host.loop.publish_stop()
    host.other_writes, host.lease = False, (LeaseState.FREE, None)
    await host.rounds(20)
    assert (host.block.state, host.stage.state()) == (State.AGENT_STOPPED, VmState.ABSENT)


async def history(host: Host, last: str) -> list[Entry]:
    """What the thread that writes has written, when it has come to the state `last`."""
    for _ in range(3000):
        entries = await asyncio.to_thread(read_history, host.history)
        if entries and entries[-1].state == last:
            return entries
        await asyncio.sleep(0.01)
    raise AssertionError(f"the history ends with {entries[-1:]}")


def test_the_numbers_of_sanlocks_flags() -> None:
    assert [flag.value for flag in HostFlag] == [1, 2, 3, 4, 5]


async def test_an_edit_that_is_never_healthy_is_given_up_for_the_last_one_that_was(host: Host) -> None:
    engine_vm_files.note_good(host.stage.folder, VM)
    change = EngineVmEdit(edit="tiny", memory_bytes=32 << 20, sockets=1, cores=1, threads=1)
    engine_vm_files.edit(host.stage.folder, change)
    await host.rounds(60)
    host.other_writes, host.lease = False, (LeaseState.EXPIRED, 2)
    await host.rounds(20)
    assert host.stage.shape().memory_mib == 32
    host.lease, host.health = (LeaseState.HELD, 1), Health.BAD
    await host.rounds(DEFAULT.boot_timeout_s + DEFAULT.bad_health_s)
    host.lease = (LeaseState.FREE, None)
    await host.rounds(60)
    assert host.stage.shape().memory_mib == 1024
    host.lease, host.health = (LeaseState.HELD, 1), Health.GOOD
    await host.rounds(20)
    (trouble,) = (one.text for one in host.loop._troubles() if one.key == "configuration")
    assert "(32 MiB, 1 CPU) is given up: the engine was not healthy with it after its start on node1" in trouble
    assert host.stage.files.read().good == VM


async def test_an_edit_that_is_healthy_is_kept_and_its_memory_is_what_a_host_needs(host: Host) -> None:
    engine_vm_files.note_good(host.stage.folder, VM)
    change = EngineVmEdit(edit="larger", memory_bytes=16 << 30, sockets=2, cores=1, threads=1)
    engine_vm_files.edit(host.stage.folder, change)
    await host.rounds(60)
    assert host.block.score == 3000, "9000 MiB are free, and 16384 are needed now"
    host.other_writes, host.lease = False, (LeaseState.EXPIRED, 2)
    await host.rounds(20)
    host.lease, host.health = (LeaseState.HELD, 1), Health.GOOD
    await host.rounds(20)
    good = host.stage.files.read().good
    assert good is not None
    assert (good.memory_bytes, good.sockets, good.edit) == (16 << 30, 2, "larger")
    assert all(not one.text for one in host.loop._troubles())


async def test_a_volume_that_answers_late_is_said_and_so_is_its_recovery(host: Host) -> None:
    await host.rounds(20)
    host.volume_delay_s = 12.0
    await host.rounds(1)
    host.volume_delay_s = 0.0
    await host.rounds(4)
    (slow,) = (one for one in host.loop._troubles() if one.key == "slow")
    assert slow.text.startswith("node1: Volume engine is slow: an answer took 12.0 s")
    await host.rounds(310)
    (slow,) = (one for one in host.loop._troubles() if one.key == "slow")
    assert (slow.text, slow.over) == ("", "node1: volume engine answers in time")


async def test_a_host_that_was_not_upgraded_is_less_fit_than_one_that_was(host: Host) -> None:
    await host.rounds(20)
    assert (host.block.score, host.block.version) == (3400, "0.1.0")
    host.other_version = "0.2.0"
    await host.rounds(4)
    assert host.block.score == 2400
    assert "it runs Trivet 0.1.0, node2 runs 0.2.0" in host.loop._view.measurements.config_why
    host.other_writes = False
    await host.rounds(20)
    assert host.block.score > 2400, "nobody who lives is newer"
