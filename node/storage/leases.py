"""sanlock lockspaces and leases as files on a storage domain, each made exactly once whoever comes first."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path, PurePosixPath

import msgspec

from node.api.messages.leases import LeaseReport, LeaseRequest, LockspaceReport, LockspaceRequest
from node.api.problems import Problem
from node.api.refusals import LockspaceDiffers, LockspaceUnknown, Malformed, token
from node.storage import layout
from node.storage.causes import cause
from node.storage.desired import DesiredStorage
from node.storage.mount_points import real_path
from node.storage.sanlock import Sanlock, SanlockFailed
from node.system.files import sync_file, sync_folder
from node.system.threads import Threads
from node.vms.domain_facts import DomainFacts

AREA_BYTES = 1 << 20  # sanlock's alignment for sectors of 512 bytes
LONGEST_NAME = 48  # sanlock's SANLK_NAME_LEN
Own = Callable[[Path], None]


class Leases:
    """`need` raises NotMounted for a storage domain; `own` gives a file to sanlock."""

    def __init__(
        self,
        sanlock: Sanlock,
        threads: Threads,
        desired: DesiredStorage,
        *,
        volumes: Path,
        need: Callable[[str], Awaitable[None]],
        own: Own,
    ) -> None:
        self._sanlock = sanlock
        self._threads = threads
        self._desired = desired
        self._volumes = PurePosixPath(volumes)
        self._need = need
        self._own = own
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def lockspaces(self) -> tuple[LockspaceReport, ...]:
        return tuple([await self._observe(request) for request in self._desired.lockspaces.values()])

    def format_desired(self) -> tuple[str, ...]:
        """A line of text for each."""
        return tuple(f"lockspace {name}" for name in sorted(self._desired.lockspaces))

    async def join_lockspace(self, request: LockspaceRequest) -> LockspaceReport:
        """Join now and desire it from now on."""
        _check(request)
        existing = self._desired.lockspaces.get(request.name)
        if existing is not None and existing.host_id != request.host_id:
            raise LockspaceDiffers(lockspace=request.name, host_id=existing.host_id)
        await self._need(request.storage_domain)
        self._desired.set_lockspace(request)
        report = await self.ensure_joined(request.name)
        if not report.joined:
            raise SanlockFailed(act=f"join lockspace {request.name}", reason=report.detail)
        return report

    async def ensure_joined(self, lockspace: str) -> LockspaceReport:
        """Join `lockspace` if it is desired and not joined; the report says how it went."""
        async with self._locks[lockspace]:
            request = self._desired.lockspaces.get(lockspace)
            if request is None:
                raise LockspaceUnknown(lockspace=lockspace)
            report = await self._observe(request)
            if report.joined:
                return report
            try:
                await self._need(request.storage_domain)
                await self._threads(self._join, request)
            except Problem as err:
                return _report(request, joined=False, detail=f"{err.text.what}: {err.text.why}")
            except OSError as err:
                return _report(request, joined=False, detail=cause(err))
            return await self._observe(request)

    async def leave_lockspace(self, lockspace: str) -> None:
        """Leave it and desire it no more. That is dropped last: cut short in between, leaving is tried again."""
        token("lockspace", lockspace)
        async with self._locks[lockspace]:
            request = self._desired.lockspaces.get(lockspace)
            if request is None:
                return
            path = str(self._lockspace_path(request))
            if await self._threads(self._sanlock.is_joined, request.name, request.host_id, path):
                await self._threads(self._sanlock.leave, request.name, request.host_id, path)
            self._desired.drop_lockspace(lockspace)

    def set_desired_timeouts(self, io_timeouts_s: Mapping[str, int]) -> None:
        """They count from the next time on that a lockspace is joined."""
        for name, seconds in io_timeouts_s.items():
            if (request := self._desired.lockspaces.get(name)) is not None:
                self._desired.set_lockspace(msgspec.structs.replace(request, io_timeout_s=seconds))

    async def change_timeouts(self, restart: Callable[[], Awaitable[None]]) -> None:
        """Leave every lockspace, `restart` the daemon, join again with the desired timeouts; nobody joins
        meanwhile. Raises SanlockFailed, also while somebody here holds a lease."""
        desired = sorted(self._desired.lockspaces.values(), key=lambda request: request.name)
        async with AsyncExitStack() as locks:
            for request in desired:
                await locks.enter_async_context(self._locks[request.name])
            for request in desired:
                path = str(self._lockspace_path(request))
                if (await self._observe(request)).joined:
                    await self._threads(self._sanlock.leave, request.name, request.host_id, path)
            await restart()
        for request in desired:
            report = await self.ensure_joined(request.name)
            if not report.joined:
                raise SanlockFailed(act=f"join lockspace {request.name}", reason=report.detail)

    async def make_lease(self, request: LeaseRequest) -> LeaseReport:
        path = self._lease_path(request.storage_domain, request.lockspace, request.resource)
        joined = await self._joined(request.lockspace)
        await self._need(request.storage_domain)
        async with self._locks[str(path)]:

            def fill(part: str) -> None:
                self._sanlock.write_resource(request.lockspace, request.resource, part)

            await self._threads(make_once, path, f"{joined.host_id}", fill, self._own)
        return await self.lease(request.storage_domain, request.lockspace, request.resource)

    async def lease(self, storage_domain: str, lockspace: str, resource: str) -> LeaseReport:
        path = self._lease_path(storage_domain, lockspace, resource)
        await self._need(storage_domain)
        exists, holder = await self._threads(self._holder, lockspace, resource, path)
        return LeaseReport(lockspace=lockspace, resource=resource, exists=exists, holder=holder)

    async def need_joined(self, lockspace: str) -> None:
        """LockspaceUnknown unless this node is in it now."""
        await self._joined(lockspace)

    async def held_elsewhere(self, facts: DomainFacts) -> tuple[str, int] | None:
        """The first lease of a domain that another host holds, with the host id."""
        for lease in facts.leases:
            request = self._desired.lockspaces.get(lease.lockspace)
            own = request.host_id if request is not None else None
            with suppress(SanlockFailed):
                _, holder = await self._threads(self._holder, lease.lockspace, lease.resource, Path(lease.path))
                if holder is not None and holder != own:
                    return lease.resource, holder
        return None

    async def taken_elsewhere(self, facts: DomainFacts) -> tuple[str, int] | None:
        """The first lease of a domain that another host took last, with the host id: what this node had of it is over.
        Raises SanlockFailed, LockspaceUnknown: without an answer nothing may go on."""
        for lease in facts.leases:
            own = (await self._joined(lease.lockspace)).host_id
            last = await self._threads(self._sanlock.last_owner, lease.lockspace, lease.resource, lease.path)
            if last not in (0, own):
                return lease.resource, last
        return None

    async def _joined(self, lockspace: str) -> LockspaceRequest:
        request = self._desired.lockspaces.get(lockspace)
        if request is None or not (await self._observe(request)).joined:
            raise LockspaceUnknown(lockspace=lockspace)
        return request

    def _lockspace_path(self, request: LockspaceRequest) -> Path:
        """By the mount point, whichever name the domain was joined by: sanlock compares letters."""
        return real_path(
            Path(self._volumes), Path(layout.lockspace(self._volumes, request.storage_domain, request.name))
        )

    def _lease_path(self, storage_domain: str, lockspace: str, resource: str) -> Path:
        if len(resource) > LONGEST_NAME:
            raise Malformed(reason=f"the lease {resource!r} is longer than {LONGEST_NAME} characters")
        return Path(layout.lease(self._volumes, storage_domain, lockspace, resource))

    async def _observe(self, request: LockspaceRequest) -> LockspaceReport:
        path = str(self._lockspace_path(request))
        try:
            joined = await self._threads(self._sanlock.is_joined, request.name, request.host_id, path)
        except SanlockFailed as err:
            return _report(request, joined=False, detail=err.text.why)
        return _report(request, joined=joined, detail="" if joined else "it is not joined")

    def _join(self, request: LockspaceRequest) -> None:
        path = self._lockspace_path(request)

        def fill(part: str) -> None:
            self._sanlock.write_lockspace(request.name, part, request.io_timeout_s)

        make_once(path, f"{request.host_id}", fill, self._own)
        self._sanlock.join(request.name, request.host_id, str(path), request.io_timeout_s)

    def _holder(self, lockspace: str, resource: str, path: Path) -> tuple[bool, int | None]:
        if not path.exists():
            return False, None
        owners = self._sanlock.owners(lockspace, resource, str(path))
        return True, owners[0] if owners else None


def make_once(path: Path, who: str, fill: Callable[[str], None], own: Own) -> None:
    """Make the area at `path` unless it is there. It gets its name when it is whole, and of several nodes that try at
    once one wins: an area that is in use is never written anew."""
    if path.exists():
        return
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)  # sanlock's daemon is not root
    part = path.with_name(f".{path.name}.{who}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o660)
    os.truncate(part, AREA_BYTES)
    own(part)
    fill(str(part))
    sync_file(part)
    with suppress(FileExistsError):
        os.link(part, path)
    part.unlink()
    sync_folder(path.parent)


def _check(request: LockspaceRequest) -> None:
    if not 1 <= request.host_id <= 2000:
        raise Malformed(reason=f"host id {request.host_id} is not between 1 and 2000")
    if len(request.name) > LONGEST_NAME:
        raise Malformed(reason=f"the lockspace {request.name!r} is longer than {LONGEST_NAME} characters")


def _report(request: LockspaceRequest, *, joined: bool, detail: str) -> LockspaceReport:
    return LockspaceReport(
        name=request.name, storage_domain=request.storage_domain, host_id=request.host_id, joined=joined, detail=detail
    )
