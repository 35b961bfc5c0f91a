"""Units as processes of a test, where no systemd runs: they start, end and leave nothing as units do."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from node.system.process import run


class ProcessUnits:
    """`folder` stands for /run/trivet-nbd."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, argv: Sequence[str], properties: Sequence[str]) -> None:
        assert not self.is_running(name), f"{name} runs already"
        self.stop(name)  # what has ended by itself leaves nothing, either
        own = self._own(properties)
        own.mkdir(parents=True)
        with self._log(name).open("wb") as log:
            self._processes[name] = subprocess.Popen(argv, stdout=log, stderr=log)
        (self._folder / f"{name}.own").write_text(str(own))

    def stop(self, name: str) -> None:
        process = self._processes.pop(name, None)
        if process is not None:
            process.terminate()
            process.wait(20)
        if (own := self._folder / f"{name}.own").exists():
            shutil.rmtree(own.read_text(), ignore_errors=True)
            own.unlink()

    def is_running(self, name: str) -> bool:
        process = self._processes.get(name)
        return process is not None and process.poll() is None

    def last_log_line(self, name: str) -> str:
        lines = self._log(name).read_text().splitlines()
        return lines[-1] if lines else ""

    def run(self, argv: Sequence[str], properties: Sequence[str], *, timeout_s: float) -> str:
        return run(*argv, timeout_s=timeout_s)

    @property
    def running(self) -> list[str]:
        return sorted(name for name in self._processes if self.is_running(name))

    def stop_all(self) -> None:
        for name in tuple(self._processes):
            self.stop(name)

    def _own(self, properties: Sequence[str]) -> Path:
        (name,) = [one.partition("=")[2] for one in properties if one.startswith("RuntimeDirectory=")]
        return self._folder / Path(name).name

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"
