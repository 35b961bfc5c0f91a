"""Stores what outlives the process that makes a change: which change waits, how the last ended, what was confirmed."""

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from netconf import durable, text
from netconf.document import parse, render
from netconf.errors import BadDocument, BadText
from netconf.model import Checkpoint, NetworkState
from netconf.uptime import boot_id, uptime_s

FOLDER = Path("/var/lib/trivet/netconf")

_ON_DISK = {"descriptions": "says", "confirmed": "kept"}  # field → key; files of earlier releases are read, too
_FROM_DISK = {key: name for name, key in _ON_DISK.items()}

log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that waits for its confirmation, or is still being made: then it has no checkpoint yet.

    `until_s` is in seconds since the machine `boot` began, `plugged` are the taps of VMs and their bridges before it.
    `stands_in_for` is the backend that did not answer; empty when `backend` is the usual one.
    """

    checkpoint: Checkpoint | None
    backend: str
    document: Mapping[str, object]
    descriptions: tuple[str, ...]
    until_s: float
    boot: str
    plugged: Mapping[str, str] = field(default_factory=dict)
    stands_in_for: str = ""

    @property
    def left_s(self) -> float:
        """How long it still waits: zero or less when its time is over, minus infinity when the machine began anew."""
        return self.until_s - uptime_s() if self.boot == boot_id() else -math.inf


@dataclass(frozen=True, slots=True)
class Ended:
    """How the last change ended. `at` is in seconds since 1970."""

    confirmed: bool
    why: str
    descriptions: tuple[str, ...]
    at: float


class ChangeStore:
    """A folder, 0700. What can be undone and when is the backend's alone: should this folder be full, read-only or
    lost, changes are made and go back as ever, and people know less about them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def pending(self) -> Pending | None:
        return self._read("change.json", _pending)

    def begin(self, pending: Pending) -> None:
        self._write("change.json", _json(pending))

    def end(self, ended: Ended) -> None:
        """Of the change that waits, if one does."""
        self._write("last.json", _json(ended))
        self._remove("change.json")

    def last(self) -> Ended | None:
        return self._read("last.json", lambda found: Ended(**_read_json(found)))

    def confirmed(self) -> NetworkState | None:
        """What was last confirmed, as far as it was ever asked for; None when nothing was."""
        return self._read("confirmed.yml", lambda found: parse(text.read(found)))

    def confirming(self, state: NetworkState) -> None:
        """Before the backend is told; `confirm` or `forget` follows."""
        self._write("confirming.yml", text.write(render(state)))

    def half_confirmed(self) -> NetworkState | None:
        """What a process was about to confirm when it died."""
        return self._read("confirming.yml", lambda found: parse(text.read(found)))

    def confirm(self) -> None:
        self._tried(lambda: (self._folder / "confirming.yml").replace(self._folder / "confirmed.yml"))
        self._tried(lambda: durable.sync_folder(self._folder))

    def forget(self) -> None:
        self._remove("confirming.yml")

    def pending_resync(self) -> tuple[Mapping[str, object], ...]:
        """The documents that were confirmed without the usual backend and that it has not made yet, the first first."""
        return self._read("owed.json", lambda found: tuple(json.loads(found))) or ()

    def set_pending_resync(self, documents: Sequence[Mapping[str, object]]) -> None:
        if documents:
            self._write("owed.json", json.dumps(documents, indent=2))
        else:
            self._remove("owed.json")

    def changed_without(self) -> bool:
        """Whether anything was changed while the usual backend was away, confirmed or not, that it does not know of."""
        return self._read("changed-without", lambda _: True) or False

    def remember_changed_without(self) -> None:
        self._write("changed-without", "")

    def forget_changed_without(self) -> None:
        self._remove("changed-without")

    def _read(self, name: str, made: Callable[[str], _T]) -> _T | None:
        try:
            return made((self._folder / name).read_text())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, TypeError, KeyError, BadText, BadDocument) as err:
            log.warning("%s cannot be read and is passed over: %s", self._folder / name, err)
            return None

    def _write(self, name: str, content: str) -> None:
        self._tried(lambda: durable.write(self._folder / name, content))

    def _remove(self, name: str) -> None:
        self._tried(lambda: (self._folder / name).unlink(missing_ok=True))

    def _tried(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as err:
            log.warning("what is known of network changes could not be kept: %s", err)


def _json(found: Pending | Ended) -> str:
    return json.dumps({_ON_DISK.get(key, key): value for key, value in asdict(found).items()}, indent=2)


def _read_json(found: str) -> dict[str, Any]:
    stored: dict[str, Any] = dict(json.loads(found))
    read = {_FROM_DISK.get(key, key): value for key, value in stored.items()}
    return read | {"descriptions": tuple(read["descriptions"])}


def _pending(found: str) -> Pending:
    read = _read_json(found)
    checkpoint = None if read["checkpoint"] is None else Checkpoint(read["checkpoint"]["id"])
    return Pending(**read | {"checkpoint": checkpoint})


def confirmed_state(observed: NetworkState, desired: NetworkState, earlier: NetworkState | None) -> NetworkState:
    """Of what is observed, that which `desired` or anything confirmed before it was about; pure."""
    before = earlier or NetworkState()
    names = {i.name for i in (*before.interfaces, *desired.interfaces)}
    names -= {i.name for i in desired.interfaces if i.state.value == "absent"}
    routes = tuple(route for route in observed.routes or () if route.interface in names)
    rules = observed.rules if desired.rules is not None or before.rules is not None else None
    dns = observed.dns if desired.dns is not None or before.dns is not None else None
    interfaces = tuple(i for i in observed.interfaces if i.name in names)
    return replace(observed, interfaces=interfaces, routes=routes, rules=rules, dns=dns)
