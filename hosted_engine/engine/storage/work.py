"""The steps of what is done with a storage domain: mounting, reading and writing what lies on it, emptying."""

import logging
from dataclasses import replace

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.problems import NodeNotUp, NotThere
from hosted_engine.engine.storage.checks import nodes_of, the_domain
from hosted_engine.engine.storage.mounting import mount_request
from hosted_engine.engine.storage.stored import digests, metadata_of, ovfs_of, updates
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.unregistered.notes import forget_found, note_found
from hosted_engine.engine.vms.lifecycle import system
from node.api.contract import NodeApi
from node.api.messages.mounts import MountRequest
from node.api.messages.storage_domains import MetadataRequest
from node.api.problems import NodeNonResponsive, RemoteFailed, RemoteRefused
from node.steps import Step

log = logging.getLogger(__name__)

NOT_MOUNTED = EventKind("STORAGE_DOMAIN_ERROR", "Host {host} cannot mount storage domain {name}: {reason}")


class DomainWork:
    """One domain; `node_id` is the node that does what has to be done once."""

    def __init__(self, dependencies: Dependencies, domain_id: str, node_id: str) -> None:
        self._dependencies = dependencies
        self._id = domain_id
        self._node_id = node_id

    def mount(self) -> Step:
        return Step("mount", "Mount the storage", self._mount, self._unmount)

    def ensure_mounted(self) -> Step:
        """Of one that is in use: nothing is taken back."""
        return Step("mounted", "See that the storage is mounted", self._mount)

    def unmount(self) -> Step:
        return Step("unmount", "Unmount the storage", self._unmount, self._mount)

    def mount_everywhere(self, data_center_id: str) -> Step:
        async def do() -> None:
            await self._mount_on_all(data_center_id)

        async def undo() -> None:
            await self._unmount_on_all(data_center_id)

        return Step("mount-all", "Mount the storage on all hosts", do, undo)

    def unmount_everywhere(self, data_center_id: str) -> Step:
        """A host that still uses it keeps it everywhere."""

        async def do() -> None:
            await self._unmount_on_all(data_center_id)

        async def undo() -> None:
            await self._mount_on_all(data_center_id)

        return Step("unmount-all", "Unmount the storage on all hosts", do, undo)

    def write(self, key: str, data_center_id: str | None, before: str | None) -> Step:
        """What the domain says of itself: that it is attached there from then on, and what lies on it. `before`: what
        it says again when that is taken back."""

        async def do() -> None:
            await self._write(data_center_id, in_use=True)

        async def undo() -> None:
            await self._write(before, in_use=True)

        return Step(key, "Write onto the storage whose it is and what lies on it", do, undo)

    def read(self) -> Step:
        """What VMs, templates and disks of another engine lie on it."""

        async def do() -> None:
            node = await self._node()
            metadata, store = await node.domain_metadata(self._id), await node.ovf_store(self._id)
            with self._dependencies.store.transaction() as tx:
                note_found(tx, self._id, metadata, store)

        async def undo() -> None:
            with self._dependencies.store.transaction() as tx:
                forget_found(tx, self._id)

        return Step("read", "Read what lies on the storage", do, undo)

    def make(self) -> Step:
        """A new domain of what is mounted."""

        async def do() -> None:
            await self._write(None, in_use=False)

        async def undo() -> None:
            node = await self._node()
            found = await node.domain_metadata(self._id)
            if found is not None and found.id == self._id:
                await node.clear_domain(self._id)

        return Step("make", "Make a storage domain of the storage", do, undo)

    def clear(self) -> Step:
        async def do() -> None:
            await (await self._node()).clear_domain(self._id)

        return Step("clear", "Remove all that is on the storage domain", do)

    async def _mount(self) -> None:
        report = await (await self._node()).mount(self._request())
        with self._dependencies.store.transaction() as tx:
            domain = replace(the_domain(tx, self._id), size_bytes=report.size_bytes, free_bytes=report.free_bytes)
            tx.storage_domains.update(domain)

    async def _unmount(self) -> None:
        await (await self._node()).unmount(self._id)

    async def _write(self, data_center_id: str | None, *, in_use: bool) -> None:
        with self._dependencies.store.transaction() as tx:
            metadata, ovfs = metadata_of(tx, the_domain(tx, self._id), data_center_id), ovfs_of(tx, self._id)
        node = await self._node()
        await node.write_domain_metadata(self._id, MetadataRequest(metadata=metadata, in_use=in_use))
        there = {file.id: file.text for file in (await node.ovf_store(self._id)).files}
        for update in updates(ovfs, digests(there)):
            await node.write_ovf_store(self._id, update)

    async def _mount_on_all(self, data_center_id: str) -> None:
        """One that cannot is told of, and tries again by itself; VMs that need the domain are not started there."""
        request = self._request()
        for node_id, name in self._nodes(data_center_id):
            try:
                await (await self._dependencies.fleet.node(node_id)).mount(request)
            except (RemoteRefused, RemoteFailed, NodeNonResponsive, NodeNotUp, NotThere) as err:
                log.warning("%s cannot mount storage domain %s: %s", name, self._id, err)
                self._notify(name, str(err))

    async def _unmount_on_all(self, data_center_id: str) -> None:
        """One that does not answer is told when it is back (`superfluous_mounts`)."""
        for node_id, name in self._nodes(data_center_id):
            try:
                await (await self._dependencies.fleet.node(node_id)).unmount(self._id)
            except (NodeNonResponsive, NodeNotUp, NotThere) as err:
                log.warning("%s unmounts storage domain %s later: %s", name, self._id, err)

    def _nodes(self, data_center_id: str) -> list[tuple[str, str]]:
        with self._dependencies.store.transaction() as tx:
            return [(node.id, node.name) for node in nodes_of(tx, data_center_id)]

    async def _node(self) -> NodeApi:
        return await self._dependencies.fleet.node(self._node_id)

    def _request(self) -> MountRequest:
        with self._dependencies.store.transaction() as tx:
            domain = the_domain(tx, self._id)
            connection = tx.of(StorageConnection).find([domain.storage_connection_id])[domain.storage_connection_id]
        return mount_request(domain, connection)

    def _notify(self, host: str, reason: str) -> None:
        with self._dependencies.store.transaction() as tx:
            domain = the_domain(tx, self._id)
            context = system(self._dependencies.clock())
            emit_of(tx, context, NOT_MOUNTED, entity_of("storage_domains"), domain, host=host, reason=reason)
