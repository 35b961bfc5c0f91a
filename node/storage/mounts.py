"""Storage domains mounted through systemd, so that a FUSE process outlives the agent; every word is checked."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from node.api.messages.mounts import MountReport, MountRequest
from node.api.problems import Failed
from node.api.refusals import NotMounted, token
from node.storage import mount_points
from node.storage.causes import cause, describe_errno
from node.storage.desired import DesiredStorage
from node.storage.drivers.driver import Driver
from node.storage.drivers.registry import DRIVERS, driver_of
from node.storage.mount_units import mounted_type, unit_name, unit_text
from node.system.process import CommandFailed, Run
from node.system.threads import Threads

PROC_MOUNTS = Path("/proc/self/mounts")
OBSERVE_TIMEOUT_S = 4  # healthy storage answers at once; a hanging one must not hang who asks


class MountFailed(Failed):
    what = "Cannot mount storage domain {storage_domain}"
    why = "{reason}"
    mend = "Look at the storage, and at what the journal of this node says of the mount"


class UnmountFailed(Failed):
    what = "Cannot unmount storage domain {storage_domain}"
    why = "{reason}"
    mend = "Stop the VMs that use it on this node, then try again"


class Mounts:
    """`volumes` is the folder of all mount points, `units` where unit files go that need not outlive a boot. `notify`
    is called when a mount came or went."""

    def __init__(
        self,
        run: Run,
        threads: Threads,
        desired: DesiredStorage,
        *,
        volumes: Path,
        units: Path,
        notify: Callable[[], None],
        proc_mounts: Path = PROC_MOUNTS,
        drivers: Mapping[str, Driver] = DRIVERS,
    ) -> None:
        self._run = run
        self._threads = threads
        self._desired = desired
        self._volumes = volumes
        self._units = units
        self._notify = notify
        self._proc_mounts = proc_mounts
        self._drivers = drivers
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._observing: dict[str, asyncio.Future[MountReport]] = {}
        self._reported: dict[str, bool] = {}

    async def mounts(self) -> tuple[MountReport, ...]:
        return tuple(await asyncio.gather(*(self.observe(one) for one in sorted(self._desired.mounts))))

    async def observe(self, storage_domain: str) -> MountReport:
        """What the kernel and the file system itself say. Storage that hangs takes one thread, not one per call."""
        path = self._volumes / token("storage domain", storage_domain)
        observing = self._observing.get(storage_domain)
        if observing is None:
            observing = self._observing[storage_domain] = asyncio.ensure_future(
                self._threads(self._observe_path, storage_domain, path)
            )
            observing.add_done_callback(lambda _: self._observing.pop(storage_domain, None))
        try:
            return await asyncio.wait_for(asyncio.shield(observing), OBSERVE_TIMEOUT_S)
        except TimeoutError:
            return _report(storage_domain, path, "the storage does not answer")

    async def mount(self, request: MountRequest) -> MountReport:
        """Mount now and desire it from now on."""
        domain = token("storage domain", request.storage_domain)
        driver_of(request.spec, self._drivers).mount(request.spec)
        async with self._locks[domain]:
            await self._threads(self._desire, request)
        report = await self.ensure_mounted(domain)
        if not report.mounted:
            raise MountFailed(storage_domain=domain, reason=report.detail)
        return report

    async def ensure_mounted(self, storage_domain: str) -> MountReport:
        """Mount it if that is desired and not so; the report says how it went."""
        async with self._locks[storage_domain]:
            request = self._desired.mounts.get(storage_domain)
            report = self._note(await self.observe(storage_domain))
            if report.mounted or request is None or await self._threads(self._recovers, request):
                return report
            try:
                await self._threads(self._mount, request)
            except (CommandFailed, OSError) as err:
                report = await self.observe(storage_domain)
                if not report.mounted:
                    reason = cause(err) if isinstance(err, OSError) else err.text.why
                    return _report(storage_domain, Path(report.path), reason)
            return self._note(await self.observe(storage_domain))

    async def unmount(self, storage_domain: str) -> None:
        token("storage domain", storage_domain)
        async with self._locks[storage_domain]:
            self._desired.drop_mount(storage_domain)
            await self._threads(self._unmount, storage_domain)
            if self._reported.pop(storage_domain, False):
                self._notify()

    def format_desired(self) -> tuple[str, ...]:
        """A line of text for each."""
        return tuple(f"a mount of storage domain {one}" for one in sorted(self._desired.mounts))

    async def need(self, storage_domain: str) -> None:
        """NotMounted unless it is there."""
        report = await self.observe(storage_domain)
        if not report.mounted:
            raise NotMounted(storage_domain=storage_domain, reason=report.detail)

    def _desire(self, request: MountRequest) -> None:
        """An earlier version knew the domain by its Gluster volume's name: it stays where it is mounted, for VMs run
        from there, and what else was desired of it is desired by its id."""
        self._volumes.mkdir(parents=True, exist_ok=True)
        if (earlier := self._earlier_name(request)) is not None:
            mount_points.adopt(self._volumes, request.storage_domain, earlier)
            self._desired.rename_mount(earlier, request)
        if request.hosted_engine:
            mount_points.name_hosted_engine(self._volumes, request.storage_domain)
        self._desired.set_mount(request)

    def _earlier_name(self, request: MountRequest) -> str | None:
        name = request.spec.source.rpartition("/")[2]
        earlier = self._desired.mounts.get(name)
        if name == request.storage_domain or earlier is None or earlier.spec.kind != request.spec.kind:
            return None
        return name if earlier.spec.source.endswith(f":/{name}") else None

    def _recovers(self, request: MountRequest) -> bool:
        """Mounted by what finds its storage again by itself; and VMs have files open there."""
        where = self._where(request.storage_domain)
        if mounted_type(self._proc_mounts.read_text(), where) is None:
            return False
        return driver_of(request.spec, self._drivers).recovers(str(where))

    def _where(self, storage_domain: str) -> PurePosixPath:
        return PurePosixPath(mount_points.mount_point(self._volumes, storage_domain))

    def _note(self, report: MountReport) -> MountReport:
        """Notify of what came or went since it was observed last."""
        if self._reported.get(report.storage_domain, False) is not report.mounted:
            self._reported[report.storage_domain] = report.mounted
            self._notify()
        return report

    def _observe_path(self, storage_domain: str, path: Path) -> MountReport:
        if mounted_type(self._proc_mounts.read_text(), self._where(storage_domain)) is None:
            return _report(storage_domain, path, "it is not mounted")
        try:
            path.stat()  # needs as many bricks as reading and writing do; statvfs is answered by a single one
            space = os.statvfs(path)
        except OSError as err:
            return _report(storage_domain, path, describe_errno(err.errno or 0))
        return MountReport(
            storage_domain=storage_domain,
            mounted=True,
            path=str(path),
            size_bytes=space.f_blocks * space.f_frsize,
            free_bytes=space.f_bavail * space.f_frsize,
        )

    def _mount(self, request: MountRequest) -> None:
        driver, where = driver_of(request.spec, self._drivers), self._where(request.storage_domain)
        driver.prepare(request.spec)
        unit = unit_name(where)
        if mounted_type(self._proc_mounts.read_text(), where) is not None:
            # Dead, and nobody can use it any more. The agent's own mount namespace is not the one to take it off from.
            self._run("systemd-run", "--quiet", "--wait", "--collect", "umount", "--lazy", str(where))
        Path(where).mkdir(parents=True, exist_ok=True)
        text = unit_text(driver.title(request.spec), where, driver.mount(request.spec))
        self._units.mkdir(parents=True, exist_ok=True)
        (self._units / unit).write_text(text)
        self._run("systemctl", "daemon-reload")
        self._run("systemctl", "reset-failed", unit) if self._failed(unit) else None
        self._run("systemctl", "start", unit, timeout_s=90)

    def _failed(self, unit: str) -> bool:
        try:
            self._run("systemctl", "is-failed", "--quiet", unit)
        except CommandFailed:
            return False
        return True

    def _unmount(self, storage_domain: str) -> None:
        where = self._where(storage_domain)
        unit = unit_name(where)
        if mounted_type(self._proc_mounts.read_text(), where) is not None:
            try:
                self._run("systemctl", "stop", unit, timeout_s=90)
            except CommandFailed as err:
                if mounted_type(self._proc_mounts.read_text(), where) is not None:
                    raise UnmountFailed(storage_domain=storage_domain, reason=err.text.why) from err
        if (self._units / unit).exists():
            (self._units / unit).unlink()
            self._run("systemctl", "daemon-reload")
        mount_points.remove(self._volumes, storage_domain)


def _report(storage_domain: str, path: Path, detail: str) -> MountReport:
    """Of one that is not mounted, or of no use."""
    return MountReport(storage_domain=storage_domain, mounted=False, path=str(path), detail=detail)
