"""What is known on the disk of a change that can go back, so that any process can end it and exactly one does.

The name of its file says what has become of it, and until when it waits: `ID.DEADLINE.waiting`, then `ID.0.kept` or
`ID.0.back` (it goes back) and `ID.0.gone` (it went back). Every step from one to the next is one rename.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import msgspec

from netconf import durable
from netconf.kernel.state import KernelState

_REMEMBERED = 20  # ended changes
_RETRY_EVERY_S = 0.02
_TURN_TIMEOUT_S = 5


class State(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "kept"
    ROLLING_BACK = "back"
    ROLLED_BACK = "gone"


class Record(msgspec.Struct, frozen=True, rename={"desired": "wished"}):  # the key that files of earlier releases have
    """`taken_s` and deadlines are seconds since the machine's start, which no clock that is set can move. `by` is the
    backend that makes the change where it is not the kernel's."""

    before: KernelState
    desired: KernelState
    taken_s: float
    boot: str
    namespace: str | None
    resolver: str
    by: str = ""


class Changes:
    """`folder` is made with mode 0700 when the first change is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, record: Record, deadline_s: float) -> str:
        """It waits from now on. Returns its id."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._forget()
        change = uuid4().hex
        durable.write(self._path(change, State.WAITING, deadline_s), msgspec.json.encode(record))
        return change

    def record(self, change: str) -> Record:
        """Raises LookupError, ValueError."""
        state, deadline_s = self.state(change)
        try:
            return msgspec.json.decode(self._path(change, state, deadline_s).read_bytes(), type=Record)
        except FileNotFoundError:
            return self.record(change)  # it has just got another name

    def state(self, change: str) -> tuple[State, float]:
        """And its deadline. Raises LookupError."""
        for known, deadline_s, state in self._all():
            if known == change:
                return state, deadline_s
        raise LookupError(change)

    def unfinished(self) -> tuple[str, ...]:
        return tuple(change for change, _, state in self._all() if state in (State.WAITING, State.ROLLING_BACK))

    def end(self, change: str, how: State) -> State:
        """Let it become KEPT or BACK, unless it is something else by now. Returns what it is. Raises LookupError."""
        return self._become(change, State.WAITING, how)

    def mark_rolled_back(self, change: str) -> None:
        self._become(change, State.ROLLING_BACK, State.ROLLED_BACK)

    @contextmanager
    def turn(self, change: str, state: State) -> Iterator[bool]:
        """Whether it is in `state`; nobody else has the turn meanwhile. One who keeps it for long (was stopped in the
        middle of an operation) is not waited for."""
        with self._lock("turn", within_s=_TURN_TIMEOUT_S):
            yield self.state(change)[0] is state

    @contextmanager
    def making(self) -> Iterator[bool]:
        """Whether no other process is about to make a change; meanwhile none can."""
        with self._lock("making", within_s=0) as alone:
            yield alone

    @contextmanager
    def _lock(self, name: str, *, within_s: float) -> Iterator[bool]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _locked(lock, time.monotonic() + within_s)
        finally:
            os.close(lock)

    def _become(self, change: str, state: State, new: State) -> State:
        while True:
            now, known_s = self.state(change)
            if now is not state:
                return now
            try:
                os.rename(self._path(change, now, known_s), self._path(change, new, 0))
            except FileNotFoundError:  # somebody was faster
                continue
            durable.sync_folder(self._folder)
            return new

    def _all(self) -> Iterator[tuple[str, float, State]]:
        for path in self._folder.iterdir() if self._folder.exists() else ():
            change, _, rest = path.name.partition(".")
            deadline, _, word = rest.partition(".")
            if deadline.isdigit() and word in tuple(State):
                yield change, int(deadline) / 1000, State(word)

    def _path(self, change: str, state: State, deadline_s: float) -> Path:
        return self._folder / f"{change}.{round(deadline_s * 1000)}.{state}"

    def _forget(self) -> None:
        """Early ones that are over, and what a power cut left half written."""
        for path in self._folder.glob(".*.part"):
            path.unlink(missing_ok=True)
        over = [p for word in (State.CONFIRMED, State.ROLLED_BACK) for p in self._folder.glob(f"*.0.{word}")]
        for path in sorted(over, key=lambda path: path.stat().st_ctime)[:-_REMEMBERED]:
            path.unlink(missing_ok=True)


def _locked(lock: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_RETRY_EVERY_S)
