"""Gluster volumes mounted through systemd, so that the FUSE process outlives the agent; every word is checked."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

import gluster.mount
from node.api.messages.mounts import MountReport, MountRequest
from node.api.problems import Failed
from node.api.refusals import Malformed, NotMounted, token
from node.storage import layout
from node.storage.causes import words
from node.storage.fuse import is_served
from node.storage.mount_units import mounted_type, unit_name, unit_text
from node.storage.wishes import Wishes
from node.system.process import CommandFailed, Run
from node.system.threads import Threads

PROC_MOUNTS = Path("/proc/self/mounts")
LOOK_S = 4  # a healthy volume answers at once; a hanging one must not hang who asks


class MountFailed(Failed):
    what = "Cannot mount volume {volume}"
    why = "{reason}"
    mend = "Look at the volume (`gluster volume status`) and into /var/log/glusterfs on this node"


class UnmountFailed(Failed):
    what = "Cannot unmount volume {volume}"
    why = "{reason}"
    mend = "Stop the VMs that use it on this node, then try again"


class Mounts:
    """`units` is where unit files go that need not outlive a boot. `tell` hears of mounts that came or went."""

    def __init__(
        self,
        run: Run,
        threads: Threads,
        wishes: Wishes,
        *,
        volumes: Path,
        units: Path,
        tell: Callable[[], None],
        proc_mounts: Path = PROC_MOUNTS,
        is_served: Callable[[str], bool] = is_served,
    ) -> None:
        self._run = run
        self._threads = threads
        self._wishes = wishes
        self._volumes = volumes
        self._units = units
        self._tell = tell
        self._proc_mounts = proc_mounts
        self._is_served = is_served
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._looking: dict[str, asyncio.Future[MountReport]] = {}
        self._told: dict[str, bool] = {}

    async def mounts(self) -> tuple[MountReport, ...]:
        return tuple(await asyncio.gather(*(self.look(volume) for volume in sorted(self._wishes.mounts))))

    async def look(self, volume: str) -> MountReport:
        """What the kernel and the file system itself say. A volume that hangs takes one thread, not one per look."""
        path = self._volumes / token("volume", volume)
        looking = self._looking.get(volume)
        if looking is None:
            looking = self._looking[volume] = asyncio.ensure_future(self._threads(self._look, volume, path))
            looking.add_done_callback(lambda _: self._looking.pop(volume, None))
        try:
            return await asyncio.wait_for(asyncio.shield(looking), LOOK_S)
        except TimeoutError:
            return MountReport(volume=volume, mounted=False, path=str(path), detail="the volume does not answer")

    async def mount(self, request: MountRequest) -> MountReport:
        """Mount now and wish for it from now on."""
        if not request.servers:
            raise Malformed(reason="a mount needs at least one server")
        token("volume", request.volume)
        for server in request.servers:
            token("server", server)
        self._wishes.wish_mount(request)
        report = await self.hold(request.volume)
        if not report.mounted:
            raise MountFailed(volume=request.volume, reason=report.detail)
        return report

    async def hold(self, volume: str) -> MountReport:
        """Mount `volume` if it is wished for and not mounted; the report says how it went."""
        async with self._locks[volume]:
            request = self._wishes.mounts.get(volume)
            report = self._note(await self.look(volume))
            if report.mounted or request is None or await self._threads(self._lives, volume):
                return report
            try:
                await self._threads(self._mount, request)
            except CommandFailed as err:
                report = await self.look(volume)
                if not report.mounted:
                    return MountReport(volume=volume, mounted=False, path=report.path, detail=err.text.why)
            return self._note(await self.look(volume))

    async def unmount(self, volume: str) -> None:
        token("volume", volume)
        async with self._locks[volume]:
            self._wishes.drop_mount(volume)
            await self._threads(self._unmount, volume)
            if self._told.pop(volume, False):
                self._tell()

    def wished(self) -> tuple[str, ...]:
        """In words."""
        return tuple(f"a mount of volume {volume}" for volume in sorted(self._wishes.mounts))

    async def need(self, volume: str) -> None:
        """NotMounted unless the volume is there."""
        report = await self.look(volume)
        if not report.mounted:
            raise NotMounted(volume=volume, reason=report.detail)

    def _lives(self, volume: str) -> bool:
        """Mounted by a process that lost its bricks: it finds them again by itself, and VMs have files open there."""
        where = layout.volume(PurePosixPath(self._volumes), volume)
        return mounted_type(self._proc_mounts.read_text(), where) is not None and self._is_served(str(where))

    def _note(self, report: MountReport) -> MountReport:
        """Tell of what came or went since the look before."""
        if self._told.get(report.volume, False) is not report.mounted:
            self._told[report.volume] = report.mounted
            self._tell()
        return report

    def _look(self, volume: str, path: Path) -> MountReport:
        if mounted_type(self._proc_mounts.read_text(), PurePosixPath(path)) is None:
            return MountReport(volume=volume, mounted=False, path=str(path), detail="it is not mounted")
        try:
            path.stat()  # needs as many bricks as reading and writing do; statvfs is answered by a single one
            space = os.statvfs(path)
        except OSError as err:
            return MountReport(volume=volume, mounted=False, path=str(path), detail=words(err.errno or 0))
        return MountReport(
            volume=volume,
            mounted=True,
            path=str(path),
            size_bytes=space.f_blocks * space.f_frsize,
            free_bytes=space.f_bavail * space.f_frsize,
        )

    def _mount(self, request: MountRequest) -> None:
        where = layout.volume(PurePosixPath(self._volumes), request.volume)
        unit = unit_name(where)
        source = gluster.mount.mount_source(request.volume, request.servers)
        if mounted_type(self._proc_mounts.read_text(), where) is not None:
            # Dead, and nobody can use it any more. The agent's own mount namespace is not the one to take it off from.
            self._run("systemd-run", "--quiet", "--wait", "--collect", "umount", "--lazy", str(where))
        Path(where).mkdir(parents=True, exist_ok=True)
        text = unit_text(request.volume, where, source.what, source.type, source.options)
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

    def _unmount(self, volume: str) -> None:
        where = layout.volume(PurePosixPath(self._volumes), volume)
        unit = unit_name(where)
        if mounted_type(self._proc_mounts.read_text(), where) is not None:
            try:
                self._run("systemctl", "stop", unit, timeout_s=90)
            except CommandFailed as err:
                if mounted_type(self._proc_mounts.read_text(), where) is not None:
                    raise UnmountFailed(volume=volume, reason=err.text.why) from err
        if (self._units / unit).exists():
            (self._units / unit).unlink()
            self._run("systemctl", "daemon-reload")
        with suppress(OSError):
            Path(where).rmdir()
