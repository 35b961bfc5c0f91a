"""Fetches a medium over HTTPS into a file; what is there of it after an interruption is not fetched again."""

import hashlib
import os
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from node.api.problems import Failed, Refused
from node.system.files import read_or_none, write_durable

TRIES = 5
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_FLUSH_EVERY = 64 << 20
_SPARE = 64 << 20
_REDIRECTS = 5
_MIB = 1 << 20

ReportBytes = Callable[[int, int], None]
"""Is told bytes done and bytes in all."""


class NotHttps(Refused):
    what = "Cannot fetch {url}"
    why = "only https:// is fetched, and this is {scheme}: anybody on the way could put something else in its place"
    mend = "Give its https:// address, or fetch it yourself, compare its checksum, and give the file"


class NotFetched(Failed):
    what = "{url} was not fetched"
    why = "{reason}"
    mend = "{mend}"


class _Part(msgspec.Struct, frozen=True):
    """What is known of a file that is there in part. `tag` is the server's name for this very content."""

    url: str
    tag: str
    size: int


class Interrupted(Exception):
    """The connection ended before the file did."""


def is_url(text: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def new_client() -> httpx.Client:
    """Trusts the authorities of the system."""
    return httpx.Client(verify=ssl.create_default_context(), timeout=_TIMEOUT)


def fetch(
    url: str,
    folder: Path,
    report: ReportBytes,
    *,
    client: httpx.Client,
    free_bytes: Callable[[Path], int] | None = None,
) -> Path:
    """The file in `folder`, which holds no other. Raises NotHttps, NotFetched."""
    check_https(url)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _Download(url, folder, report, client, free_bytes or _free_bytes).run()


def check_https(url: str) -> None:
    """Raises NotHttps."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "https" or not parts.hostname:
        raise NotHttps(url=url, scheme=f"{parts.scheme or 'no scheme'}://")


class _Download:
    def __init__(
        self, url: str, folder: Path, report: ReportBytes, client: httpx.Client, free_bytes: Callable[[Path], int]
    ) -> None:
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._url, self._folder, self._report, self._client, self._free = url, folder, report, client, free_bytes
        self.whole, self._part, self._note = (folder / f"{name}.{end}" for end in ("iso", "part", "json"))

    def run(self) -> Path:
        """Ask again where the connection ends, as long as some of the file came each time."""
        for other in self._folder.iterdir():
            if other not in (self.whole, self._part, self._note):
                other.unlink()
        tries = TRIES
        while True:
            before = self._have()
            try:
                return self._ask()
            except (httpx.TransportError, Interrupted) as err:
                tries = TRIES if self._have() > before and self._read_note() is not None else tries - 1
                if tries <= 0:
                    mend = "Run it again: it goes on where it stopped"
                    raise self._problem(str(err) or type(err).__name__, mend) from err

    def _ask(self) -> Path:
        url, note = self._url, self._read_note()
        for _ in range(_REDIRECTS):
            with self._client.stream("GET", url, headers=self._headers(note), follow_redirects=False) as answer:
                if answer.has_redirect_location:
                    url = urljoin(url, answer.headers.get("location", ""))
                    check_https(url)
                    continue
                return self._take(answer, note)
        raise self._problem("the server sends from one address to the next", "Give the address of the file itself")

    def _headers(self, note: _Part | None) -> dict[str, str]:
        base = {"Accept-Encoding": "identity"}
        if note is None:
            return base
        if self.whole.exists():
            return base | {"If-None-Match": note.tag}
        return base | {"Range": f"bytes={self._have()}-", "If-Range": note.tag}

    def _take(self, answer: httpx.Response, note: _Part | None) -> Path:
        if answer.status_code == 304 and self.whole.exists():
            return self.whole
        if answer.status_code == 206 and note is not None and _range(answer) == (self._have(), note.size):
            return self._receive(answer, note)
        if answer.status_code in (206, 416):  # not the part that was asked for
            self._forget()
            raise Interrupted("the server sent another part than it was asked for")
        if answer.status_code != 200:
            mend = "Correct the address" if answer.status_code < 500 else "Look into the server's log"
            raise self._problem(f"the server answers {answer.status_code} {answer.reason_phrase}", mend)
        self._forget()
        return self._receive(answer, self._begin(answer))

    def _begin(self, answer: httpx.Response) -> _Part:
        length = answer.headers.get("content-length", "")
        if not length.isdecimal() or int(length) == 0:
            raise self._problem("the server does not say how large it is", "Fetch it yourself and give the file")
        needed, free = int(length) + _SPARE, self._free(self._folder)
        if needed > free:
            reason = f"it needs {needed // _MIB} MiB in {self._folder} and {free // _MIB} are free"
            raise self._problem(reason, "Remove what is not needed below /state")
        tag = answer.headers.get("etag", "")
        note = _Part(self._url, "" if tag.startswith("W/") else tag, int(length))
        if note.tag:
            write_durable(self._note, msgspec.json.encode(note))
        return note

    def _receive(self, answer: httpx.Response, note: _Part) -> Path:
        fd = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(fd, "ab") as file:
            flushed = done = file.seek(0, os.SEEK_END)
            for chunk in answer.iter_bytes(_MIB):
                file.write(chunk)
                done += len(chunk)
                if done - flushed >= _FLUSH_EVERY:
                    _flush(file.fileno(), file.flush)
                    flushed = done
                self._report(done, note.size)
            _flush(file.fileno(), file.flush)
        if done != note.size:
            if done > note.size:
                self._forget()
            raise Interrupted(f"{done} of {note.size} bytes came")
        self._part.rename(self.whole)
        return self.whole

    def _read_note(self) -> _Part | None:
        """None where nothing can be gone on with."""
        try:
            note = msgspec.json.decode(read_or_none(self._note) or b"", type=_Part)
        except msgspec.MsgspecError:
            return None
        is_there = self.whole.exists() or 0 < self._have() < note.size
        return note if note.url == self._url and is_there else None

    def _have(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _forget(self) -> None:
        for path in (self._note, self._part, self.whole):
            path.unlink(missing_ok=True)

    def _problem(self, reason: str, mend: str) -> NotFetched:
        return NotFetched(url=self._url, reason=reason, mend=mend)


def _range(answer: httpx.Response) -> tuple[int, int] | None:
    """Where the part begins, and the size of the whole."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("content-range", ""))
    return (int(found[1]), int(found[2])) if found else None


def _flush(fd: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(fd)


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
