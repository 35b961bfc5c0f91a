"""A store in memory: the engine's ports without a database. A transaction that raises leaves everything as it was."""

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Generic, TypeVar

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.disks.model import Disk, DiskAttachment
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.jobs.model import Job, JobStep
from hosted_engine.engine.networks.model import Network, Nic, VnicProfile
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.tasks.model import JournalLine, Task
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.users.model import Session, User
from hosted_engine.engine.vms.model import Vm

T = TypeVar("T")


class FakeRepository(Generic[T]):
    def __init__(self) -> None:
        self.items: dict[object, T] = {}

    def get(self, id: str | int) -> T | None:
        return self.items.get(id)

    def find(self, ids: Collection[str]) -> Mapping[str, T]:
        return {id: self.items[id] for id in ids if id in self.items}

    def list(self, **equal: object) -> Sequence[T]:
        return [item for item in self.items.values() if _matches(item, equal)]

    def count(self, **equal: object) -> int:
        return len(self.list(**equal))

    def add(self, item: T) -> None:
        key = getattr(item, "id")  # noqa: B009 - what T is, only its user knows
        assert key not in self.items
        self.items[key] = item

    def update(self, item: T) -> None:
        key = getattr(item, "id")  # noqa: B009
        assert key in self.items
        self.items[key] = item

    def remove(self, id: str | int) -> None:
        del self.items[id]


class FakeEventLog:
    def __init__(self) -> None:
        self.items: list[Event] = []

    def add(self, event: Event) -> Event:
        event = replace(event, id=len(self.items) + 1)
        self.items.append(event)
        return event

    def get(self, id: int) -> Event | None:
        return self.items[id - 1] if 0 < id <= len(self.items) else None

    def list(self, *, after: int = 0, limit: int | None = None, **equal: object) -> Sequence[Event]:
        found = [event for event in reversed(self.items) if event.id > after and _matches(event, equal)]
        return found if limit is None else found[:limit]


class FakeTransaction:
    def __init__(self) -> None:
        self.data_centers = FakeRepository[DataCenter]()
        self.clusters = FakeRepository[Cluster]()
        self.nodes = FakeRepository[Node]()
        self.storage_domains = FakeRepository[StorageDomain]()
        self.disks = FakeRepository[Disk]()
        self.disk_attachments = FakeRepository[DiskAttachment]()
        self.vms = FakeRepository[Vm]()
        self.nics = FakeRepository[Nic]()
        self.templates = FakeRepository[Template]()
        self.networks = FakeRepository[Network]()
        self.vnic_profiles = FakeRepository[VnicProfile]()
        self.events = FakeEventLog()
        self.jobs = FakeRepository[Job]()
        self.job_steps = FakeRepository[JobStep]()
        self.tasks = FakeRepository[Task]()
        self.journal_lines = FakeRepository[JournalLine]()
        self.users = FakeRepository[User]()
        self.sessions = FakeRepository[Session]()


class FakeStore:
    def __init__(self) -> None:
        self.tx = FakeTransaction()
        self._open = False

    @contextmanager
    def transaction(self) -> Iterator[FakeTransaction]:
        assert not self._open, "a transaction within a transaction"
        before = {name: copy.copy(part.items) for name, part in vars(self.tx).items()}
        self._open = True
        try:
            yield self.tx
        except BaseException:
            for name, part in vars(self.tx).items():
                part.items = before[name]
            raise
        finally:
            self._open = False


def _matches(item: object, equal: Mapping[str, object]) -> bool:
    for name, wanted in equal.items():
        value = getattr(item, name)
        if value not in wanted if isinstance(wanted, list | tuple | set | frozenset) else value != wanted:
            return False
    return True
