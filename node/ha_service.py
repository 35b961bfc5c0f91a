"""Whether trivet-ha keeps the engine on this node: a mark on the disk for every boot, and its unit now."""

from pathlib import Path

from node.api.messages.ha import HaReport
from node.system.files import sync_folder, write_durable
from node.system.process import CommandFailed, Run

UNIT = "trivet-ha.service"
MARK = "keeps-engine"  # the unit's condition
LOCAL_MAINTENANCE = "local-maintenance"


class HaService:
    """`folder` is trivet-ha's own."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run = run
        self._mark = folder / MARK

    def look(self) -> HaReport:
        return HaReport(keeps=self._mark.exists(), active=self._is_active())

    def keep(self) -> HaReport:
        """From now on it runs, also after a boot. Safe to repeat."""
        self._mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._mark.exists():
            write_durable(self._mark, "")
        if not self._is_active():
            self._run("systemctl", "start", UNIT)
        return self.look()

    def release(self) -> HaReport:
        """It ends, and does not come back. The engine's VM runs on: nobody looks after it any more. This host's
        maintenance ends too: in the next site nobody would know of it."""
        (self._mark.parent / LOCAL_MAINTENANCE).unlink(missing_ok=True)
        if self._mark.exists():
            self._mark.unlink()
            sync_folder(self._mark.parent)
        if self._is_active():
            self._run("systemctl", "stop", UNIT, timeout_s=90)
        return self.look()

    def _is_active(self) -> bool:
        """Active or on its way either way: one that is being started anew is not gone."""
        try:
            self._run("systemctl", "is-active", UNIT)
        except CommandFailed as err:
            return err.stdout.strip() in ("activating", "reloading", "deactivating")
        return True
