"""Whether trivet-ha keeps the engine on this node, whether the node is in maintenance, and what trivet-ha says of it.

Both marks are files on this node's own disk: trivet-ha goes by them after every boot, with or without an engine.
"""

from pathlib import Path

import msgspec

from node.api.messages.ha import HaReport, MaintenanceRequest
from node.api.refusals import Malformed
from node.clock import Clock
from node.system.files import read_or_none, sync_folder, write_durable
from node.system.process import CommandFailed, Run

UNIT = "trivet-ha.service"
MARK = "keeps-engine"  # the unit's condition
LOCAL_MAINTENANCE = "local-maintenance"  # the reason for it stands in the file
RUNTIME = Path("/run/trivet-ha")
RESTART = "restart"  # in RUNTIME: when a restart of the engine was asked for here, by the monotonic clock
STATUS = "status.json"  # in RUNTIME: what trivet-ha decided last
LONGEST_REASON = 4000  # as long as any text of the API
FRESH_S = 30.0  # trivet-ha writes it every second or two; one that is older says nothing of now


class _Decision(msgspec.Struct, frozen=True):
    score: int


class _Status(msgspec.Struct, frozen=True):
    """What is read of it here."""

    at: float
    decision: _Decision
    global_maintenance: bool | None = None


class HaService:
    """`folder` is trivet-ha's own, `status` where it writes what it decided last."""

    def __init__(self, run: Run, folder: Path, clock: Clock, status: Path = RUNTIME / STATUS) -> None:
        self._run = run
        self._folder = folder
        self._mark = folder / MARK
        self._status = status
        self._clock = clock

    def ha(self) -> HaReport:
        at, reason, status = self._clock.monotonic(), read_maintenance(self._folder), self._read_status()
        return HaReport(
            configured=self._mark.exists(),
            active=self._is_active(),
            at=at,
            maintenance=reason is not None,
            reason=reason or "",
            score=None if status is None else status.decision.score,
            global_maintenance=None if status is None else status.global_maintenance,
        )

    def deploy_hosted_engine(self) -> HaReport:
        """From now on it runs, also after a boot. Safe to repeat."""
        self._mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._mark.exists():
            write_durable(self._mark, "")
        if not self._is_active():
            self._run("systemctl", "start", UNIT)
        return self.ha()

    def undeploy_hosted_engine(self) -> HaReport:
        """It ends, and does not come back. The engine's VM runs on: nobody looks after it any more. This host's
        maintenance ends too: in the next site nobody would know of it."""
        (self._mark.parent / LOCAL_MAINTENANCE).unlink(missing_ok=True)
        if self._mark.exists():
            self._mark.unlink()
            sync_folder(self._mark.parent)
        if self._is_active():
            self._run("systemctl", "stop", UNIT, timeout_s=90)
        return self.ha()

    def begin_maintenance(self, request: MaintenanceRequest) -> HaReport:
        """trivet-ha gives the engine away and takes none, until `end_maintenance`. Safe to repeat."""
        if len(request.reason) > LONGEST_REASON:
            raise Malformed(reason=f"the reason is longer than {LONGEST_REASON} characters")
        begin_maintenance(self._folder, request.reason)
        return self.ha()

    def end_maintenance(self) -> HaReport:
        end_maintenance(self._folder)
        return self.ha()

    def _is_active(self) -> bool:
        """Active or on its way either way: one that is being started anew is not gone."""
        try:
            self._run("systemctl", "is-active", UNIT)
        except CommandFailed as err:
            return err.stdout.strip() in ("activating", "reloading", "deactivating")
        return True

    def _read_status(self) -> _Status | None:
        """None where trivet-ha has not decided anything of late."""
        try:
            found = msgspec.json.decode(read_or_none(self._status) or b"", type=_Status)
        except msgspec.MsgspecError:
            return None
        return found if abs(self._clock.now() - found.at) < FRESH_S else None


def begin_maintenance(folder: Path, reason: str) -> None:
    """`folder` is trivet-ha's own."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durable(folder / LOCAL_MAINTENANCE, reason)


def end_maintenance(folder: Path) -> None:
    mark = folder / LOCAL_MAINTENANCE
    if mark.exists():
        mark.unlink()
        sync_folder(folder)


def read_maintenance(folder: Path) -> str | None:
    """The reason for the maintenance, empty where none was given; None without maintenance."""
    text = read_or_none(folder / LOCAL_MAINTENANCE)
    return None if text is None else text.decode(errors="replace").strip()


def ask_for_restart(runtime: Path, monotonic: float) -> None:
    """Of the engine VM that runs on this node now; one that began to boot later is left alone."""
    (runtime / RESTART).write_text(f"{monotonic}\n")


def read_restart(path: Path) -> float | None:
    text = read_or_none(path)
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
