"""The engine VM's configuration as this host sees it: reads it, and notes what came of a start."""

import logging
from collections.abc import Callable
from pathlib import Path

from hosted_engine.ha.engine_vm_choice import healthy_with, on_trial
from hosted_engine.ha.states import Health
from node.api.messages.ha import EngineVmConfig, EngineVmReport, Shape, TriedEngineVm
from node.storage import engine_vm_files

log = logging.getLogger(__name__)


class EngineVmFolder:
    """`folder` lies on volume engine: what hangs there holds up who asks. `now`: wall clock. Raises OSError."""

    def __init__(self, folder: Path, host: str, now: Callable[[], float]) -> None:
        self._folder = folder
        self._host = host
        self._now = now

    def read(self) -> EngineVmReport:
        """Raises EngineVmFileDamaged, too."""
        return engine_vm_files.read(self._folder)

    def note_tried(self, config: EngineVmConfig, why: str = "") -> None:
        tried = TriedEngineVm(config=config, host=self._host, at=self._now(), why=why)
        engine_vm_files.note_tried(self._folder, tried)

    def note_good(self, config: EngineVmConfig) -> None:
        engine_vm_files.note_good(self._folder, config)


class EngineVmNotes:
    """A monitor's question. `running`: how the engine VM runs here, None where it does not."""

    def __init__(
        self, files: EngineVmFolder, *, running: Callable[[], Shape | None], health: Callable[[], Health]
    ) -> None:
        self._files = files
        self._running = running
        self._health = health

    def __call__(self) -> EngineVmReport:
        """Read, and note what the running VM proves."""
        found, running = self._files.read(), self._running()
        if running is None:
            return found
        if self._health() is Health.GOOD:
            if (good := healthy_with(found, running)) is None:
                return found
            self._files.note_good(good)
            log.info("the engine is healthy with this configuration of its VM: %s", running)
        elif (config := on_trial(found, running)) is not None:
            self._files.note_tried(config)
        else:
            return found
        return self._files.read()
