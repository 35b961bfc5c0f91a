"""The node itself: every operation of the contract, and what a test can do to it: refuse, fail, silence, slow down."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

from node.api.contract import NodeApi
from node.api.handlers import check_parts, handlers_of
from node.api.messages.events import Event, EventKind
from node.api.messages.gluster import StorageUpdate
from node.api.messages.guests import GuestReport
from node.api.messages.network import LinkReport, NetworkEvent, NetworkUpdate
from node.api.messages.vms import VmReport
from node.api.operation import Arguments, Operation
from node.api.problems import Problem
from tests.fakes.node.calling import Calling
from tests.fakes.node.chains import FakeChains
from tests.fakes.node.gluster import FakeGluster
from tests.fakes.node.ha_service import FakeHaService
from tests.fakes.node.host import FakeHost
from tests.fakes.node.network import FakeNodeNetwork
from tests.fakes.node.site import GIB, FakeSite
from tests.fakes.node.storage import FakeStorage
from tests.fakes.node.stream import FakeStream
from tests.fakes.node.transfers import FakeTransfers
from tests.fakes.node.vms import FakeVms

check_parts(
    (FakeHost, FakeStream, FakeNodeNetwork, FakeGluster, FakeStorage, FakeChains, FakeTransfers, FakeHaService, FakeVms)
)


class FakeNode(NodeApi):
    """Each operation is a method of one of its parts. What it shares with other nodes lies in `site`.

    The knobs are the public methods, and what is public of the parts.
    """

    def __init__(
        self,
        name: str = "node1",
        *,
        site: FakeSite | None = None,
        node_id: str = "",
        claim_code: str = "",
        memory_bytes: int = 16 * GIB,
        net: FakeNodeNetwork | None = None,
        now: Callable[[], float] = lambda: 0.0,
        transfers: Callable[[FakeSite, FakeVms], FakeTransfers] | None = None,
    ) -> None:
        """`transfers` makes what stands in for those in memory."""
        self.name = name
        self.node_id = node_id or f"00000000-0000-4000-8000-{sum(name.encode()):012d}"
        self.site = site if site is not None else FakeSite()
        self.machines = FakeVms(self.site, now, self._vm_changed)
        self.storage = FakeStorage(self.site, self.machines)
        self.chains = FakeChains(self.site, self.storage, self.machines)
        self.opened = (transfers or partial(FakeTransfers, now=now))(self.site, self.machines)
        self.opened.mounted = self.storage.on_mount
        self.host = FakeHost(
            name,
            self.node_id,
            self.machines,
            self.storage,
            claim_code=claim_code,
            memory_bytes=memory_bytes,
            now=now,
        )
        self.net = net if net is not None else FakeNodeNetwork()
        self.pool = FakeGluster(self.site, name, now)
        self.ha_service = FakeHaService(now)
        self._calling = Calling(name)
        self._stream = FakeStream(self.hello)
        self._now = now
        self.parts = (
            self.host,
            self._stream,
            self.net,
            self.pool,
            self.storage,
            self.chains,
            self.opened,
            self.ha_service,
            self.machines,
        )
        self._handlers = handlers_of(self.parts)

    async def call(self, operation: Operation, arguments: Arguments) -> Any:
        operation.check_known(self.name, self.host.api_version)
        before = self.storage.mounts()
        try:
            return await self._calling.do(operation, lambda: self._handlers[operation.name](**arguments))
        finally:
            if (mounts := self.storage.mounts()) != before:
                self.send(Event(number=0, kind=EventKind.MOUNT, at=self._now(), mounts=mounts))

    async def stream(self, operation: Operation, arguments: Arguments) -> AsyncIterator[Any]:
        await self._calling.do(operation, lambda: None)
        async with aclosing(self._handlers[operation.name](**arguments)) as lines:
            async for line in lines:
                yield line
        raise self._calling.no_answer(operation)

    def fail(self, operation: str, problem: Problem, *, times: int = 1, skip: int = 0) -> None:
        """Let the next `times` calls of `operation`, after `skip` good ones, end with `problem`, before anything is
        done."""
        self._calling.fail(operation, problem, times=times, skip=skip)

    def lose_answer(self, operation: str, *, times: int = 1) -> None:
        """Carry the next `times` calls of `operation` out and then let them end with NodeNonResponsive."""
        self._calling.lose_answer(operation, times=times)

    def mend(self, operation: str) -> None:
        """No failure of `operation` is left to come."""
        self._calling.mend(operation)

    @property
    def asked(self) -> list[str]:
        """The operations that it was asked for, in order."""
        return self._calling.asked

    @property
    def unresponsive(self) -> bool:
        return self._calling.unresponsive

    def stop_answering(self) -> None:
        """No answer to anything, streams end; VMs go on running."""
        self._calling.unresponsive = True
        self._stream.end()

    def speak_again(self) -> None:
        self._calling.unresponsive = False

    def be_slow(self, delay_s: float) -> None:
        self._calling.delay_s = delay_s

    def lose_power(self) -> None:
        """The machine is gone at once with its VMs; `start` brings it back."""
        self.stop_answering()
        self.machines.lose_all()
        self.opened.lose_all()
        self.net.checkpoints.clear()

    def start(self) -> None:
        """Boot again: wished mounts and lockspaces come back by themselves, VMs do not."""
        self.host.boots += 1
        self.speak_again()

    def heartbeat(self) -> None:
        """Heartbeats come only when a test asks for one."""
        self.send(
            Event(
                number=0,
                kind=EventKind.HEARTBEAT,
                at=self._now(),
                statistics=self.host.statistics(),
                counters=dict(self.net.counters),
                ha=self.ha_service.ha(),
            )
        )

    def send(self, event: Event) -> None:
        """To all who listen; the number is given here."""
        self._stream.push(event)

    def change_link(self, link: LinkReport, *events: NetworkEvent) -> None:
        """It is so from now on, and who listens gets `events`."""
        self.net.links[link.name] = link
        update = NetworkUpdate(links=(link,), events=events, drift=self.net.drift)
        self.send(Event(number=0, kind=EventKind.NETWORK, at=self._now(), network=update))

    def lose_link(self, name: str) -> None:
        self.net.links.pop(name)
        event = NetworkEvent(kind="link-removed", description=f"{name} is gone", interface=name)
        update = NetworkUpdate(gone=(name,), events=(event,), drift=self.net.drift)
        self.send(Event(number=0, kind=EventKind.NETWORK, at=self._now(), network=update))

    def report_storage(self) -> None:
        """Who listens hears that the state of the storage, `site.storage`, has changed."""
        report = self.pool.report()
        update = StorageUpdate(health=report.health, problems=tuple(problem.key for problem in report.problems))
        self.send(Event(number=0, kind=EventKind.HEARTBEAT, at=self._now(), storage=update))

    def end_checkpoint(self) -> None:
        """The time to confirm a change of the network is over: it goes back."""
        self.net.roll_back()

    def hello(self) -> Event:
        return Event(
            number=self._stream.number,
            kind=EventKind.HELLO,
            at=self._now(),
            vms=self.machines.vms(),
            statistics=self.host.statistics(),
            mounts=self.storage.mounts(),
            network=self.net.update(),
            counters=dict(self.net.counters),
            ha=self.ha_service.ha(),
            guests=self.machines.guests(),
        )

    def report_guest(self, report: GuestReport) -> None:
        """The agent in a guest; who listens hears of it."""
        self.machines.set_guest(report.vm_id, report)
        self.send(Event(number=0, kind=EventKind.HEARTBEAT, at=self._now(), guests=(report,)))

    def _vm_changed(self, vm: VmReport) -> None:
        self.send(Event(number=0, kind=EventKind.VM, at=self._now(), vm=vm))
