"""A whole engine in this process over fake nodes, a new one for each case, behind the examples' names."""

import asyncio
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import msgspec
import ovirtsdk4 as sdk
import uvicorn

from hosted_engine.authority import KeyPair, make_authority, make_pair
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.fleet.fleet import Fleet
from hosted_engine.rest.app import make_app
from hosted_engine.rest.resources import handlers
from node.api.contract import NodeApi
from node.api.messages.guests import GuestNic, GuestReport
from node.api.messages.identity import Role
from node.api.messages.images import ImageRef, ImageReport
from node.api.messages.vms import VmReport, VmState
from node.api.problems import NodeNonResponsive
from node.clock import SystemClock
from tests.conformance.examples.front import Front
from tests.conformance.examples.namespace import AUTHORITY, NAMES, hosts_file
from tests.conformance.examples.state import NodeState, Row, State, read_database
from tests.fakes.directory import add_directory_domain
from tests.fakes.engine import PASSWORD, World, fake_nodes
from tests.fakes.fleet import FakeFleet
from tests.fakes.machine import FakeMachine
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.site import AnyExport, key_of
from tests.transfers.site import RealNodeTransfers, TransferSite

T = TypeVar("T")
MEMORY = Path("/dev/shm")  # the database lives for seconds: no disk has to be waited for

UP_S = 20.0
BEAT_S, ASK_S = 5.0, 0.2
ZEROS_BYTES = 64 << 20


class Loop:
    """The thread in which all engines live."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="engines", daemon=True).start()

    def run(self, work: Awaitable[T]) -> T:
        async def wait() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(wait(), self.loop).result(60)


class _LiveWorld(World):
    """On the real clock: events of one run lie apart."""

    @property
    def now(self) -> float:
        return time.time()

    @now.setter
    def now(self, value: float) -> None:
        """The field of the dataclass is given once, and not kept."""


class LocalSite:
    """Listens on `127.0.40.NUMBER:443`; `renew` puts a new engine there. One case at a time uses it."""

    password = PASSWORD

    def __init__(self, loop: Loop, folder: Path, number: int, authority: KeyPair) -> None:
        self.address = f"127.0.40.{number}"
        self.folder = folder / str(number)
        self.folder.mkdir()
        shutil.copy(folder / "ca.pem", self.folder)
        self.hosts = hosts_file(self.folder, self.address)
        self.front = Front(PASSWORD)
        self._loop = loop
        self._authority_pair = authority
        self._files = folder
        self._database = self.folder / "engine.db"
        self._server: uvicorn.Server | None = None
        self._world: World | None = None
        self._fleet: Fleet
        self._transfers: TransferSite
        self._beating: asyncio.Task[None]

    @property
    def url(self) -> str:
        return f"https://{self.address}/ovirt-engine/api"

    @property
    def authority(self) -> Path:
        return self._files / "ca.pem"

    def renew(self) -> None:
        """Begin with a site of three nodes that nobody has used yet."""
        self._loop.run(self._renew())
        self.front.requests.clear()

    @contextmanager
    def connection(self) -> Iterator[sdk.Connection]:
        """For fixtures; what they ask is not noted."""
        with sdk.Connection(
            url=self.url, username="admin@internal", password=PASSWORD, ca_file=str(self.authority), timeout=30
        ) as connection:
            yield connection
        self.front.requests.clear()

    def execute(self, statement: str, *values: object) -> None:
        """Change the database where the API cannot yet; in the engine's thread, which expects no other writer."""
        self._loop.run(self._execute(statement, values))

    def add_machine(self, number: int, *names: str) -> None:
        """One that belongs to no site, reached by these names and addresses."""
        assert self._world is not None
        machine = self._world.add_machine(f"node{number}", number)
        machine.host.asking, machine.known_as = False, names

    def fill_directory(self, domain: str, base_dn: str, groups: Iterable[str]) -> None:
        """A domain whose groups a directory keeps, as `trivet-domains add-ldap` makes it."""
        self._loop.run(self._fill_directory(domain, base_dn, groups))

    def slow_down(self, delay_s: float) -> None:
        """Every request to a node takes so long, as real ones take their time."""
        assert self._world is not None
        for node in self._world.nodes.values():
            node.be_slow(delay_s)

    def await_storage(self) -> None:
        """A state of the storage counts when two looks, 5 s apart, say the same."""
        assert self._world is not None
        until = time.monotonic() + UP_S
        while self._world.readings.storage is None and time.monotonic() < until:
            time.sleep(0.05)

    def report_guests(self) -> None:
        """Every VM that runs has a guest with an agent, which says an address of its own."""
        self._loop.run(self._report_guests())

    def fill_image(self, disk_id: str) -> None:
        assert self._world is not None
        opened = next(iter(self._world.nodes.values())).opened
        assert isinstance(opened, RealNodeTransfers)
        (image,) = [ref for ref in self._world.shared.images if ref.disk_id == disk_id]
        self._loop.run(opened.fill(image))

    def write_zeros(self, disk_id: str) -> None:
        """As a guest that overwrites what it has freed."""
        assert self._world is not None
        (image,) = [ref for ref in self._world.shared.images if ref.disk_id == disk_id]
        self._world.shared.write_zeros(image, ZEROS_BYTES)

    def state(self) -> State:
        assert self._world is not None
        nodes = {node.name: _node_state(node) for node in self._world.nodes.values()}
        return State(read_database(self._database), nodes)

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
            self._loop.run(self._stop_engine())
            time.sleep(0.2)

    async def _fill_directory(self, domain: str, base_dn: str, groups: Iterable[str]) -> None:
        assert self._world is not None
        add_directory_domain(self._world.store, domain, base_dn)
        for group in groups:
            self._world.directories.add_group(group)

    async def _report_guests(self) -> None:
        assert self._world is not None
        for number, node in enumerate(self._world.nodes.values(), 1):
            for place, vm in enumerate(node.machines.vms(), 1):
                if vm.state is VmState.UP:
                    nic = GuestNic(name="eth0", mac="", addresses=(f"192.0.2.{number * 50 + place}",))
                    node.report_guest(GuestReport(vm_id=vm.id, nics=(nic,)))
        await asyncio.sleep(1)  # until the engine has heard of it

    async def _execute(self, statement: str, values: Sequence[object]) -> None:
        with sqlite3.connect(self._database, timeout=10) as connection:
            connection.execute(statement, values)
        connection.close()

    async def _renew(self) -> None:
        await self._stop_engine()
        for file in self.folder.glob("engine.db*"):
            file.unlink()
        self._transfers = transfers = self._new_transfers()
        nodes = fake_nodes(now=time.time, transfers=transfers.node)
        next(iter(nodes.values())).site.exports = AnyExport()
        database = f"sqlite:///{self._database}"
        self._world = world = _LiveWorld(url=database, nodes=nodes, real_time=True, proxy=transfers.proxy())
        self._move_nodes(world)
        self._fleet = fleet = Fleet(
            store=world.store,
            readings=world.readings,
            locks=world.locks,
            clock=SystemClock(),
            connect=lambda node: _reached(nodes, node),
            connect_out_of_time=lambda node: _reached(nodes, node),
            is_unclaimed=FakeFleet(nodes).is_unclaimed,
            invite=FakeFleet(nodes).invite,
        )
        world.begin_with(fleet)
        fleet.start()
        self._beating = asyncio.create_task(_live(world))
        async with asyncio.timeout(UP_S):
            while not _is_up(world):  # noqa: ASYNC110 - the engine tells nobody of it
                await asyncio.sleep(0.01)
        authority = self.authority.read_bytes()
        app = make_app(
            store=world.store,
            handlers=handlers(world.engine),
            authority_pem=authority,
            directories=world.engine.directories,
        )
        self.front.engine = app  # type: ignore[assignment]
        if self._server is None:
            await self._listen()

    def _new_transfers(self) -> TransferSite:
        folder = self.folder / "transfers"
        return TransferSite(folder, self._authority_pair, name=NAMES[0], address=self.address)

    def _move_nodes(self, world: World) -> None:
        """To where their transfer daemons listen."""
        with world.store.transaction() as tx:
            for node in tx.nodes.list():
                tx.nodes.update(replace(node, address=self.address))

    async def _stop_engine(self) -> None:
        if self._world is None:
            return
        self._transfers.stop()
        self._beating.cancel()
        await self._world.engine.stop()
        await self._fleet.stop()
        self._world.store.close()

    async def _listen(self) -> None:
        config = uvicorn.Config(
            self.front,
            host=self.address,
            port=443,
            ssl_certfile=str(self._files / "engine.crt"),
            ssl_keyfile=str(self._files / "engine.key"),
            log_level="warning",
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._serving = asyncio.create_task(self._server._serve())
        while not self._server.started:  # noqa: ASYNC110 - uvicorn offers nothing better
            await asyncio.sleep(0.01)


@contextmanager
def local_sites(count: int) -> Iterator[list[LocalSite]]:
    """That many sites beside each other."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="examples-") as folder:
        authority = _certificates(Path(folder), count)
        loop = Loop()
        sites = [LocalSite(loop, Path(folder), number, authority) for number in range(1, count + 1)]
        try:
            yield sites
        finally:
            for site in sites:
                site.stop()


def _reached(nodes: dict[str, FakeNode], node: Node) -> NodeApi:
    """Who is no member does not show a certificate of the site."""
    if nodes[node.id].host.claimed is None:
        raise NodeNonResponsive(node=node.name, request="a member's question", reason="its certificate is not ours")
    return cast(NodeApi, nodes[node.id])


async def _live(world: World) -> None:
    """Nodes that say nothing for long are taken for lost; machines that want in ask."""
    beaten_at = 0.0
    while True:
        await asyncio.sleep(ASK_S)
        nodes = list(world.nodes.values())
        for machine in nodes:
            if isinstance(machine, FakeMachine) and machine.wants_in:
                world.ask(machine)
        if time.monotonic() - beaten_at >= BEAT_S:
            beaten_at = time.monotonic()
            for node in nodes:
                node.heartbeat()


def _is_up(world: World) -> bool:
    """The size of the deploy's image is asked in the background, and would be taken for an example's doing."""
    with world.store.transaction() as tx:
        up = all(node.status is NodeStatus.UP for node in tx.nodes.list())
        return up and not tx.disks.count(actual_size_bytes=0)


def _certificates(folder: Path, count: int) -> KeyPair:
    authority = make_authority("examples")
    addresses = tuple(f"127.0.40.{number}" for number in range(1, count + 1))
    pair = make_pair(authority, Role.ENGINE, NAMES[0], names=(*NAMES, *addresses))
    (folder / "ca.pem").write_text(authority.certificate)
    (folder / "engine.crt").write_text(pair.certificate)
    (folder / "engine.key").write_text(pair.key)
    shutil.copy(folder / "ca.pem", AUTHORITY)
    return authority


def _vm_state(node: FakeNode, report: VmReport) -> Row:
    ticket = node.machines.ticket(report.id)
    return {
        "state": report.state.value,
        "spec": msgspec.to_builtins(node.machines.spec(report.id)),
        "ticket": ticket.value if ticket else None,
        "memory_bytes": node.machines.memory_of(report.id),
        "addresses": [
            address
            for guest in node.machines.guests()
            if guest.vm_id == report.id
            for nic in guest.nics
            for address in nic.addresses
        ],
    }


def _node_state(node: FakeNode) -> NodeState:
    vms = {report.id: _vm_state(node, report) for report in node.machines.vms()}
    images = {(ref.disk_id, ref.image_id): _image(node, ref, image) for ref, image in node.site.images.items()}
    statistics = {
        **msgspec.to_builtins(node.hello().statistics),
        "memory_bytes": node.host.memory_bytes,
    }
    opened = node.opened if isinstance(node.opened, RealNodeTransfers) else None  # none of a machine that came later
    left = [name for names in opened.real.left().values() for name in names] if opened is not None else []
    certificate = node.host.claimed.certificate_pem if node.host.claimed is not None else ""
    mounts = {domain: request.spec.source for domain, request in node.storage.mounted.items()}
    ovfs = {domain: dict(node.site.ovfs.get(key_of(one.spec), {})) for domain, one in node.storage.mounted.items()}
    return NodeState(certificate, vms, images, statistics, left, mounts, ovfs)


def _image(node: FakeNode, ref: ImageRef, image: ImageReport) -> dict[str, object]:
    """With its file, where somebody has opened it."""
    file = {"file": str(node.opened.file(ref))} if isinstance(node.opened, RealNodeTransfers) else {}
    return {**msgspec.to_builtins(image), **file}
