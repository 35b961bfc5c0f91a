"""A node gets to the site's storage, as a Gluster server without bricks and as a client: pool, volumes, lockspaces."""

from gluster.model import PeerState
from gluster.tls import ALLOWED, allowed
from hosted_engine.engine.nodes.joining.base import NodeWork
from hosted_engine.engine.problems import found
from hosted_engine.engine.storage.mounting import desired_mounts
from node.api.messages.gluster import PeerRequest, VolumeReport, VolumeRequest
from node.api.messages.leases import LeaseTimersRequest, LockspaceRequest
from node.api.problems import Failed, RemoteRefused

POOL_S = 60.0
MOUNT_S = 120.0
JOIN_S = 180.0  # what held the number before may have to run out


class NoHostId(Failed):
    what = "Host {node} did not join the lockspaces"
    why = "it has no number in them"
    mend = "Approve it again"


class StorageWork(NodeWork):
    async def join_pool(self) -> None:
        """Both ways, so that each knows the other by its name and not by the address that the call came from."""
        name, lead = self.node().hostname, await self.lead()
        await lead.add_peer(PeerRequest(hostname=name))
        lead_name = (await lead.identity()).name
        async with self.connect() as api:
            await api.add_peer(PeerRequest(hostname=lead_name))
        await self.until(f"{name} is in the storage pool", self._why_not_in_pool, POOL_S)

    async def _why_not_in_pool(self) -> str | None:
        name, lead = self.node().hostname, await self.lead()
        async with self.connect() as api:
            seen = {"the site": (await lead.gluster()).peers, name: (await api.gluster()).peers}
        known = [peer for peer in seen["the site"] if peer.hostname == name]
        for who, peers in (("the site", known), (name, seen[name])):
            if not any(peer.connected and peer.state == PeerState.IN_CLUSTER.value for peer in peers):
                return f"{who} sees no peer yet"
        return None

    async def leave_pool(self) -> None:
        """Until both ends have forgotten each other: the servers of the site first, and then it is told."""
        await self.until(f"{self.node().name} is out of the storage pool", self._why_still_in_pool, POOL_S)

    async def _why_still_in_pool(self) -> str | None:
        node, lead = self.node(), await self.lead()
        try:
            for peer in (await lead.gluster()).peers:
                if peer.hostname in (node.hostname, node.address):
                    await lead.remove_peer(peer.hostname)
        except RemoteRefused as err:  # a server may be on its way out by itself
            return str(err)
        async with self.connect() as api:
            left = [peer.hostname for peer in (await api.gluster()).peers]
        return f"it still counts {', '.join(left)} as its peers" if left else None

    async def allow_volumes(self) -> None:
        await self._allow(wanted=True)

    async def deny_volumes(self) -> None:
        await self._allow(wanted=False)

    async def _allow(self, *, wanted: bool) -> None:
        name, lead = self.node().hostname, await self.lead()
        for volume in (await lead.gluster()).volumes:
            if ALLOWED not in volume.options:
                continue
            before = allowed(volume.options)
            after = [one for one in before if one != name] + ([name] if wanted else [])
            if sorted(before) != sorted(after):
                await lead.make_volume(_only_option(volume, ALLOWED, ",".join(after)))

    async def mount(self) -> None:
        with self.dependencies.store.transaction() as tx:
            node = found(tx.nodes.get(self.id), "host", self.id)
            wanted = desired_mounts(tx, node)
            ids = [request.storage_domain for request in wanted]
            names = {one.id: one.name for one in tx.storage_domains.find(ids).values()}

        async def why_not() -> str | None:
            async with self.connect() as api:
                reports = [await api.mount(request) for request in wanted]
            missing = [(names[one.storage_domain], one.detail) for one in reports if not one.mounted]
            return "; ".join(f"{name}: {detail or 'not mounted yet'}" for name, detail in missing) or None

        await self.until(f"{node.name} has the storage domains", why_not, MOUNT_S)

    async def unmount(self) -> None:
        async with self.connect() as api:
            for mount in await api.mounts():
                await api.unmount(mount.storage_domain)

    async def join_lockspaces(self) -> None:
        """Those of the other nodes, with the same timers."""
        node, lead = self.node(), await self.lead()
        if node.host_id is None:
            raise NoHostId(node=node.name)
        spaces, timers = await lead.lockspaces(), await lead.lease_timers()
        requests = [
            LockspaceRequest(
                name=one.name,
                storage_domain=one.storage_domain,
                host_id=node.host_id,
                io_timeout_s=timers.io_timeouts_s[one.name],
            )
            for one in spaces
        ]
        same = LeaseTimersRequest(
            watchdog_fire_timeout_s=timers.watchdog_fire_timeout_s, io_timeouts_s=timers.io_timeouts_s
        )

        async def why_not() -> str | None:
            async with self.connect() as api:
                await api.set_lease_timers(same)
                reports = [await api.join_lockspace(request) for request in requests]
            missing = [f"{one.name}: {one.detail or 'not joined yet'}" for one in reports if not one.joined]
            return "; ".join(missing) or None

        await self.until(f"{node.name} is in the lockspaces", why_not, JOIN_S)

    async def leave_lockspaces(self) -> None:
        async with self.connect() as api:
            for space in await api.lockspaces():
                await api.leave_lockspace(space.name)


def _only_option(volume: VolumeReport, option: str, value: str) -> VolumeRequest:
    """The volume as it is, but for this option."""
    return VolumeRequest(
        name=volume.name,
        replica=volume.replica,
        bricks=tuple(f"{brick.server}:{brick.path}" for brick in volume.bricks),
        group=None,
        options={option: value},
    )
