"""What the domain needs from outside: a store that keeps it and a fleet that reaches the nodes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Protocol, TypeVar

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskImage
from hosted_engine.engine.entity.record import Model
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.jobs.model import Job, JobStep
from hosted_engine.engine.networks.model import Network, Nic, VnicProfile
from hosted_engine.engine.nodes.joining.model import NodeRegistration
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.nodes.network import ObservedLinks
from hosted_engine.engine.search.question import Question
from hosted_engine.engine.secrets import Secrets
from hosted_engine.engine.storage.model import ObservedStorage, StorageDomain
from hosted_engine.engine.tasks.model import JournalLine, Task
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.users.model import Session, User
from hosted_engine.engine.vms.model import Vm
from node.api.contract import NodeApi

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Repository(Protocol[T]):
    """One kind of object, by `id`. What it hands out is frozen; a change is a replaced object given to `update`.

    `equal` holds field=value; all have to match. A value that is a list, tuple or set matches any of its members.
    """

    def get(self, id: str | int) -> T | None: ...
    def find(self, ids: Collection[str]) -> Mapping[str, T]: ...
    def list(self, **equal: object) -> Sequence[T]: ...
    def search(self, question: Question) -> Sequence[T]: ...
    def ids(self, **equal: object) -> Sequence[Any]: ...
    def count(self, **equal: object) -> int: ...
    def add(self, item: T) -> None: ...
    def add_all(self, items: Sequence[T]) -> None: ...
    def update(self, item: T) -> None: ...
    def remove(self, id: str | int) -> None: ...


class EventLog(Protocol):
    """`list` answers the newest first."""

    def add(self, event: Event) -> Event: ...
    def get(self, id: int) -> Event | None: ...
    def ids(self, **equal: object) -> Sequence[Any]: ...
    def list(self, *, after: int = 0, limit: int | None = None, **equal: object) -> Sequence[Event]: ...
    def forget(self, before: float) -> None:
        """Those that happened before that time."""


class Transaction(ABC):
    """All or nothing. Nothing may be awaited while one is open. Every kind is there by its model (`of`); those that
    commands of other subjects use have a name as well."""

    @abstractmethod
    def of(self, model: type[M]) -> Repository[M]: ...

    @property
    @abstractmethod
    def events(self) -> EventLog: ...

    @property
    @abstractmethod
    def secrets(self) -> Secrets:
        """Raises Failed where there are no keys."""

    @property
    def data_centers(self) -> Repository[DataCenter]:
        return self.of(DataCenter)

    @property
    def clusters(self) -> Repository[Cluster]:
        return self.of(Cluster)

    @property
    def nodes(self) -> Repository[Node]:
        return self.of(Node)

    @property
    def node_registrations(self) -> Repository[NodeRegistration]:
        return self.of(NodeRegistration)

    @property
    def observed_links(self) -> Repository[ObservedLinks]:
        return self.of(ObservedLinks)

    @property
    def observed_storage(self) -> Repository[ObservedStorage]:
        return self.of(ObservedStorage)

    @property
    def storage_domains(self) -> Repository[StorageDomain]:
        return self.of(StorageDomain)

    @property
    def disks(self) -> Repository[Disk]:
        return self.of(Disk)

    @property
    def disk_images(self) -> Repository[DiskImage]:
        return self.of(DiskImage)

    @property
    def disk_attachments(self) -> Repository[DiskAttachment]:
        return self.of(DiskAttachment)

    @property
    def vms(self) -> Repository[Vm]:
        return self.of(Vm)

    @property
    def nics(self) -> Repository[Nic]:
        return self.of(Nic)

    @property
    def templates(self) -> Repository[Template]:
        return self.of(Template)

    @property
    def networks(self) -> Repository[Network]:
        return self.of(Network)

    @property
    def vnic_profiles(self) -> Repository[VnicProfile]:
        return self.of(VnicProfile)

    @property
    def jobs(self) -> Repository[Job]:
        return self.of(Job)

    @property
    def job_steps(self) -> Repository[JobStep]:
        return self.of(JobStep)

    @property
    def tasks(self) -> Repository[Task]:
        return self.of(Task)

    @property
    def journal_lines(self) -> Repository[JournalLine]:
        return self.of(JournalLine)

    @property
    def users(self) -> Repository[User]:
        return self.of(User)

    @property
    def sessions(self) -> Repository[Session]:
        return self.of(Session)


class Store(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commits when the block ends, takes everything back when it raises."""

    async def read(self, observe: Callable[[Transaction], T]) -> T:
        """What `look` makes of a transaction of its own, which changes nothing. Everything else goes on meanwhile: a
        database that stalls holds up nobody else. `look` touches nothing that belongs to the event loop."""


class Fleet(Protocol):
    """The way to the nodes. Both wait a while for a node that is not up yet (the engine has just started, the node's
    agent is restarting) and raise NodeNotUp after that. Calls raise what node.api.contract says."""

    async def node(self, node_id: str) -> NodeApi: ...
    async def carrier(self, storage_domain: str) -> NodeApi:
        """Any node that is up and has it mounted."""

    def connect(self, node: Node) -> AbstractAsyncContextManager[NodeApi]:
        """A connection of its own, also to a node that is not followed; a new one each time."""

    def connect_out_of_time(self, node: Node) -> AbstractAsyncContextManager[NodeApi]:
        """As `connect`, also where certificates are not valid at this time: the node lets the engine renew its own."""

    def follow(self, node_id: str) -> None:
        """Listen to this node from now on; fine when it is done already."""

    async def is_unclaimed(self, node: Node) -> bool:
        """Whether a machine answers at its address, with its key, that belongs to no site. False when nobody knows."""

    async def invite(self, node: Node, claim_code: str, fingerprint: str) -> str:
        """Have the machine at its address, which belongs to no site, ask this engine to take it. Answers the
        fingerprint of its key, which has to be the one that `fingerprint` says unless that is empty. Raises
        NodeNonResponsive, Refused."""

    async def forget(self, node_id: str) -> None:
        """Listen to it no longer, and know nothing of it."""
