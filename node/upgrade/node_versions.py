"""An upgrade, a rollback and what becomes of them, on this machine: the parts put together for the command line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from node.clock import Clock
from node.config import Config
from node.system.process import CommandFailed, Run
from node.upgrade import fetch
from node.upgrade.boot_count import bless, counted_kernel
from node.upgrade.disk import Places, SystemDisk
from node.upgrade.format import ProgressLines
from node.upgrade.health import ObserveHealth, wait_healthy
from node.upgrade.manifest import read_manifest
from node.upgrade.medium import mount_medium
from node.upgrade.outcome import Outcome, outcome
from node.upgrade.plan import Rollback, Upgrade, plan_rollback
from node.upgrade.plan import plan_upgrade as decide_upgrade
from node.upgrade.reboot import Observe, why_not_reboot
from node.upgrade.records import BootHealth, LastUpgrade, Records
from node.upgrade.refusals import NotInstalled
from node.upgrade.run import apply_upgrade, lock_upgrades, roll_back
from node.upgrade.slots import Kernel, System

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class NodeVersions:
    """The versions on this node. `new_client` makes a client that fetches; `observe_health` observes it."""

    def __init__(
        self,
        settings: Config,
        run: Run,
        clock: Clock,
        *,
        observe_pool: Observe,
        observe_health: ObserveHealth,
        places: Places | None = None,
        disk: SystemDisk | None = None,
        new_client: Callable[[], httpx.Client] = fetch.new_client,
        boot_id: Path = BOOT_ID,
    ) -> None:
        self._settings, self._run, self._clock = settings, run, clock
        self._observe_pool, self._observe_health, self._new_client = observe_pool, observe_health, new_client
        self._places = places or Places()
        self._disk = disk or SystemDisk(run, self._places)
        self._records = Records(self._places.records)
        self._boot_id = boot_id

    @contextmanager
    def plan_upgrade(self, source: str, lines: ProgressLines) -> Iterator[tuple[Upgrade, Path]]:
        """What an upgrade from `source`, a file or an address, does; with the folder of the medium while it is held.
        Nobody else upgrades or rolls back meanwhile. Raises Problem."""
        if fetch.is_url(source):
            fetch.check_https(source)
        self._disk.observe()  # a machine without slots is told so before anything is fetched
        with lock_upgrades(self._places.records):
            file = self._fetched(source, lines) if fetch.is_url(source) else Path(source)
            with mount_medium(self._run, file, self._places.medium) as folder:
                manifest, system = read_manifest(folder), self._disk.observe()
                yield decide_upgrade(manifest, system, self._disk.room(system.version)), folder

    async def upgrade(self, upgrade: Upgrade, folder: Path, lines: ProgressLines) -> None:
        """Within `plan_upgrade`. Raises StepFailed."""
        await apply_upgrade(
            upgrade,
            folder,
            self._disk,
            self._places,
            self._clock,
            report=lines.report,
            report_bytes=lines.report_bytes,
        )

    def forget_download(self) -> None:
        """What was fetched has served its purpose."""
        for path in self._downloads.glob("*"):
            path.unlink()

    def plan_rollback(self) -> Rollback:
        return plan_rollback(self._disk.observe())

    def roll_back(self) -> Rollback:
        """Raises Refused."""
        with lock_upgrades(self._places.records):
            rollback = self.plan_rollback()
            roll_back(rollback, self._disk, self._places, self._clock)
            return rollback

    def why_not_reboot(self) -> tuple[str, ...]:
        return why_not_reboot(self._settings, self._run, self._observe_pool)

    def reboot(self) -> None:
        self._run("systemctl", "reboot")

    def status(self) -> tuple[System, Kernel | None, BootHealth | None, LastUpgrade | None, Outcome]:
        """What node.upgrade.format says of it."""
        system, boots, last = self._disk.observe(), self._records.boots(), self._records.last_upgrade()
        boot = next((one for one in boots if one.boot == self._this_boot()), None)
        return system, counted_kernel(self._places.variables), boot, last, outcome(last, system, boots)

    async def health(self, within_s: float) -> BootHealth:
        findings = await wait_healthy(self._observe_health, self._clock, within_s)
        return BootHealth(
            boot=self._this_boot(),
            version=self._running(),
            at=self._clock.now(),
            counted=counted_kernel(self._places.variables) is not None,
            findings=findings,
        )

    def remember(self, health: BootHealth) -> None:
        """Of this boot, by the unit that looks at it; with the mark that spares the node another try."""
        self._records.add_boot(health)
        if health.is_healthy:
            self._places.healthy.touch()

    def bless(self) -> str:
        with lock_upgrades(self._places.records):
            return bless(self._disk, self._disk.observe(), self._places)

    @property
    def _downloads(self) -> Path:
        return self._places.records / "download"

    def _fetched(self, url: str, lines: ProgressLines) -> Path:
        lines.print_line(f"Fetch {url}")
        with self._new_client() as client:
            return fetch.fetch(url, self._downloads, lines.report_bytes, client=client)

    def _this_boot(self) -> str:
        return self._boot_id.read_text().strip()

    def _running(self) -> str:
        """Health is asked for on machines without slots, too."""
        try:
            return self._disk.observe().version
        except (NotInstalled, OSError, CommandFailed):
            return ""
