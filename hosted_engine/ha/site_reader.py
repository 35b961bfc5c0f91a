"""What the command line reads: the whiteboard on the volume, and what this node's daemon wrote down. Ends in time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import msgspec

from hosted_engine.ha.failover import Failover
from hosted_engine.ha.failover_file import NAME as FAILOVER_FILE
from hosted_engine.ha.failover_file import read_failovers
from hosted_engine.ha.fence_file import read_fencing, write_fencing
from hosted_engine.ha.fence_settings import NAME as FENCE_FILE
from hosted_engine.ha.fence_settings import FenceSettings
from hosted_engine.ha.notify_file import read_settings, write_settings
from hosted_engine.ha.notify_settings import NAME as NOTIFY_FILE
from hosted_engine.ha.notify_settings import NotifySettings
from hosted_engine.ha.records import HISTORY, Entry, read_history
from hosted_engine.ha.site_files import HaSite
from hosted_engine.ha.site_folder import read_site
from hosted_engine.ha.states import VmState
from hosted_engine.ha.whiteboard import BadBlock, ClusterBlock, HostBlock
from hosted_engine.ha.whiteboard_file import NAME, WhiteboardFile
from node.api.messages.ha import EngineVmReport
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.problems import Failed, Problem, Refused
from node.config import Config
from node.ha_service import RUNTIME, STATUS, ask_for_restart, begin_maintenance, end_maintenance
from node.storage import engine_vm_files, layout
from node.system.files import read_or_none

T = TypeVar("T")

LIMIT_S = 15.0


class VolumeUnreachable(Failed):
    what = "What lies on volume engine was not {act}"
    why = "{reason}"
    mend = "See that volume engine is mounted and answers (gluster volume status engine)"


class ClusterBlockNewer(Refused):
    what = "The cluster's block on the whiteboard was not written over"
    why = (
        "a later version of Trivet wrote it: it may say more than this one can read, such as a global maintenance "
        "that somebody counts on"
    )
    mend = "Do it on a node with that version; or, when there is none any more, add --force"


class NoDaemon(Refused):
    what = "There is nothing to show"
    why = "trivet-ha has not decided anything on this node since it was booted"
    mend = "See whether it runs: systemctl status trivet-ha"


class NotRestarted(Refused):
    what = "The engine VM was not restarted"
    why = "{reason}"
    mend = "{mend}"


@dataclass(frozen=True, slots=True)
class ObservedSite:
    site: HaSite
    cluster: ClusterBlock | BadBlock
    blocks: dict[int, HostBlock | BadBlock]
    full: bool = False
    failovers: tuple[Failover, ...] = ()
    engine_vm: EngineVmReport | None = None


class SiteReader:
    def __init__(self, settings: Config, runtime: Path = RUNTIME) -> None:
        self._folder = Path(layout.site_files(PurePosixPath(settings.volumes), HOSTED_ENGINE))
        self._own = settings.ha_folder
        self._runtime = runtime

    def site(self) -> ObservedSite:
        """Raises VolumeUnreachable."""
        return in_time("read", self._site)

    def daemon(self) -> dict[str, Any]:
        """What the daemon of this node decided last. Raises NoDaemon."""
        text = read_or_none(self._runtime / STATUS)
        if text is None:
            raise NoDaemon
        found: dict[str, Any] = msgspec.json.decode(text)
        return found

    def history(self) -> list[Entry]:
        return read_history(self._own / HISTORY)

    def failovers(self) -> tuple[Failover, ...]:
        """The last ones, of whatever host, the oldest first. Raises VolumeUnreachable."""
        return in_time("read", self._failovers)

    def site_name(self) -> str:
        """Raises VolumeUnreachable."""
        return in_time("read", lambda: self._site_file().name)

    def notify_settings(self) -> NotifySettings:
        """Raises VolumeUnreachable, NotifyFileDamaged."""
        return in_time("read", lambda: read_settings(self._folder / NOTIFY_FILE))

    def set_notify_settings(self, settings: NotifySettings) -> None:
        """Raises VolumeUnreachable, BadSetting."""
        in_time("written", lambda: write_settings(self._folder / NOTIFY_FILE, settings))

    def fence_settings(self) -> FenceSettings:
        """Raises VolumeUnreachable, FenceFileDamaged."""
        return in_time("read", lambda: read_fencing(self._folder / FENCE_FILE))

    def set_fence_settings(self, settings: FenceSettings) -> None:
        """Raises VolumeUnreachable, BadFenceSetting."""
        in_time("written", lambda: write_fencing(self._folder / FENCE_FILE, settings))

    def node_names(self) -> tuple[str, ...]:
        """Raises VolumeUnreachable."""
        return in_time("read", lambda: tuple(node.name for node in self._site_file().nodes))

    def set_global_maintenance(self, on: bool, set_by: str, *, force: bool = False) -> None:
        """Make a damaged block anew, one of a later version only by `force`. Raises VolumeUnreachable,
        ClusterBlockNewer."""
        in_time("written", lambda: self._set_global(on, set_by, force))

    def set_local_maintenance(self, on: bool, reason: str = "") -> None:
        """The engine's API shows it too, within a heartbeat of this node."""
        if on:
            begin_maintenance(self._own, reason)
        else:
            end_maintenance(self._own)

    def ask_for_restart(self) -> None:
        """Of the engine VM, which has to be on this node. Raises NoDaemon, NotRestarted, VolumeUnreachable."""
        found = self.daemon()
        if found.get("global_maintenance"):
            raise NotRestarted(reason="there is global maintenance", mend="End it first: trivet ha maintenance none")
        if found["decision"]["vm"] not in (VmState.RUNNING, VmState.PAUSED):
            raise NotRestarted(reason=self._where(), mend="Say it on the node on which the engine runs")
        ask_for_restart(self._runtime, time.monotonic())

    def _where(self) -> str:
        site = self.site()
        names = {node.host_id: node.name for node in site.site.nodes}
        on = [names[number] for number, one in site.blocks.items() if isinstance(one, HostBlock) and one.vm.is_here]
        return f"it runs on {on[0]}" if on else "it does not run here"

    def _site(self) -> ObservedSite:
        site = self._site_file()
        board = WhiteboardFile(self._folder / NAME)
        blocks = board.read_hosts(node.host_id for node in site.nodes)
        return ObservedSite(site, board.read_cluster(), blocks, board.is_full(), self._failovers(), self._engine_vm())

    def _engine_vm(self) -> EngineVmReport | None:
        try:
            return engine_vm_files.read(self._folder)
        except engine_vm_files.EngineVmFileDamaged:
            return None

    def _site_file(self) -> HaSite:
        return read_site(self._folder)

    def _failovers(self) -> tuple[Failover, ...]:
        return read_failovers(self._folder / FAILOVER_FILE)

    def _set_global(self, on: bool, set_by: str, force: bool) -> None:
        board = WhiteboardFile(self._folder / NAME)
        board.make()
        known = board.read_cluster()
        if isinstance(known, BadBlock):
            if known is BadBlock.FUTURE_VERSION and not force:
                raise ClusterBlockNewer
            known = ClusterBlock(sequence=0)
        board.write_cluster(
            msgspec.structs.replace(known, sequence=known.sequence + 1, global_maintenance=on, set_by=set_by)
        )


def in_time(act: str, ask: Callable[[], T]) -> T:
    """The answer of a call that may hang for ever; VolumeUnreachable then, and when the volume gives an error."""
    answers: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            answers.append(ask())
        except (OSError, Problem) as err:
            errors.append(err)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    if answers:
        return answers[0]
    if errors and isinstance(errors[0], Problem):
        raise errors[0]
    raise VolumeUnreachable(act=act, reason=str(errors[0]) if errors else f"it gave no answer within {LIMIT_S:.0f} s")
