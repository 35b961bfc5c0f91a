"""A whole engine over fake nodes in one process: a site of three nodes, volumes engine and data, the template tiny."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import msgspec

from hosted_engine.engine.birth import import_site
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.nodes.network import NodeNetwork, SeenLinks
from hosted_engine.engine.nodes.readings import Reading, Readings
from hosted_engine.engine.ports import Fleet, Store
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.engine.users.model import Caller
from hosted_engine.passwords import hash_password
from hosted_engine.site import EngineVm, Site, SiteNode, SiteTemplate, SiteVolume
from hosted_engine.store.store import SqlStore
from node.api.messages.gluster import VolumeRequest
from node.api.messages.images import ImageFormat, ImageRef, ImageRequest
from node.api.messages.mounts import MountRequest
from node.api.messages.network import NetworkNews
from tests.fakes.fleet import FakeFleet
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.site import FakeSite

MIB = 1 << 20
PASSWORD = "fake-password"
TINY_ID = "10000000-0000-4000-8000-000000000001"
TINY_IMAGE = ImageRef(
    volume="data", disk_id="20000000-0000-4000-8000-000000000001", image_id="20000000-0000-4000-8000-000000000002"
)
ENGINE_VM_ID = "30000000-0000-4000-8000-000000000001"
DATA_ID = "40000000-0000-4000-8000-000000000002"
VOLUMES = ("engine", "data")


def node_id(number: int) -> str:
    return f"50000000-0000-4000-8000-{number:012d}"


def fake_nodes(count: int = 3, *, now: Callable[[], float] = lambda: 0.0) -> dict[str, FakeNode]:
    """Nodes of one site, ready for the engine: volumes made and mounted, tiny's image on `data`."""
    shared = FakeSite()
    for volume in VOLUMES:
        bricks = tuple(f"node{n}:/bricks/{volume}" for n in range(1, count + 1))
        shared.make_volume(VolumeRequest(name=volume, replica=count, bricks=bricks))
    shared.make_image(TINY_IMAGE, ImageRequest(format=ImageFormat.QCOW2, source="tiny"))
    nodes = {node_id(n): FakeNode(f"node{n}", site=shared, node_id=node_id(n), now=now) for n in range(1, count + 1)}
    for node in nodes.values():
        node.keeps_engine = True
        for volume in VOLUMES:
            node.storage.mounted[volume] = MountRequest(volume=volume, servers=("node1",))
    return nodes


def fake_site(count: int = 3) -> Site:
    return Site(
        name="fake",
        data_center="Default",
        cluster="Default",
        management_network="ovirtmgmt",
        engine=EngineVm(id=ENGINE_VM_ID, name="HostedEngine", address="192.0.2.10/24"),
        nodes=tuple(
            SiteNode(id=node_id(n), name=f"node{n}", address=f"192.0.2.{10 + n}", host_id=n)
            for n in range(1, count + 1)
        ),
        volumes=tuple(
            SiteVolume(
                id=f"40000000-0000-4000-8000-{number:012d}",
                name=name,
                replica=count,
                bricks=tuple(f"node{n}:/bricks/{name}" for n in range(1, count + 1)),
            )
            for number, name in enumerate(VOLUMES, 1)
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


@cache
def _in_memory(thread: int) -> tuple[SqlStore, bytes]:
    """The one database in memory of a thread, and how it looks empty: migrating it and compiling statements would take
    most of a test's time."""
    store = SqlStore("sqlite://")
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


@dataclass
class World:
    """The engine and what is around it. Worlds in memory share one database per thread: a new one empties it."""

    url: str = "sqlite://"
    nodes: dict[str, FakeNode] = field(default_factory=fake_nodes)
    now: float = 1_700_000_000.0

    def __post_init__(self) -> None:
        site = fake_site(len(self.nodes))
        self.store = _store_in_memory(site, self.now) if self.url == "sqlite://" else SqlStore(self.url)
        with self.store.transaction() as tx:
            import_site(tx, site, self.now)
            for domain in tx.storage_domains.list():
                tx.storage_domains.update(replace(domain, status=StorageDomainStatus.ACTIVE))
            for node in tx.nodes.list():
                tx.nodes.update(replace(node, status=NodeStatus.UP))
                links = (self.nodes[node.id].hello().network or NetworkNews()).links
                tx.seen_links.add(SeenLinks(id=node.id, links=links))
            self.cluster = tx.clusters.list()[0]
            self.caller = Caller(user_id=tx.users.list()[0].id, user_name="admin@internal")
        self.begin()

    def begin(self, store: Store | None = None) -> None:
        """A new process; `store` stands in for the world's own."""
        self.readings = Readings()
        for id_, node in self.nodes.items():
            hello = node.hello()
            network = NodeNetwork().after(hello.network or NetworkNews()).counted(hello.counters, hello.at)
            self.readings.put(id_, Reading(hello.statistics, hello.mounts, self.now, network, ha=hello.ha))
        self.locks = Locks()
        self.engine = Engine(
            store or self.store,
            FakeFleet(self.nodes),
            readings=self.readings,
            locks=self.locks,
            clock=lambda: self.now,
        )

    def begin_with(self, fleet: Fleet) -> None:
        """The engine of this process over another fleet, which shares readings and locks with it."""
        self.engine = Engine(self.store, fleet, readings=self.readings, locks=self.locks, clock=lambda: self.now)

    def new_id(self) -> str:
        return new_id()
