"""A whole engine over fake nodes in one process: a site of three nodes, volumes engine and data, the template tiny."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import msgspec

import gluster.tls
from hosted_engine import site as seed
from hosted_engine.authority import SiteAuthority, make_authority, make_pair
from hosted_engine.engine.bootstrap import import_site
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.commands.maintenance import node_lock
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.joining.registrations import Asked
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.nodes.network import NodeNetwork, ObservedLinks
from hosted_engine.engine.nodes.presence import on_connected
from hosted_engine.engine.nodes.readings import Reading, Readings
from hosted_engine.engine.ports import Fleet, Store
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.engine.transfers.proxy import TransferProxy
from hosted_engine.engine.users.model import Caller
from hosted_engine.passwords import hash_password
from hosted_engine.secret_keys import Keys
from hosted_engine.site import EngineVm, Site, SiteTemplate, SiteVolume
from hosted_engine.store.store import SqlStore
from hosted_engine.waiting import Poller
from node.api.messages.gluster import VolumeRequest
from node.api.messages.ha import SiteNode
from node.api.messages.identity import Claim, Role
from node.api.messages.images import ImageFormat, ImageRef, ImageRequest
from node.api.messages.leases import LockspaceRequest
from node.api.messages.migration import MigrationReport
from node.api.messages.mounts import MountRequest, MountSpec
from node.api.messages.network import NetworkUpdate
from node.api.messages.registration import RegistrationReport
from node.clock import SystemClock
from node.storage.site_nodes import FILE as SITE_FILE
from tests.fakes.directory import FakeDirectories
from tests.fakes.fleet import FakeFleet
from tests.fakes.machine import FakeMachine
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.site import FakeSite
from tests.fakes.node.transfers import FakeTransfers
from tests.fakes.node.vms import FakeVms
from tests.fakes.proxy import FakeProxy

MIB = 1 << 20
PASSWORD = "fake-password"
TINY_ID = "10000000-0000-4000-8000-000000000001"
ENGINE_DOMAIN_ID = "40000000-0000-4000-8000-000000000001"
DATA_ID = "40000000-0000-4000-8000-000000000002"
TINY_IMAGE = ImageRef(
    storage_domain=DATA_ID,
    disk_id="20000000-0000-4000-8000-000000000001",
    image_id="20000000-0000-4000-8000-000000000002",
)
ENGINE_VM_ID = "30000000-0000-4000-8000-000000000001"
VOLUMES = ("engine", "data")
DOMAINS = dict(zip(VOLUMES, (ENGINE_DOMAIN_ID, DATA_ID), strict=True))


def node_id(number: int) -> str:
    return f"50000000-0000-4000-8000-{number:012d}"


def fake_nodes(
    count: int = 3,
    *,
    now: Callable[[], float] = lambda: 0.0,
    transfers: Callable[[FakeSite, FakeVms], FakeTransfers] | None = None,
) -> dict[str, FakeNode]:
    """Nodes of one site, ready for the engine: volumes made and mounted, tiny's image on `data`."""
    shared = FakeSite()
    names = [f"node{n}" for n in range(1, count + 1)]
    for volume in VOLUMES:
        bricks = tuple(f"{name}:/bricks/{volume}" for name in names)
        options = gluster.tls.options(names)
        shared.make_volume(VolumeRequest(name=volume, replica=count, bricks=bricks, options=options))
    if count > 1:
        shared.add_peers(*names)
    shared.make_image(TINY_IMAGE, ImageRequest(format=ImageFormat.QCOW2, source="tiny"))
    nodes = {
        node_id(n): FakeNode(f"node{n}", site=shared, node_id=node_id(n), now=now, transfers=transfers)
        for n in range(1, count + 1)
    }
    keepers = tuple(SiteNode(name=name, address=f"192.0.2.{10 + n}", host_id=n) for n, name in enumerate(names, 1))
    site_text = msgspec.json.format(msgspec.json.encode({"name": "fake", "nodes": keepers}), indent=2).decode() + "\n"
    shared.ha_files["engine"] = {SITE_FILE: site_text}
    for number, node in enumerate(nodes.values(), 1):
        node.ha_service.hosted_engine_deployed = True
        node.host.claimed = Claim(certificate_pem="", authority_pem="")
        node.net.known = {one.name: one.address for one in keepers} | {"engine.fake": "192.0.2.10"}
        node.machines.movable = MigrationReport(members=tuple(names), listening=True)
        for volume in VOLUMES:
            spec = MountSpec(kind="glusterfs", source=f"node1:/{volume}")
            node.storage.mount(
                MountRequest(storage_domain=DOMAINS[volume], spec=spec, hosted_engine=volume == "engine")
            )
        node.storage.join_lockspace(LockspaceRequest(name="trivet", storage_domain=ENGINE_DOMAIN_ID, host_id=number))
    return nodes


def fake_site(count: int = 3) -> Site:
    return Site(
        name="fake",
        data_center="Default",
        cluster="Default",
        management_network="ovirtmgmt",
        engine=EngineVm(id=ENGINE_VM_ID, name="HostedEngine", address="192.0.2.10/24"),
        nodes=tuple(
            seed.SiteNode(id=node_id(n), name=f"node{n}", address=f"192.0.2.{10 + n}", host_id=n)
            for n in range(1, count + 1)
        ),
        volumes=tuple(
            SiteVolume(
                id=DOMAINS[name],
                name=name,
                replica=count,
                bricks=tuple(f"node{n}:/bricks/{name}" for n in range(1, count + 1)),
            )
            for name in VOLUMES
        ),
        templates=(
            SiteTemplate(
                id=TINY_ID,
                name="tiny",
                image=TINY_IMAGE,
                format=ImageFormat.QCOW2,
                virtual_size_bytes=64 * MIB,
                memory_bytes=64 * MIB,
            ),
        ),
        names={f"node{n}": f"192.0.2.{10 + n}" for n in range(1, count + 1)},
        admin_user="admin@internal",
        admin_password_hash=PASSWORD_HASH,
    )


PASSWORD_HASH = hash_password(PASSWORD)
SECRETS = Keys.new()


@cache
def _in_memory(thread: int) -> tuple[SqlStore, bytes]:
    """The one database in memory of a thread, and how it looks empty: migrating it and compiling statements would take
    most of a test's time."""
    store = SqlStore("sqlite://", SECRETS)
    return store, _connection(store).serialize()


def _store_in_memory(site: Site, now: float) -> SqlStore:
    """With the site imported; how that looks is kept as well."""
    store, empty = _in_memory(threading.get_ident())
    key = msgspec.json.encode((site, now))
    if key not in _imported:
        _connection(store).deserialize(empty)
        with store.transaction() as tx:
            import_site(tx, site, now)
        _imported[key] = _connection(store).serialize()
    _connection(store).deserialize(_imported[key])
    return store


_imported: dict[bytes, bytes] = {}


def _connection(store: SqlStore) -> sqlite3.Connection:
    connection = store._engine.raw_connection().driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection


_AUTHORITY_PAIR = make_authority("fake")
ENGINE_PAIR = make_pair(_AUTHORITY_PAIR, Role.ENGINE, "localhost", names=("127.0.0.1",))
AUTHORITY = SiteAuthority(_AUTHORITY_PAIR, ENGINE_PAIR.certificate)


class WorldClock:
    """Time passes only while the engine waits; machines that want in ask then."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def now(self) -> float:
        return self._world.now

    def monotonic(self) -> float:
        return self._world.now

    async def sleep(self, seconds: float) -> None:
        self._world.now += seconds
        for node in tuple(self._world.nodes.values()):
            if isinstance(node, FakeMachine) and node.wants_in:
                self._world.ask(node)
        await asyncio.sleep(0)


@dataclass
class World:
    """The engine and what is around it. Worlds in memory share one database per thread: a new one empties it."""

    url: str = "sqlite://"
    nodes: dict[str, FakeNode] = field(default_factory=fake_nodes)
    now: float = 1_700_000_000.0
    real_time: bool = False
    """What the engine waits for takes its time."""
    proxy: TransferProxy = field(default_factory=FakeProxy)
    directories: FakeDirectories = field(default_factory=FakeDirectories)

    def __post_init__(self) -> None:
        site = fake_site(len(self.nodes))
        self.store = _store_in_memory(site, self.now) if self.url == "sqlite://" else SqlStore(self.url, SECRETS)
        with self.store.transaction() as tx:
            import_site(tx, site, self.now)
            for domain in tx.storage_domains.list():
                tx.storage_domains.update(replace(domain, status=StorageDomainStatus.ACTIVE))
            for node in tx.nodes.list():
                tx.nodes.update(replace(node, status=NodeStatus.UP))
                links = (self.nodes[node.id].hello().network or NetworkUpdate()).links
                tx.observed_links.add(ObservedLinks(id=node.id, links=links))
            self.cluster = tx.clusters.list()[0]
            self.caller = Caller(user_id=tx.users.list()[0].id, user_name="admin@internal")
        self.begin()

    def begin(self, store: Store | None = None) -> None:
        """A new process; `store` stands in for the world's own."""
        self.readings = Readings()
        for id_, node in self.nodes.items():
            hello = node.hello()
            network = NodeNetwork().after(hello.network or NetworkUpdate()).counted(hello.counters, hello.at)
            self.readings.put(id_, Reading(hello.statistics, hello.mounts, self.now, network, ha=hello.ha))
        self.locks = Locks()
        self._open(store or self.store, FakeFleet(self.nodes, lambda id_: self.hear(id_, store or self.store)))

    def count_writes(self) -> Callable[[], int]:
        """What tells, at any time, how many rows of its database in memory were written so far."""
        connection = _connection(self.store)  # once: SQLAlchemy rolls back when it gets one back
        return lambda: connection.total_changes

    def begin_with(self, fleet: Fleet) -> None:
        """The engine of this process over another fleet, which shares readings and locks with it."""
        self._open(self.store, fleet)

    def _open(self, store: Store, fleet: Fleet) -> None:
        poller = Poller(SystemClock() if self.real_time else WorldClock(self))
        self.engine = Engine(
            store,
            fleet,
            readings=self.readings,
            locks=self.locks,
            poller=poller,
            authority=AUTHORITY,
            proxy=self.proxy,
            directories=self.directories,
        )

    def hear(self, id_: str, store: Store) -> None:
        """A node says HELLO for the first time. What it says of its maintenance counts for nothing while a command has
        to do with that, as in the fleet."""
        node = self.nodes[id_]
        hello = node.hello()
        self.readings.put(id_, Reading(hello.statistics, hello.mounts, self.now, None, ha=hello.ha))
        with store.transaction() as tx:
            on_connected(
                tx,
                id_,
                capabilities=node.host.capabilities(),
                boot_id="b",
                vms=(),
                as_of=hello.at,
                now=self.now,
                ha=None if self.locks.is_taken(node_lock(id_)) else hello.ha,
            )

    def add_machine(self, name: str, number: int, **more: Any) -> FakeMachine:
        """It asks whenever time passes."""
        machine = FakeMachine(
            name, site=self.shared, number=number, engine_fingerprint=AUTHORITY.engine_fingerprint, **more
        )
        self.nodes[host_id_of_key(machine.fingerprint)] = machine
        return machine

    def ask(self, machine: FakeMachine, **changes: object) -> RegistrationReport:
        asked = Asked(machine.question(**changes), machine.fingerprint, machine.address)
        report = self.engine.registrations.ask(asked)
        machine.hear(report)
        return report

    @property
    def tickets(self) -> dict[str, str]:
        """Of the engine's transfer port."""
        assert isinstance(self.proxy, FakeProxy)
        return self.proxy.tickets

    @property
    def shared(self) -> FakeSite:
        return next(iter(self.nodes.values())).site

    def new_id(self) -> str:
        return new_id()
