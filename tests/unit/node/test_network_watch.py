"""What the agent tells of the network that is followed, and that it goes on when following ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from netconf.model import Address
from netconf.watch.changes import changes
from netconf.watch.view import Counters, Kernel, Link, ObservedAddress, Speed, Update, View, apply
from netconf.watch.watch import Moment
from node.api.messages.network import LinkAddress, LinkCounters, NetworkUpdate
from node.observe.network_watch import NetworkWatch
from tests.fakes.clock import FakeClock

NIC = Link(2, "host0", "veth", up=True, carrier=True, base_elsewhere=True, mtu=1500, mac="02:00:00:00:00:01")
BRIDGE = Link(3, "br0", "bridge", up=True, carrier=True)
OTHERS = (
    Link(1, "lo", "loopback"),
    Link(4, "vnet0", "tun"),
    Link(5, "ve1", "veth", base=6),
    Link(6, "ve2", "veth", base=5),
)
OWN_ADDRESS = ObservedAddress(2, Address("192.0.2.5", 24), 4)


def view(*update: Update) -> View:
    kernel = apply(Kernel(), (NIC, BRIDGE, *OTHERS, *update))
    return View(kernel, counters={"host0": Counters(rx_bytes=5), "vnet0": Counters()}, speeds={2: Speed(10000, "full")})


class Script:
    """An observer that says what a test wants, and dies when the test says None."""

    def __init__(self, first: View) -> None:
        self.view = first
        self.begun = 0
        self.views: asyncio.Queue[View | None] = asyncio.Queue()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator["Script"]:
        self.begun += 1
        yield self

    async def moments(self) -> AsyncIterator[Moment]:
        while (after := await self.views.get()) is not None:
            before, self.view = self.view, after
            yield Moment(0, after, changes(before, after))
        raise OSError("the kernel has had enough")


class Scene:
    def __init__(self) -> None:
        self.script = Script(view())
        self.updates: list[NetworkUpdate] = []
        self.watch = NetworkWatch(self.script, self.updates.append, FakeClock())
        self.task = asyncio.create_task(self.watch.run())

    async def expect(self, after: View | None) -> None:
        self.script.views.put_nowait(after)
        await self.wait_idle()

    async def wait_idle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_the_first_look_tells_of_all_own_links_and_of_no_events() -> None:
    scene = Scene()
    assert scene.watch.update() is None
    assert scene.watch.observed() is None
    await scene.wait_idle()
    (update,) = scene.updates
    assert [link.name for link in update.links] == ["br0", "host0"]
    assert update.events == ()
    assert scene.watch.update() == NetworkUpdate(links=update.links)
    assert scene.watch.counters() == {"host0": LinkCounters(rx_bytes=5)}
    assert (update.links[1].speed_mbps, update.links[1].duplex, update.links[1].mac) == (10000, "full", NIC.mac)
    observed = scene.watch.observed()
    assert observed is not None
    await scene.end()


async def test_a_change_is_told_with_the_link_as_it_is_then() -> None:
    scene = Scene()
    await scene.expect(view(OWN_ADDRESS))
    update = scene.updates[-1]
    assert [(link.name, link.addresses) for link in update.links] == [
        ("host0", (LinkAddress(address="192.0.2.5/24", origin="static"),))
    ]
    assert [(event.kind, event.interface) for event in update.events] == [("address-added", "host0")]
    await scene.end()


async def test_what_happens_to_links_of_vms_is_not_told() -> None:
    scene = Scene()
    await scene.wait_idle()
    count = len(scene.updates)
    await scene.expect(view(replace(OTHERS[1], up=True, carrier=True)))
    assert len(scene.updates) == count
    await scene.end()


async def test_a_link_that_is_gone() -> None:
    scene = Scene()
    await scene.wait_idle()
    await scene.expect(View(apply(Kernel(), (NIC,))))
    assert scene.updates[-1].gone == ("br0",)
    await scene.end()


async def test_an_observer_that_dies_is_replaced_and_nothing_is_missed() -> None:
    scene = Scene()
    await scene.wait_idle()
    scene.script.view = view(replace(NIC, carrier=False))  # happens while nobody looks
    await scene.expect(None)
    assert scene.script.begun == 2
    assert [event.description for event in scene.updates[-1].events] == ["host0 lost its carrier"]
    await scene.expect(view())
    assert scene.updates[-1].links[0].carrier
    await scene.end()
