"""The store: SQLite in a file or PostgreSQL by URL, one transaction at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.disks.model import Disk, DiskAttachment
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.jobs.model import Job, JobStep
from hosted_engine.engine.networks.model import Network, Nic, VnicProfile
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.nodes.network import SeenLinks
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.model import SeenStorage, StorageDomain
from hosted_engine.engine.tasks.model import JournalLine, Task
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.users.model import Session, User
from hosted_engine.engine.vms.model import Vm
from hosted_engine.store import tables
from hosted_engine.store.mapping import Mapper
from hosted_engine.store.migrate import bring_up_to_date
from hosted_engine.store.repositories import SqlEventLog, SqlRepository
from node.api.problems import Failed

DATA_CENTERS = Mapper(DataCenter, tables.data_centers)
CLUSTERS = Mapper(Cluster, tables.clusters)
NODES = Mapper(Node, tables.nodes)
SEEN_LINKS = Mapper(SeenLinks, tables.seen_links)
SEEN_STORAGE = Mapper(SeenStorage, tables.seen_storage)
STORAGE_DOMAINS = Mapper(StorageDomain, tables.storage_domains)
DISKS = Mapper(Disk, tables.disks)
DISK_ATTACHMENTS = Mapper(DiskAttachment, tables.disk_attachments)
VMS = Mapper(Vm, tables.vms)
NICS = Mapper(Nic, tables.nics)
TEMPLATES = Mapper(Template, tables.templates)
NETWORKS = Mapper(Network, tables.networks)
VNIC_PROFILES = Mapper(VnicProfile, tables.vnic_profiles)
EVENTS = Mapper(Event, tables.events)
JOBS = Mapper(Job, tables.jobs)
JOB_STEPS = Mapper(JobStep, tables.job_steps)
TASKS = Mapper(Task, tables.tasks)
JOURNAL_LINES = Mapper(JournalLine, tables.journal_lines)
USERS = Mapper(User, tables.users)
SESSIONS = Mapper(Session, tables.sessions)


class StoreUnreachable(Failed):
    what = "Cannot open the database"
    why = "{reason}"
    mend = "Look whether its folder or its server is there, and who may use it"


class SqlTransaction:
    """Implements hosted_engine.engine.ports.Transaction over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def data_centers(self) -> SqlRepository[DataCenter]:
        return SqlRepository(self._connection, DATA_CENTERS, "name")

    @cached_property
    def clusters(self) -> SqlRepository[Cluster]:
        return SqlRepository(self._connection, CLUSTERS, "name")

    @cached_property
    def nodes(self) -> SqlRepository[Node]:
        return SqlRepository(self._connection, NODES, "name")

    @cached_property
    def seen_links(self) -> SqlRepository[SeenLinks]:
        return SqlRepository(self._connection, SEEN_LINKS, "id")

    @cached_property
    def seen_storage(self) -> SqlRepository[SeenStorage]:
        return SqlRepository(self._connection, SEEN_STORAGE, "id")

    @cached_property
    def storage_domains(self) -> SqlRepository[StorageDomain]:
        return SqlRepository(self._connection, STORAGE_DOMAINS, "name")

    @cached_property
    def disks(self) -> SqlRepository[Disk]:
        return SqlRepository(self._connection, DISKS, "name")

    @cached_property
    def disk_attachments(self) -> SqlRepository[DiskAttachment]:
        return SqlRepository(self._connection, DISK_ATTACHMENTS, "id")

    @cached_property
    def vms(self) -> SqlRepository[Vm]:
        return SqlRepository(self._connection, VMS, "name")

    @cached_property
    def nics(self) -> SqlRepository[Nic]:
        return SqlRepository(self._connection, NICS, "name")

    @cached_property
    def templates(self) -> SqlRepository[Template]:
        return SqlRepository(self._connection, TEMPLATES, "name")

    @cached_property
    def networks(self) -> SqlRepository[Network]:
        return SqlRepository(self._connection, NETWORKS, "name")

    @cached_property
    def vnic_profiles(self) -> SqlRepository[VnicProfile]:
        return SqlRepository(self._connection, VNIC_PROFILES, "name")

    @cached_property
    def events(self) -> SqlEventLog:
        return SqlEventLog(self._connection, EVENTS, "id")

    @cached_property
    def jobs(self) -> SqlRepository[Job]:
        return SqlRepository(self._connection, JOBS, "started_at")

    @cached_property
    def job_steps(self) -> SqlRepository[JobStep]:
        return SqlRepository(self._connection, JOB_STEPS, "number")

    @cached_property
    def tasks(self) -> SqlRepository[Task]:
        return SqlRepository(self._connection, TASKS, "created_at")

    @cached_property
    def journal_lines(self) -> SqlRepository[JournalLine]:
        return SqlRepository(self._connection, JOURNAL_LINES, "number")

    @cached_property
    def users(self) -> SqlRepository[User]:
        return SqlRepository(self._connection, USERS, "name")

    @cached_property
    def sessions(self) -> SqlRepository[Session]:
        return SqlRepository(self._connection, SESSIONS, "id")


class SqlStore:
    """Implements hosted_engine.engine.ports.Store. Brings the tables to the newest form when it is opened."""

    def __init__(self, url: str) -> None:
        """`url` is SQLAlchemy's, for example `sqlite:////var/lib/trivet-engine/engine.db`."""
        self._engine = _connect(url)
        try:
            bring_up_to_date(self._engine)
        except OperationalError as err:
            raise StoreUnreachable(reason=str(err.orig).strip()) from err

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self._engine.begin() as connection:
            yield SqlTransaction(connection)

    def close(self) -> None:
        self._engine.dispose()


def _connect(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)  # its server may have been restarted in between
    in_memory = url == "sqlite://"  # then the one connection is the database
    engine = create_engine(url, poolclass=StaticPool) if in_memory else create_engine(url)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    """What is committed survives a power cut (synchronous=FULL); transactions are ours to begin, not the driver's."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
