"""That this machine is to join a site, on its disk until it is decided; and how that is going, for whoever waits."""

import logging
import uuid
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from node.config import Config
from node.system.files import read_or_none, sync_folder, write_durable

log = logging.getLogger(__name__)

WANTED, STATUS = "join.json", "join-status.json"
REQUEST = Path("/etc/trivet/join.json")
ENGINE_PORT = 443
T = TypeVar("T")


class JoinState(StrEnum):
    """REFUSED may pass, and it goes on asking; REJECTED and EXPIRED are the end."""

    ASKING = "asking"
    PENDING = "pending"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


OVER = frozenset({JoinState.REJECTED, JoinState.EXPIRED})


class JoinRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the installation was told, until the engine's key was compared: `fingerprint` as somebody wrote it, in words
    or digits."""

    engine: str
    fingerprint: str
    port: int = ENGINE_PORT
    join_code: str = ""


class WantedJoin(msgspec.Struct, frozen=True, kw_only=True):
    """`fingerprint` is that of the engine's key, in hex, as somebody has confirmed it. `attempt` is the engine's word
    for this join; another one begins anew. `join_code` is there until the engine has noted it."""

    engine: str
    port: int
    fingerprint: str
    attempt: str = msgspec.field(default_factory=lambda: str(uuid.uuid4()))
    join_code: str = ""


class JoinStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is wall clock."""

    attempt: str
    state: JoinState
    detail: str = ""
    at: float = 0.0


class JoinFiles:
    """`folder` outlives a power cut, `runtime` does not. `request` is written by the installer and nobody else."""

    def __init__(self, folder: Path, runtime: Path, request: Path = REQUEST) -> None:
        self._folder = folder
        self._request = request
        self._wanted, self._status = folder / WANTED, runtime / STATUS

    def wanted(self) -> WantedJoin | None:
        return _decoded(self._wanted, WantedJoin)

    def request(self) -> JoinRequest | None:
        return _decoded(self._request, JoinRequest)

    def begin(self, request: JoinRequest, fingerprint: str) -> WantedJoin:
        """The key that was found is the one that `request` says: from here on it is wanted."""
        wanted = self.want(request.engine, request.port, fingerprint, request.join_code)
        self.drop_request()
        return wanted

    def drop_request(self) -> None:
        if self._request.exists():
            self._request.unlink()
            sync_folder(self._request.parent)

    def want(self, engine: str, port: int, fingerprint: str, join_code: str = "") -> WantedJoin:
        """The same again goes on with what was begun; a code begins anew, unless it is the one that is there."""
        found = self.wanted()
        is_same = found is not None and (found.engine, found.port, found.fingerprint) == (engine, port, fingerprint)
        if found is not None and is_same and join_code in ("", found.join_code):
            return found
        wanted = WantedJoin(engine=engine, port=port, fingerprint=fingerprint, join_code=join_code)
        write_durable(self._wanted, msgspec.json.encode(wanted))
        return wanted

    def drop_code(self, wanted: WantedJoin) -> None:
        """The engine has noted it: from here on it is good for nothing."""
        if wanted.join_code and self.wanted() == wanted:
            write_durable(self._wanted, msgspec.json.encode(msgspec.structs.replace(wanted, join_code="")))

    def forget(self) -> None:
        self.drop_request()
        if self._wanted.exists():
            self._wanted.unlink()
            sync_folder(self._folder)

    def status(self) -> JoinStatus | None:
        return _decoded(self._status, JoinStatus)

    def note(self, status: JoinStatus) -> None:
        write_durable(self._status, msgspec.json.encode(status))


def join_files_of(settings: Config) -> JoinFiles:
    """Those of this machine."""
    return JoinFiles(settings.own_folder, Path(settings.scratch))


def _decoded(path: Path, kind: type[T]) -> T | None:
    """A file that a broken disk has damaged is none."""
    text = read_or_none(path)
    try:
        return None if text is None else msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as err:
        log.error("%s cannot be read and counts for nothing: %s", path, err)
        return None
