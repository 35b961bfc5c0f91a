"""The one installation of this boot: begun by a console, done in a process of its own, followed by every console."""

import asyncio
import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar
from uuid import uuid4

import msgspec

from installer.answers import Answers
from installer.consoles import FOLDER
from installer.environment import InstallationFailed, Installed, LogLine, Report, StepReport
from installer.steps.records import decode_answers, encode_answers
from node.api.problems import Failed, Problem, Refused
from node.steps import describe
from node.system.files import read_or_none, write_durable

_LOCK, _REQUEST, _EVENTS = "lock", "request.json", "events.jsonl"
_AGAIN_S = 0.2
_LOCK_WAIT_S = 2.0  # with consoles, which try the lock for a moment to see whether it is held
_BEGINS_WITHIN_S = 30.0


class RunsAlready(Refused):
    what = "The installation was not begun"
    why = "one is under way on this machine, begun at another console"
    mend = "Follow that one"


class NotBegun(Failed):
    what = "The installation did not begin"
    why = "its process says nothing ({unit})"
    mend = "See why in the shell (F2): journalctl -u {unit}"


@dataclass(frozen=True, slots=True)
class Request:
    """`id` is that of this request, so that its begin can be told from an earlier one's."""

    id: str
    answers: Answers
    start_over: bool


@dataclass(frozen=True, slots=True)
class _Failure:
    what: str
    why: str
    mend: str


_KINDS: dict[str, Any] = {"begun": str, "step": StepReport, "log": LogLine, "installed": Installed, "failed": _Failure}
_ENDED = _Failure(
    "The installation was cut off",
    "its process is gone without a word",
    "Begin it again: it goes on where it was. The shell (F2) may tell more: journalctl -u trivet-installation",
)
UNIT = "trivet-installation"
_T = TypeVar("_T")


class Installation:
    """`launch` starts `work` in another process, which outlives this one."""

    def __init__(self, launch: Callable[[], None], folder: Path = FOLDER) -> None:
        self._launch, self._folder = launch, folder

    def is_running(self) -> bool:
        """Also once it has succeeded; no more when it has failed or was cut off."""
        last = next(reversed(_events(self._folder)), ("", None))[0]
        return last == "installed" or (last not in ("", "failed") and _is_locked(self._folder))

    async def start(self, answers: Answers, *, start_over: bool) -> None:
        if self.is_running():
            raise RunsAlready()
        request = Request(uuid4().hex, answers, start_over)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durable(self._folder / _REQUEST, _encode(request))
        await asyncio.to_thread(self._launch)
        for _ in range(int(_BEGINS_WITHIN_S / _AGAIN_S)):
            if _events(self._folder)[:1] == [("begun", request.id)]:
                return
            await asyncio.sleep(_AGAIN_S)
        raise NotBegun(unit=UNIT)

    async def follow(self, report: Report) -> Installed:
        seen = 0
        while True:
            is_over = not _is_locked(self._folder)  # before the look: what was said last is not missed
            events = _events(self._folder)
            for kind, event in events[seen:]:
                match kind:
                    case "step" | "log":
                        report(event)
                    case "installed":
                        installed: Installed = event
                        return installed
                    case "failed":
                        raise InstallationFailed(what=event.what, why=event.why, mend=event.mend)
            seen = len(events)
            if is_over:
                raise InstallationFailed(what=_ENDED.what, why=_ENDED.why, mend=_ENDED.mend)
            await asyncio.sleep(_AGAIN_S)


def work(install: Callable[[Request, Report], Installed], folder: Path = FOLDER) -> bool:
    """What the launched process does: carry the request out. False: it failed, or another one is at it."""
    request = _decode((folder / _REQUEST).read_bytes())
    try:
        record(request.id, lambda report: install(request, report), lambda installed: installed, folder)
    except Problem:
        return False
    return True


def record(id: str, install: Callable[[Report], _T], shown: Callable[[_T], Installed], folder: Path = FOLDER) -> _T:
    """Install, and write down all that is reported, so that consoles can follow; `shown` makes of the result what they
    show. Raises what `install` does, and RunsAlready, also for an `id` that was recorded before."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock(folder, wait_s=_LOCK_WAIT_S) as is_ours:
        if not is_ours or _events(folder)[:1] == [("begun", id)]:
            raise RunsAlready()
        with (folder / _EVENTS).open("wb", buffering=0) as file:

            def write(kind: str, event: object) -> None:
                file.write(msgspec.json.encode({"kind": kind, "event": event}) + b"\n")

            write("begun", id)
            try:
                installed = install(
                    lambda progress: write("step" if isinstance(progress, StepReport) else "log", progress)
                )
            except Problem as err:
                write("failed", _Failure(err.text.what, err.text.why, err.text.mend))
                raise
            except Exception as err:  # of whatever kind: who follows is told, and it goes on its way
                write("failed", _Failure("The installation failed", describe(err), "Report this as a defect"))
                raise
            write("installed", shown(installed))
            return installed


def _encode(request: Request) -> bytes:
    answers = msgspec.Raw(encode_answers(request.answers))
    return msgspec.json.encode({"id": request.id, "start_over": request.start_over, "answers": answers})


def _decode(content: bytes) -> Request:
    found = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    read = msgspec.json.decode
    return Request(read(found["id"], type=str), decode_answers(found["answers"]), read(found["start_over"], type=bool))


def _events(folder: Path) -> list[tuple[str, Any]]:
    """What was written so far; the last line may be on its way."""
    lines = (read_or_none(folder / _EVENTS) or b"").split(b"\n")[:-1]
    found = [msgspec.json.decode(line) for line in lines]
    return [(one["kind"], msgspec.convert(one["event"], _KINDS[one["kind"]])) for one in found]


@contextmanager
def _lock(folder: Path, *, wait_s: float = 0) -> Iterator[bool]:
    """Whether it is ours; it goes with this process, whatever becomes of it."""
    last = time.monotonic() + wait_s
    with (folder / _LOCK).open("w") as file:
        while not (is_ours := _locks(file)) and time.monotonic() < last:
            time.sleep(_AGAIN_S / 2)
        yield is_ours


def _locks(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_locked(folder: Path) -> bool:
    try:
        with _lock(folder) as was_free:
            return not was_free
    except FileNotFoundError:
        return False
