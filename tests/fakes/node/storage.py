"""What one fake node does with the volumes of its site: mounts, images on them, lockspaces and leases."""

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
from node.api.messages.mounts import MountReport, MountRequest
from node.api.messages.vms import VmState
from node.storage import engine_vm_files, site_nodes
from node.storage.mounts import UnmountFailed
from node.storage.sanlock import SanlockFailed
from tests.fakes.node.site import GIB, FakeSite
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
        vms.volumes = self.mounted

    # --- mounts --------------------------------------------------------------------------------------------------

    def mounts(self) -> tuple[MountReport, ...]:
        return tuple(self._mount(name) for name in self.mounted)

    def mount(self, request: MountRequest) -> MountReport:
        if request.volume not in self._site.volumes:
            raise r.VolumeUnknown(volume=request.volume)
        self.mounted[request.volume] = request
        return self._mount(request.volume)

    def unmount(self, volume: str) -> None:
        if any(space.volume == volume for space in self.joined.values()) or self._vms.runs_from(volume):
            raise UnmountFailed(volume=volume, reason="target is busy")
        self.mounted.pop(volume, None)

    def contents(self, volume: str) -> Contents:
        if volume not in self.mounted:
            raise r.NotMounted(volume=volume, reason="it is not mounted")
        return self._site.contents(volume)

    def _mount(self, volume: str) -> MountReport:
        path = f"/var/lib/trivet/volumes/{volume}"
        return MountReport(volume=volume, mounted=True, path=path, size_bytes=100 * GIB, free_bytes=80 * GIB)

    def site_files(self, volume: str) -> SiteFilesReport:
        if volume not in self.mounted:
            raise r.NotMounted(volume=volume, reason="it is not mounted")
        files = self._site.ha_files.get(volume, {})
        return SiteFilesReport(digests={n: hashlib.sha256(text.encode()).hexdigest() for n, text in files.items()})

    def write_site_files(self, volume: str, request: SiteFilesRequest) -> SiteFilesReport:
        for name in request.files:
            r.token("file name", name)
        if volume not in self.mounted:
            raise r.NotMounted(volume=volume, reason="it is not mounted")
        self._site.ha_files.setdefault(volume, {}).update(request.files)
        return self.site_files(volume)

    def site_nodes(self, volume: str) -> SiteNodes:
        return site_nodes.parse(self._site_file(volume))

    def set_site_nodes(self, volume: str, nodes: SiteNodes) -> SiteNodes:
        text = site_nodes.with_nodes(self._site_file(volume), nodes).decode()
        self._site.ha_files[volume][site_nodes.FILE] = text
        return self.site_nodes(volume)

    def _site_file(self, volume: str) -> bytes:
        if volume not in self.mounted:
            raise r.NotMounted(volume=volume, reason="it is not mounted")
        if site_nodes.FILE not in self._site.ha_files.get(volume, {}):
            raise site_nodes.SiteFileUnusable(file=site_nodes.FILE, reason="it is not there")
        return self._site.ha_files[volume][site_nodes.FILE].encode()

    def engine_vm(self, volume: str) -> EngineVmReport:
        if volume not in self.mounted:
            raise r.NotMounted(volume=volume, reason="it is not mounted")
        files = self._site.ha_files.get(volume, {})
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

    def edit_engine_vm(self, volume: str, edit: EngineVmEdit) -> EngineVmReport:
        if edit.memory_bytes < 1 or min(edit.sockets, edit.cores, edit.threads) < 1:
            raise r.Malformed(reason="memory and processors are at least 1")
        values = {name: getattr(edit, name) for name in EngineVmEdit.__struct_fields__}
        wanted = msgspec.structs.replace(self.engine_vm(volume).wanted, **values)
        self.put_engine_vm(volume, engine_vm_files.WANTED, wanted)
        return self.engine_vm(volume)

    def put_engine_vm(self, volume: str, name: str, one: EngineVmConfig | TriedEngineVm) -> None:
        """As trivet-ha or the deploy writes it."""
        self._site.ha_files.setdefault(volume, {})[name] = msgspec.json.encode(one).decode()

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
        for other in self._site.standing_on(image):
            if other.disk_id == image.disk_id:
                raise r.ImageInUse(act=act, image=image.image_id, by=other.image_id)

    def on_mount(self, image: ImageRef) -> ImageRef:
        for kind, value in (("volume", image.volume), ("disk id", image.disk_id), ("image id", image.image_id)):
            r.token(kind, value)
        if image.volume not in self.mounted:
            raise r.NotMounted(volume=image.volume, reason="it is not mounted")
        return image

    # --- leases --------------------------------------------------------------------------------------------------

    def lockspaces(self) -> tuple[LockspaceReport, ...]:
        return tuple(_joined(request) for request in self.joined.values())

    def join_lockspace(self, request: LockspaceRequest) -> LockspaceReport:
        if request.volume not in self.mounted:
            raise r.NotMounted(volume=request.volume, reason="it is not mounted")
        found = self.joined.get(request.name)
        if found is not None and found.host_id != request.host_id:
            raise r.LockspaceDiffers(lockspace=request.name, host_id=found.host_id)
        self.joined[request.name] = request
        self._vms.host_ids[request.name] = request.host_id
        self._site.lockspaces[request.name] = request.volume
        return _joined(request)

    def leave_lockspace(self, lockspace: str) -> None:
        if self._vms.holds_lease(lockspace):
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
        if any(self._vms.holds_lease(name) for name in self.joined):
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

    def lease(self, volume: str, lockspace: str, resource: str) -> LeaseReport:
        if volume not in self.mounted:
            raise r.NotMounted(volume=volume, reason="it is not mounted")
        return self._lease(lockspace, resource)

    def _lease(self, lockspace: str, resource: str) -> LeaseReport:
        key = (lockspace, resource)
        return LeaseReport(
            lockspace=lockspace, resource=resource, exists=key in self._site.leases, holder=self._site.leases.get(key)
        )


def _joined(request: LockspaceRequest) -> LockspaceReport:
    return LockspaceReport(name=request.name, volume=request.volume, host_id=request.host_id, joined=True)
