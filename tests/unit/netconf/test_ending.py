"""How a change ends, alike for every backend: the fake one is held to what the kernel's does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from netconf.backend import Backend
from netconf.errors import ChangePending, CheckpointGone
from netconf.facade import Network
from netconf.kernel.backend import Kernel
from netconf.kernel.changes import Changes, Record, State
from netconf.kernel.state import KernelAddress, KernelState, Link
from netconf.model import Checkpoint
from netconf.uptime import uptime_s
from tests.fakes.kernel import FakeKernel
from tests.fakes.network import FakeNetwork
from tests.unit.netconf.states import BEFORE, DOCUMENT, MAC


@dataclass
class Tried:
    """`expire` is what happens when the time is over."""

    backend: Backend
    expire: Callable[[Checkpoint], object]

    @property
    def network(self) -> Network:
        return Network(self.backend)

    async def changed(self) -> Checkpoint:
        checkpoint = (await self.network.change(DOCUMENT)).checkpoint
        assert checkpoint is not None
        return checkpoint

    async def is_changed(self) -> bool:
        return (await self.backend.show()).interface("ovirtmgmt") is not None


def before() -> KernelState:
    return KernelState(
        (Link("host0", "veth", up=True, mac=MAC, mtu=1500, alias=""),), (KernelAddress("host0", "192.0.2.11", 24),)
    )


@pytest.fixture(params=["fake", "kernel"])
def tried(request: pytest.FixtureRequest, tmp_path: Path) -> Tried:
    if request.param == "fake":
        fake = FakeNetwork(BEFORE)
        return Tried(fake, lambda _: fake.expire())
    memory = FakeKernel(before())
    kernel = Kernel(folder=tmp_path, executor=lambda _: memory, watch=lambda *_: None)

    def expire(checkpoint: Checkpoint) -> None:
        Changes(tmp_path).end(checkpoint.id, State.ROLLING_BACK)
        kernel._roll_back_unconfirmed()

    return Tried(kernel, expire)


async def test_kept_it_is_kept(tried: Tried) -> None:
    checkpoint = await tried.changed()
    for _ in range(2):
        await tried.network.confirm(checkpoint)
    with pytest.raises(CheckpointGone):
        await tried.network.roll_back(checkpoint)
    await tried.network.roll_back_unconfirmed()
    assert await tried.is_changed()


async def test_taken_back_it_is_gone(tried: Tried) -> None:
    checkpoint = await tried.changed()
    for _ in range(2):
        await tried.network.roll_back(checkpoint)
    with pytest.raises(CheckpointGone):
        await tried.network.confirm(checkpoint)
    assert not await tried.is_changed()


async def test_expired_it_is_gone(tried: Tried) -> None:
    checkpoint = await tried.changed()
    tried.expire(checkpoint)
    assert not await tried.is_changed()
    with pytest.raises(CheckpointGone):
        await tried.network.confirm(checkpoint)
    await tried.network.roll_back(checkpoint)


async def test_settling_takes_back_what_waits(tried: Tried) -> None:
    checkpoint = await tried.changed()
    await tried.network.roll_back_unconfirmed()
    assert not await tried.is_changed()
    with pytest.raises(CheckpointGone):
        await tried.network.confirm(checkpoint)


async def test_one_waits_at_a_time(tried: Tried) -> None:
    await tried.changed()
    with pytest.raises(ChangePending):
        await tried.backend.apply(BEFORE, (), 60)
    assert await tried.is_changed()


async def test_a_checkpoint_that_nobody_gave(tried: Tried) -> None:
    with pytest.raises(CheckpointGone):
        await tried.network.confirm(Checkpoint("what-is-this"))


async def test_when_the_machine_has_begun_anew_there_is_nothing_to_bring_back(tmp_path: Path) -> None:
    memory = FakeKernel(before())
    record = Record(KernelState(), KernelState(), uptime_s(), "an earlier boot", None, "/nowhere")
    Changes(tmp_path).begin(record, uptime_s() + 60)
    await Kernel(folder=tmp_path, executor=lambda _: memory, watch=lambda *_: None).roll_back_unconfirmed()
    assert (memory.done, Changes(tmp_path).unfinished()) == ([], ())


async def test_late_is_too_late_even_without_a_watchdog(tmp_path: Path) -> None:
    memory = FakeKernel(before())
    record = Record(memory.now, memory.now, uptime_s(), "boot", None, "/nowhere")
    change = Changes(tmp_path).begin(record, uptime_s() - 1)
    with pytest.raises(CheckpointGone):
        await Kernel(folder=tmp_path, executor=lambda _: memory).confirm(Checkpoint(change))
