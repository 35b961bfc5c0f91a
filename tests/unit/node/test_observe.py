"""Texts of a real node as values, and events to everybody who listens."""

import asyncio
from pathlib import Path

import pytest

from node.api.messages.events import Event, EventKind
from node.api.messages.guests import GuestReport
from node.api.messages.ha import HaReport
from node.api.messages.machine import Accelerator, Statistics
from node.api.messages.mounts import MountReport
from node.api.messages.network import LinkCounters, LinkReport, NetworkUpdate
from node.api.messages.vms import VmReport, VmState
from node.observe import hub, parse
from node.observe.capabilities import accelerator, nics
from node.observe.hub import QUEUE_EVENTS, Hub
from node.observe.statistics import StatisticsReader
from node.vms.hypervisor import HypervisorFailed
from tests.fakes.clock import FakeClock

PROC = Path(__file__).parents[2] / "data" / "node" / "proc"
VM = VmReport(id="1", name="one", state=VmState.UP)
HA = HaReport(configured=True, active=True, maintenance=True, reason="a new disk")


def text(name: str) -> str:
    return (PROC / name).read_text()


def test_memory() -> None:
    memory = parse.meminfo(text("meminfo"))
    assert memory.total_bytes == 25_276_502_016
    assert 0 < memory.available_bytes < memory.total_bytes
    assert memory.swap_total_bytes == 0


def test_processors() -> None:
    cpus = parse.cpuinfo(text("cpuinfo"))
    assert (cpus.model, cpus.sockets, cpus.cores, cpus.threads) == ("Intel(R) Xeon(R) Processor", 1, 2, 1)


def test_processors_with_two_threads_and_two_sockets() -> None:
    block = "processor: {n}\nphysical id: {s}\ncore id: {c}\nmodel name: X\n"
    blocks = [block.format(n=0, s=s, c=c) for s in (0, 1) for c in (0, 1, 2, 3) for _ in (0, 1)]
    cpus = parse.cpuinfo("\n".join(blocks))
    assert (cpus.sockets, cpus.cores, cpus.threads) == (2, 4, 2)


def test_shares_of_processor_time_add_up() -> None:
    before = parse.cpu_times("cpu  100 0 50 800 50 0 0 0 0 0\n")
    after = parse.cpu_times("cpu  130 0 60 840 70 0 0 0 0 0\n")
    assert parse.cpu_shares(before, after) == parse.CpuShares(30.0, 10.0, 60.0)
    assert parse.cpu_shares(after, after) == parse.CpuShares(0.0, 0.0, 100.0)
    assert parse.cpu_times(text("stat")).total > 0


def test_versions() -> None:
    assert parse.os_name(text("os-release")).startswith("Debian GNU/Linux 13")
    assert parse.gluster_version(text("gluster-version")) == "11.1"
    assert parse.gluster_version("nonsense") == parse.os_name("") == "unknown"


async def test_a_reading(tmp_path: Path) -> None:
    for name in ("meminfo", "stat", "loadavg", "uptime"):
        (tmp_path / name).write_text(text(name))
    boot = tmp_path / "sys" / "kernel" / "random" / "boot_id"
    boot.parent.mkdir(parents=True)
    boot.write_text("b00t\n")

    async def count_running() -> int:
        return 3

    reading = await StatisticsReader(FakeClock(7.0), count_running, tmp_path).statistics()
    assert (reading.at, reading.boot_id, reading.vms_running) == (7.0, "b00t", 3)
    assert reading.memory_free_bytes + reading.memory_used_bytes == 25_276_502_016
    assert reading.uptime_s > 0


def test_links_of_guests_and_bridges_are_not_the_machines_own(tmp_path: Path) -> None:
    for name in ("lo", "host0", "vnet3", "ovirtmgmt", "eth1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text("02:00:00:00:00:01\n")
        (tmp_path / name / "operstate").write_text("up\n" if name != "eth1" else "down\n")
    (tmp_path / "ovirtmgmt" / "bridge").mkdir()
    (tmp_path / "host0" / "speed").write_text("10000\n")
    (tmp_path / "eth1" / "speed").write_text("-1\n")
    found = {nic.name: (nic.up, nic.speed_mbps) for nic in nics(tmp_path)}
    assert found == {"host0": (True, 10_000), "eth1": (False, None)}


def test_an_accelerator_is_taken_where_it_answers(tmp_path: Path) -> None:
    (tmp_path / "kvm").write_text("not a device")
    assert accelerator("auto", tmp_path / "nothing") is Accelerator.TCG
    assert accelerator("auto", tmp_path / "kvm") is Accelerator.TCG
    assert accelerator("kvm", tmp_path / "nothing") is Accelerator.KVM


class World:
    def __init__(self) -> None:
        self.vms: tuple[VmReport, ...] = (VM,)
        self.during_hello: VmReport | None = None
        self.away = False
        self.systemd_hangs = False
        self.network: NetworkUpdate | None = None
        self.guests: tuple[GuestReport, ...] = (GuestReport(vm_id="guest", host_name="web"),)
        self.counters = {"host0": LinkCounters(rx_bytes=7)}
        self.hub = Hub(
            FakeClock(),
            vms=self._vms,
            mounts=self._mounts,
            statistics=self._statistics,
            network=lambda: self.network,
            counters=lambda: self.counters,
            ha=self._ha,
            guests=lambda: self.guests,
        )

    async def _vms(self) -> tuple[VmReport, ...]:
        if self.during_hello is not None:
            self.hub.vm_changed(self.during_hello)
        return self.vms

    async def _mounts(self) -> tuple[MountReport, ...]:
        return ()

    async def _ha(self) -> HaReport:
        if self.systemd_hangs:
            await asyncio.Event().wait()
        return HA

    async def _statistics(self) -> Statistics:
        if self.away:
            raise HypervisorFailed(act="answer", reason="away")
        numbers = dict.fromkeys(Statistics.__struct_fields__, 0.0)
        return Statistics(**(numbers | {"boot_id": "b"}))  # type: ignore[arg-type]


@pytest.fixture
def world() -> World:
    return World()


async def test_hello_comes_first_with_all_vms(world: World) -> None:
    hello = await anext(world.hub.events())
    assert (hello.kind, hello.vms, hello.ha, hello.guests) == (EventKind.HELLO, (VM,), HA, world.guests)


async def test_hello_does_not_wait_for_a_systemd_that_hangs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "HA_TIMEOUT_S", 0.01)
    world.systemd_hangs = True
    hello = await anext(world.hub.events())
    assert (hello.kind, hello.ha) == (EventKind.HELLO, None)


async def test_what_happens_while_hello_is_gathered_is_told_after_it(world: World) -> None:
    world.during_hello = VmReport(id="2", name="two", state=VmState.UP)
    events = world.hub.events()
    hello = await anext(events)
    after = await anext(events)
    assert hello.kind is EventKind.HELLO
    assert after.vm == world.during_hello
    assert after.number == hello.number + 1


async def test_numbers_count_up_for_every_listener_alike(world: World) -> None:
    first, second = world.hub.events(), world.hub.events()
    await anext(first)
    world.hub.vm_changed(VM)
    hello = await anext(second)
    world.hub.vm_changed(VM)
    world.hub.mounts_changed(())
    assert [(await anext(first)).number for _ in range(3)] == [1, 2, 3]
    assert [hello.number, (await anext(second)).number, (await anext(second)).number] == [1, 2, 3]


async def test_a_listener_that_is_too_slow_is_cut_off_and_nobody_waits(world: World) -> None:
    slow, quick = world.hub.events(), world.hub.events()
    await anext(slow)
    await anext(quick)
    got: list[Event] = []
    for _ in range(QUEUE_EVENTS + 1):
        world.hub.vm_changed(VM)
        got.append(await anext(quick))
    assert len(got) == QUEUE_EVENTS + 1
    with pytest.raises(StopAsyncIteration):
        await anext(slow)


async def test_heartbeats_tell_the_load_to_those_who_listen(world: World) -> None:
    events = world.hub.events()
    await anext(events)
    beating = asyncio.create_task(world.hub.beat())
    beat = await anext(events)
    beating.cancel()
    assert beat.kind is EventKind.HEARTBEAT
    assert beat.statistics is not None


async def test_hello_and_later_events_tell_of_the_network(world: World) -> None:
    link = LinkReport(name="host0", kind="ethernet", up=True, carrier=True)
    world.network = NetworkUpdate(links=(link,))
    events = world.hub.events()
    hello = await anext(events)
    assert (hello.network, hello.counters) == (world.network, world.counters)
    update = NetworkUpdate(gone=("host0",))
    world.hub.network_changed(update)
    after = await anext(events)
    assert (after.kind, after.network) == (EventKind.NETWORK, update)
    beating = asyncio.create_task(world.hub.beat())
    beat = await anext(events)
    beating.cancel()
    assert beat.counters == world.counters


async def test_what_a_guest_says_comes_with_a_heartbeat_of_its_own(world: World) -> None:
    events = world.hub.events()
    await anext(events)
    world.hub.guest_changed(world.guests[0])
    event = await anext(events)
    assert (event.kind, event.guests, event.statistics) == (EventKind.HEARTBEAT, world.guests, None)


async def test_a_node_whose_libvirt_is_away_still_beats(world: World) -> None:
    events = world.hub.events()
    await anext(events)
    world.away = True
    beating = asyncio.create_task(world.hub.beat())
    beat = await anext(events)
    beating.cancel()
    assert (beat.kind, beat.statistics) == (EventKind.HEARTBEAT, None)


async def test_closing_ends_every_stream(world: World) -> None:
    events = world.hub.events()
    await anext(events)
    world.hub.close()
    with pytest.raises(StopAsyncIteration):
        await anext(events)
