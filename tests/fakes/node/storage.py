"""What one fake node does with the storage of its site: mounts, images on them, lockspaces and leases."""

import hashlib

import msgspec

from node.api import refusals as r
from node.api.engine_vm import shape_of
from node.api.messages.ha import (
    EngineVmConfig,
    EngineVmEdit,
    EngineVmReport,
    SiteFilesReport,
    SiteFilesRequest,
    SiteNodes,
    TriedEngineVm,
)
from node.api.messages.images import Contents, ImageRef, ImageReport, ImageRequest, ImageResize, SeedRequest, WipeReport
from node.api.messages.leases import (
    LeaseReport,
    LeaseRequest,
    LeaseTimersReport,
    LeaseTimersRequest,
    LockspaceReport,
    LockspaceRequest,
)
from node.api.messages.mounts import HOSTED_ENGINE, MountReport, MountRequest
from node.api.messages.storage_domains import (
    MetadataRequest,
    OvfFile,
    OvfStore,
    OvfStoreUpdate,
    StorageDomainMetadata,
)
from node.api.messages.vms import VmState
from node.storage import engine_vm_files, site_nodes
from node.storage.drivers.registry import driver_of
from node.storage.mounts import MountFailed, UnmountFailed
from node.storage.sanlock import SanlockFailed
from tests.fakes.node.site import GIB, FakeSite, key_of
from tests.fakes.node.vms import FakeVms


class FakeStorage:
    """`mounted` and `joined` are what the node wishes and has: nothing here takes time."""

    def __init__(self, site: FakeSite, vms: FakeVms) -> None:
        self.mounted: dict[str, MountRequest] = {}
        self.joined: dict[str, LockspaceRequest] = {}
        self.fire_timeout_s = 30
        self.watchdog = False
        self._site = site
        self._vms = vms
        vms.storage_domains = self.mounted

    # --- mounts --------------------------------------------------------------------------------------------------

    def mounts(self) -> tuple[MountReport, ...]:
        return tuple(_mounted(one) for one in self.mounted)

    def mount(self, request: MountRequest) -> MountReport:
        r.token("storage domain", request.storage_domain)
        driver_of(request.spec).mount(request.spec)
        if (reason := self._site.why_not_mountable(request.spec)) is not None:
            raise MountFailed(storage_domain=request.storage_domain, reason=reason)
        key = key_of(request.spec)
        for earlier in [one for one, known in self.mounted.items() if key_of(known.spec) == key]:
            del self.mounted[earlier]
        self.mounted[request.storage_domain] = request
        self._site.domains.setdefault(key, request.storage_domain)
        return _mounted(request.storage_domain)

    def unmount(self, storage_domain: str) -> None:
        used = any(space.storage_domain == storage_domain for space in self.joined.values())
        if used or self._vms.runs_from(storage_domain):
            raise UnmountFailed(storage_domain=storage_domain, reason="target is busy")
        self.mounted.pop(storage_domain, None)

    def contents(self, storage_domain: str) -> Contents:
        return self._site.contents(self._key(storage_domain))

    def domain_metadata(self, storage_domain: str) -> StorageDomainMetadata | None:
        return self._site.metadata.get(self._key(storage_domain))

    def write_domain_metadata(self, storage_domain: str, request: MetadataRequest) -> StorageDomainMetadata:
        key, metadata = self._key(storage_domain), request.metadata
        found = self._site.metadata.get(key)
        if found is not None and found.id != metadata.id:
            raise r.StorageOfOther(storage_domain=metadata.id, other=found.id, name=found.name)
        if found is None and not request.in_use and (files := self._site.contents(key).files):
            raise r.StorageNotEmpty(storage_domain=metadata.id, files=", ".join(files))
        self._site.metadata[key] = metadata
        return metadata

    def ovf_store(self, storage_domain: str) -> OvfStore:
        there = self._site.ovfs.get(self._key(storage_domain), {})
        return OvfStore(files=tuple(OvfFile(id=one, text=text) for one, text in sorted(there.items())))

    def write_ovf_store(self, storage_domain: str, request: OvfStoreUpdate) -> None:
        key = self._key(storage_domain)
        found = self._site.metadata.get(key)
        if found is not None and found.id != storage_domain:
            raise r.StorageOfOther(storage_domain=storage_domain, other=found.id, name=found.name)
        for one in (*(file.id for file in request.files), *request.ids):
            r.token("id", one)
        there = self._site.ovfs.get(key, {}) | {file.id: file.text for file in request.files}
        kept = {*request.ids, *(file.id for file in request.files)}
        self._site.ovfs[key] = {one: text for one, text in there.items() if one in kept}

    def clear_domain(self, storage_domain: str) -> None:
        key = self._key(storage_domain)
        found = self._site.metadata.get(key)
        if found is not None and found.id != storage_domain:
            raise r.StorageOfOther(storage_domain=storage_domain, other=found.id, name=found.name)
        if found is not None:
            self._site.clear(key)

    def _key(self, storage_domain: str) -> str:
        """What of the site is mounted as this storage domain; raises NotMounted."""
        return key_of(self._request(storage_domain).spec)

    def _request(self, storage_domain: str) -> MountRequest:
        r.token("storage domain", storage_domain)
        for request in self.mounted.values():
            if request.storage_domain == storage_domain or (request.hosted_engine and storage_domain == HOSTED_ENGINE):
                return request
        raise r.NotMounted(storage_domain=storage_domain, reason="it is not mounted")

    # --- what keeps the engine alive -----------------------------------------------------------------------------

    def site_files(self, storage_domain: str) -> SiteFilesReport:
        files = self._ha_files(storage_domain)
        return SiteFilesReport(digests={n: hashlib.sha256(text.encode()).hexdigest() for n, text in files.items()})

    def write_site_files(self, storage_domain: str, request: SiteFilesRequest) -> SiteFilesReport:
        for name in request.files:
            r.token("file name", name)
        self._ha_files(storage_domain).update(request.files)
        return self.site_files(storage_domain)

    def site_nodes(self, storage_domain: str) -> SiteNodes:
        return site_nodes.parse(self._site_file(storage_domain))

    def set_site_nodes(self, storage_domain: str, nodes: SiteNodes) -> SiteNodes:
        text = site_nodes.with_nodes(self._site_file(storage_domain), nodes).decode()
        self._ha_files(storage_domain)[site_nodes.FILE] = text
        return self.site_nodes(storage_domain)

    def _ha_files(self, storage_domain: str) -> dict[str, str]:
        return self._site.ha_files.setdefault(self._key(storage_domain), {})

    def _site_file(self, storage_domain: str) -> bytes:
        files = self._ha_files(storage_domain)
        if site_nodes.FILE not in files:
            raise site_nodes.SiteFileUnusable(file=site_nodes.FILE, reason="it is not there")
        return files[site_nodes.FILE].encode()

    def engine_vm(self, storage_domain: str) -> EngineVmReport:
        files = self._ha_files(storage_domain)
        if engine_vm_files.WANTED not in files:
            raise engine_vm_files.EngineVmFileDamaged(file=engine_vm_files.WANTED, reason="it is not there")
        good, tried = files.get(engine_vm_files.GOOD), files.get(engine_vm_files.TRIED)
        wanted = msgspec.json.decode(files[engine_vm_files.WANTED], type=EngineVmConfig)
        vm = self._vms.vm(wanted.id)
        runs = vm is not None and vm.state is not VmState.DOWN
        return EngineVmReport(
            wanted=wanted,
            good=msgspec.json.decode(good, type=EngineVmConfig) if good else None,
            tried=msgspec.json.decode(tried, type=TriedEngineVm) if tried else None,
            running=shape_of(self._vms.spec(wanted.id)) if runs else None,
        )

    def edit_engine_vm(self, storage_domain: str, edit: EngineVmEdit) -> EngineVmReport:
        if edit.memory_bytes < 1 or min(edit.sockets, edit.cores, edit.threads) < 1:
            raise r.Malformed(reason="memory and processors are at least 1")
        values = {name: getattr(edit, name) for name in EngineVmEdit.__struct_fields__}
        wanted = msgspec.structs.replace(self.engine_vm(storage_domain).wanted, **values)
        self.put_engine_vm(engine_vm_files.WANTED, wanted, storage_domain)
        return self.engine_vm(storage_domain)

    def put_engine_vm(
        self, name: str, one: EngineVmConfig | TriedEngineVm, storage_domain: str = HOSTED_ENGINE
    ) -> None:
        """As trivet-ha or the deploy writes it."""
        self._ha_files(storage_domain)[name] = msgspec.json.encode(one).decode()

    # --- images --------------------------------------------------------------------------------------------------

    def make_image(self, image: ImageRef, request: ImageRequest) -> ImageReport:
        return self._site.make_image(self.on_mount(image), request)

    def resize_image(self, image: ImageRef, request: ImageResize) -> ImageReport:
        if (vm := self._vms.runs_on(image)) is not None:
            raise r.ImageBusy(image=image.image_id, vm=vm)
        return self._site.resize_image(self.on_mount(image), request)

    def make_seed(self, image: ImageRef, request: SeedRequest) -> ImageReport:
        return self._site.make_seed(self.on_mount(image), request)

    def image(self, image: ImageRef) -> ImageReport | None:
        return self._site.images.get(self.on_mount(image))

    def remove_image(self, image: ImageRef) -> None:
        if (vm := self._vms.runs_on(image)) is not None:
            raise r.ImageBusy(image=image.image_id, vm=vm)
        self._need_nothing_on_it(image, "remove")
        self._site.remove_image(self.on_mount(image))

    def wipe_image(self, image: ImageRef) -> WipeReport:
        """The first call of several, where `site.wipe_calls` are needed, makes it disappear."""
        if (vm := self._vms.runs_on(image)) is not None:
            raise r.ImageBusy(image=image.image_id, vm=vm)
        self._need_nothing_on_it(image, "wipe")
        return WipeReport(left_bytes=self._site.wipe_image(self.on_mount(image)))

    def _need_nothing_on_it(self, image: ImageRef, act: str) -> None:
        for other in self._site.standing_on(self.on_mount(image)):
            if other.disk_id == image.disk_id:
                raise r.ImageInUse(act=act, image=image.image_id, by=other.image_id)

    def on_mount(self, image: ImageRef) -> ImageRef:
        r.token("disk id", image.disk_id)
        r.token("image id", image.image_id)
        return msgspec.structs.replace(image, storage_domain=self._site.domains[self._key(image.storage_domain)])

    # --- leases --------------------------------------------------------------------------------------------------

    def lockspaces(self) -> tuple[LockspaceReport, ...]:
        return tuple(_joined(request) for request in self.joined.values())

    def join_lockspace(self, request: LockspaceRequest) -> LockspaceReport:
        key = self._key(request.storage_domain)
        found = self.joined.get(request.name)
        if found is not None and found.host_id != request.host_id:
            raise r.LockspaceDiffers(lockspace=request.name, host_id=found.host_id)
        self.joined[request.name] = request
        self._vms.host_ids[request.name] = request.host_id
        self._site.lockspaces[request.name] = key
        return _joined(request)

    def leave_lockspace(self, lockspace: str) -> None:
        if self._vms.has_lease(lockspace):
            raise SanlockFailed(act="leave the lockspace", reason="Device or resource busy")
        self.joined.pop(lockspace, None)
        self._vms.host_ids.pop(lockspace, None)

    def lease_timers(self) -> LeaseTimersReport:
        timeouts = {name: request.io_timeout_s for name, request in self.joined.items()}
        return LeaseTimersReport(
            watchdog_fire_timeout_s=self.fire_timeout_s, io_timeouts_s=timeouts, watchdog=self.watchdog
        )

    def set_lease_timers(self, request: LeaseTimersRequest) -> LeaseTimersReport:
        if not 10 <= request.watchdog_fire_timeout_s <= 120:
            raise r.Malformed(reason="watchdog_fire_timeout_s is out of range")
        wanted = {name: seconds for name, seconds in request.io_timeouts_s.items() if name in self.joined}
        now = self.lease_timers()
        if (
            now.watchdog_fire_timeout_s == request.watchdog_fire_timeout_s
            and wanted.items() <= now.io_timeouts_s.items()
        ):
            return now
        if any(self._vms.has_lease(name) for name in self.joined):
            raise r.LeasesInUse(vms="a VM")
        self.fire_timeout_s = request.watchdog_fire_timeout_s
        for name, seconds in wanted.items():
            self.joined[name] = msgspec.structs.replace(self.joined[name], io_timeout_s=seconds)
        return self.lease_timers()

    def make_lease(self, request: LeaseRequest) -> LeaseReport:
        if request.lockspace not in self.joined:
            raise r.LockspaceUnknown(lockspace=request.lockspace)
        self._site.leases.setdefault((request.lockspace, request.resource), None)
        return self._lease(request.lockspace, request.resource)

    def lease(self, storage_domain: str, lockspace: str, resource: str) -> LeaseReport:
        self._key(storage_domain)
        return self._lease(lockspace, resource)

    def _lease(self, lockspace: str, resource: str) -> LeaseReport:
        key = (lockspace, resource)
        return LeaseReport(
            lockspace=lockspace, resource=resource, exists=key in self._site.leases, holder=self._site.leases.get(key)
        )


def _joined(request: LockspaceRequest) -> LockspaceReport:
    return LockspaceReport(
        name=request.name, storage_domain=request.storage_domain, host_id=request.host_id, joined=True
    )


def _mounted(storage_domain: str) -> MountReport:
    path = f"/var/lib/trivet/volumes/{storage_domain}"
    return MountReport(
        storage_domain=storage_domain, mounted=True, path=path, size_bytes=100 * GIB, free_bytes=80 * GIB
    )
