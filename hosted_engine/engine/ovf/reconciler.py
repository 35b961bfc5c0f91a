"""Keeps on every storage domain in use which VMs, templates and disks lie on it, so that they survive this engine."""

import logging
from dataclasses import dataclass

from hosted_engine.engine.command import Lock
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Fleet, Store, Transaction
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.stored import digests, metadata_of, ovfs_of, updates
from hosted_engine.engine.tasks.locks import Locks
from node.api.messages.storage_domains import MetadataRequest, StorageDomainMetadata
from node.api.problems import Problem
from node.clock import Clock
from node.periodic import periodically

log = logging.getLogger(__name__)

INTERVAL_S = 30.0


@dataclass(frozen=True, slots=True)
class _Written:
    """Of the OVFs digests by ids."""

    metadata: StorageDomainMetadata | None
    ovfs: dict[str, str]


class OvfReconciler:
    """What it has written is in memory, as digests: an engine that starts anew asks the nodes once."""

    def __init__(self, store: Store, fleet: Fleet, locks: Locks, clock: Clock) -> None:
        self._store = store
        self._fleet = fleet
        self._locks = locks
        self._clock = clock
        self._written: dict[str, _Written] = {}
        self._failed: dict[str, str] = {}

    async def run(self) -> None:
        trouble = "what lies on the storage domains could not be written"
        await periodically(self._clock, INTERVAL_S, self.reconcile, trouble=trouble, later=True)

    async def reconcile(self) -> None:
        """Onto each domain that nobody works on."""
        domains = await self._store.read(_in_use)
        self._written = {domain.id: self._written[domain.id] for domain in domains if domain.id in self._written}
        for domain in domains:
            holder = new_id()
            if self._locks.take([Lock("storage domain", domain.id, shared=True)], holder) is not None:
                continue
            try:
                await self._write(domain)
                self._failed.pop(domain.id, None)
            except Problem as err:
                self._written.pop(domain.id, None)
                if self._failed.get(domain.id) != str(err):
                    log.warning("storage domain %s does not say what lies on it yet: %s", domain.name, err)
                self._failed[domain.id] = str(err)
            finally:
                self._locks.release(holder)

    async def _write(self, domain: StorageDomain) -> None:
        """Nothing where all is written."""

        def observe(tx: Transaction) -> tuple[StorageDomainMetadata, dict[str, str]]:
            return metadata_of(tx, domain, domain.data_center_id), ovfs_of(tx, domain.id)

        metadata, ovfs = await self._store.read(observe)
        written = self._written.get(domain.id)
        if written == _Written(metadata, digests(ovfs)):
            return
        node = await self._fleet.carrier(domain.id)
        if written is None:
            there = {file.id: file.text for file in (await node.ovf_store(domain.id)).files}
            written = _Written(await node.domain_metadata(domain.id), digests(there))
        if written.metadata != metadata:
            await node.write_domain_metadata(domain.id, MetadataRequest(metadata=metadata, in_use=True))
        for update in updates(ovfs, written.ovfs):
            await node.write_ovf_store(domain.id, update)
        self._written[domain.id] = _Written(metadata, digests(ovfs))


def _in_use(tx: Transaction) -> list[StorageDomain]:
    active = tx.storage_domains.list(status=StorageDomainStatus.ACTIVE, hosted_engine=False)
    return [domain for domain in active if domain.data_center_id is not None]
