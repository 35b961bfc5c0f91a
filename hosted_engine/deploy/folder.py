"""What a deploy keeps on its node: decisions, keys and journals, private to root, each written so that it is whole."""

import fcntl
import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hosted_engine.authority import KeyPair, make_authority, make_pair, why_not_good
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.decisions import Decisions, check, decide
from node.api.messages.identity import Role
from node.api.problems import Failed, Refused
from node.steps import Entry, Mark, Outcome
from node.system.files import read_or_none, write_durable
from node.system.journal import FileJournal
from node.tls import client_context

DEFAULT_FOLDER = Path("/var/lib/trivet/deploy")
AUTHORITY, DEPLOY, ENGINE = "ca", "deploy", "engine"


class DeployRunning(Refused):
    what = "The deploy was not begun"
    why = "another one is running on this node"
    mend = "Wait for it to end"


class PasswordMissing(Refused):
    what = "The deploy was not begun"
    why = "the password file {path} cannot be used: {reason}"
    mend = "Write the password into it, or leave password_file out to have one made up"


class AuthorityDamaged(Failed):
    what = "The certificate authority in {path} cannot be used"
    why = "{reason}"
    mend = "Put its files back from a copy; without them the site's nodes obey nobody"


class Folder:
    """One folder per site, made when it is missing."""

    def __init__(self, path: Path = DEFAULT_FOLDER) -> None:
        self.path = path
        self.password_file = path / "admin-password"
        self.authority_file = path / f"{AUTHORITY}.crt"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; DeployRunning when another one does. Its end frees it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        self._journals.mkdir(mode=0o700, exist_ok=True)
        fd = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as err:
            raise DeployRunning from err
        finally:
            os.close(fd)

    # --- decisions ------------------------------------------------------------------------------------------------

    def decisions(self, answers: Answers) -> Decisions:
        """Those of an earlier run, or new ones. Raises AnswersChanged when they are those of another site."""
        found = self._recall() or decide(answers, _given_password(answers))
        check(found, answers)
        return found

    def keep(self, decisions: Decisions) -> None:
        """Write `decisions` down, before the first step is done with them."""
        if self._recall() is None:
            write_durable(self.path / "decisions.json", msgspec.json.encode(decisions))
        if read_or_none(self.password_file) is None:
            write_durable(self.password_file, decisions.password + "\n")

    def _recall(self) -> Decisions | None:
        text = read_or_none(self.path / "decisions.json")
        return msgspec.json.decode(text, type=Decisions) if text is not None else None

    # --- authority ------------------------------------------------------------------------------------------------

    def authority(self) -> KeyPair:
        return self.pair(AUTHORITY)

    def pair(self, name: str) -> KeyPair:
        """The pair `name`; empty where it has not been made."""
        key, certificate = (read_or_none(self.path / f"{name}.{part}") or b"" for part in ("key", "crt"))
        return KeyPair(key.decode(), certificate.decode())

    def has_authority(self) -> bool:
        certificate = self.authority().certificate
        return bool(certificate) and all(
            why_not_good(self.pair(name), certificate) is None for name in (AUTHORITY, DEPLOY, ENGINE)
        )

    def make_authority(self, answers: Answers) -> None:
        """Make what is missing of the authority and of the two certificates that a deploy needs."""
        if not self.authority().certificate:  # written last: without it nothing has been signed yet
            self._write(AUTHORITY, make_authority(answers.site))
        authority = self.authority()
        if (reason := why_not_good(authority, authority.certificate)) is not None:
            raise AuthorityDamaged(path=self.path, reason=reason)
        if why_not_good(self.pair(DEPLOY), authority.certificate) is not None:
            self._write(DEPLOY, make_pair(authority, Role.DEPLOY, "deploy"))
        if why_not_good(self.pair(ENGINE), authority.certificate) is not None:
            engine = answers.engine
            names = [str(engine.address.ip), *engine.extra_names]
            self._write(ENGINE, make_pair(authority, Role.ENGINE, engine.name, names=names))

    def client_tls(self) -> ssl.SSLContext:
        """Speaks for the deploy to members of the site."""
        return client_context(self.path / f"{DEPLOY}.crt", self.path / f"{DEPLOY}.key", self.authority_file)

    def _write(self, name: str, pair: KeyPair) -> None:
        write_durable(self.path / f"{name}.key", pair.key)
        write_durable(self.path / f"{name}.crt", pair.certificate)

    # --- journals -------------------------------------------------------------------------------------------------

    @property
    def _journals(self) -> Path:
        return self.path / "journal"

    def unfinished(self) -> frozenset[str]:
        """The keys of the steps that the last run planned and did not come to the end of."""
        entries = self._last()
        if not entries or _ended(entries):
            return frozenset()
        done = {entry.key for entry in entries if entry.mark is Mark.DONE}
        return frozenset(entries[0].detail.split("\n")) - done

    def formed(self) -> bool:
        """Whether a run has ended well: the site was whole once."""
        return any(_ended(FileJournal(path).entries()) for path in self._numbered())

    def new_journal(self) -> FileJournal:
        """The journal of a new run. Until its first entry is written the last run's counts."""
        numbers = [int(path.stem) for path in self._numbered()]
        return FileJournal(self._journals / f"{max(numbers, default=0) + 1:04}.jsonl")

    def _last(self) -> tuple[Entry, ...]:
        for path in reversed(self._numbered()):
            if entries := FileJournal(path).entries():
                return tuple(entries)
        return ()

    def _numbered(self) -> list[Path]:
        return sorted(path for path in self._journals.glob("*.jsonl") if path.stem.isdigit())


def _ended(entries: Sequence[Entry]) -> bool:
    return bool(entries) and entries[-1] == Entry(Mark.ENDED, detail=Outcome.DONE.value)


def _given_password(answers: Answers) -> str | None:
    if answers.password_file is None:
        return None
    path = Path(answers.password_file)
    try:
        password = path.read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError) as err:
        raise PasswordMissing(path=path, reason=str(err)) from err
    if not password:
        raise PasswordMissing(path=path, reason="it is empty")
    return password
