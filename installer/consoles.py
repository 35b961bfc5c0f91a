"""Which console answers the installer's questions: one at a time, by files that all consoles of the machine see."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from installer.environment import Console
from node.system.files import read_or_none, write_durable

FOLDER = Path("/run/trivet/installer")
_CONSOLE, _DRAFT = "console.json", "draft.json"


class _Holder(msgspec.Struct, frozen=True):
    """`started` is when the process began, in the kernel's ticks: its number alone may be another's by now."""

    terminal: str
    pid: int
    started: str
    page: str = ""


class Consoles:
    """Implements Session. Whoever takes is the one that answers; the other sees that within a second, and one that
    hangs or is gone is in nobody's way."""

    def __init__(self, terminal: str, folder: Path = FOLDER) -> None:
        self._terminal, self._folder = terminal, folder
        self._own = _Holder(terminal, os.getpid(), _started(os.getpid()))

    @property
    def terminal(self) -> str:
        return self._terminal

    def elsewhere(self) -> Console | None:
        holder = self._holder()
        if holder is None or self._is_own(holder):
            return None
        return Console(holder.terminal, holder.page)

    def take(self, page: str = "") -> None:
        self._write(_CONSOLE, msgspec.json.encode(msgspec.structs.replace(self._own, page=page)))

    def is_here(self) -> bool:
        holder = self._holder()
        return holder is not None and self._is_own(holder)

    def save(self, draft: bytes) -> None:
        if self.load() != draft:
            self._write(_DRAFT, draft)

    def load(self) -> bytes | None:
        return read_or_none(self._folder / _DRAFT)

    def leave(self) -> None:
        if self.is_here():
            (self._folder / _CONSOLE).unlink(missing_ok=True)

    def _is_own(self, holder: _Holder) -> bool:
        return (holder.pid, holder.started) == (self._own.pid, self._own.started)

    def _holder(self) -> _Holder | None:
        """None also for a process that is gone."""
        with suppress(msgspec.DecodeError):
            if content := read_or_none(self._folder / _CONSOLE):
                holder = msgspec.json.decode(content, type=_Holder)
                return holder if _started(holder.pid) == holder.started else None
        return None

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError, FileNotFoundError):  # another console writes just now, and is the last one
            write_durable(self._folder / name, content)


def _started(pid: int) -> str:
    """Empty when there is no such process, or a dead one; from proc(5), after the name, which may be anything."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[19] if fields[0] not in "ZX" else ""
    return ""
