"""Holds the child process in which libnmstate runs, asks it, and kills it when its time is over."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import IO, Any

from netconf.errors import BackendMissing, Failed
from netconf.nmstate import child

CHILD = (sys.executable, "-I", str(Path(child.__file__)))
_STDERR_CHARS = 600  # characters of what the child said on its standard error


class NoLibrary(BackendMissing):
    what = "Cannot use nmstate"
    mend = "Install libnmstate (python3-libnmstate on Fedora and RHEL), or choose another backend"


class NmstateRefused(Failed):
    what = "nmstate did not carry out {do}"
    why = "it says: {reason}"


class Unanswered(Failed):
    """The child is dead then; what it was about may have been begun."""

    what = "nmstate did not carry out {do}"
    why = "{reason}"


@dataclass(frozen=True, slots=True)
class Answer:
    version: str
    result: Any


class Library:
    """libnmstate in a child process, started when it is first asked and again after it died; any thread may ask.

    `argv` starts netconf/nmstate/child.py with an interpreter that has the library. A question is
    `{"do": "show" | "apply" | "commit" | "rollback", "with": {…}, "within_s": …}`, an answer `{"version": …,
    "result" | "error": …}` or `{"missing": reason}`, a line of JSON each.
    """

    def __init__(self, argv: Sequence[str] = CHILD) -> None:
        self._argv = tuple(argv)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with us
        self._buffer = b""
        self._finalizer: weakref.finalize[[subprocess.Popen[bytes]], Library] | None = None

    def ask(self, do: str, *, within_s: float, **values: object) -> Answer:
        """Blocks. Raises NoLibrary, NmstateRefused, Unanswered (no answer in time, or none that is one)."""
        question = {"do": do, "with": values, "within_s": ceil(within_s) + 1}
        with self._lock:
            line = self._line(do, json.dumps(question).encode() + b"\n", within_s)
            answer = _mapping(line)
            if answer.keys() >= {"version", "result"}:
                return Answer(str(answer["version"]), answer["result"])
            self._kill()  # what an error left in it is nobody's concern
            if "missing" in answer:
                raise NoLibrary(reason=answer["missing"])
            if "error" in answer:
                raise NmstateRefused(do=do, reason=str(answer["error"]).strip())
            raise Unanswered(do=do, reason=f"its process wrote what is no answer: {line[:80]!r}")

    def close(self) -> None:
        with self._lock:
            self._kill()

    def _line(self, do: str, question: bytes, within_s: float) -> bytes:
        process, deadline = self._started(), time.monotonic() + within_s
        assert process.stdin is not None
        try:
            process.stdin.write(question)
            process.stdin.flush()
            while b"\n" not in self._buffer:
                self._buffer += self._more(process, deadline)
        except TimeoutError as err:
            said = self._kill()
            reason = f"it was not ready after {within_s:.0f} s and its process was ended{said}"
            raise Unanswered(do=do, reason=reason) from err
        except (BrokenPipeError, EOFError) as err:
            raise Unanswered(do=do, reason=f"its process ended by itself{self._kill()}") from err
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _more(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(max(0, deadline - time.monotonic())):
                raise TimeoutError
        found = os.read(process.stdout.fileno(), 1 << 16)
        if not found:
            raise EOFError
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._kill()
            try:
                self._process = subprocess.Popen(
                    self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, process_group=0
                )
            except OSError as err:
                raise NoLibrary(reason=f"{self._argv[0]} cannot be started: {err}") from err
            self._finalizer = weakref.finalize(self, _end, self._process)
        return self._process

    def _kill(self) -> str:
        """Ends the process with its children; returns the last of what it said on its standard error."""
        if self._finalizer is not None:
            self._finalizer()
        self._process, self._finalizer, self._buffer = None, None, b""
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        self._errors.seek(0)
        self._errors.truncate()
        return f"; it said: {said[-_STDERR_CHARS:]}" if said else ""


def _mapping(line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
