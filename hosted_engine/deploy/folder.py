"""What a deploy keeps on its node: decisions, keys and journals, private to root, each written so that it is whole."""

import fcntl
import os
import ssl
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hosted_engine.authority import KeyPair, make_authority, make_pair, why_not_good
from hosted_engine.deploy import recovery
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.decisions import Decisions, check, decide, read, resolved
from hosted_engine.deploy.journals import Journals
from hosted_engine.deploy.rules.numbers import why_not_password
from node.api.messages.identity import Role
from node.api.problems import Failed, Refused
from node.system.files import read_or_none, sync_folder, write_durable
from node.tls import client_context

DEFAULT_FOLDER = Path("/var/lib/trivet/deploy")
AUTHORITY, DEPLOY, ENGINE = "ca", "deploy", "engine"
MAX_PASSWORD_FILE = 4096
RECOVERY_FILE = "recovery.json"


class DeployRunning(Refused):
    what = "Nothing was begun"
    why = "another deploy is running on this node"
    mend = "Wait for it to end"


class PasswordMissing(Refused):
    what = "Nothing was begun"
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
        self.recovery_code_file = path / "recovery-code"
        self._code_shown = path / "recovery-code-shown"
        self.recovery_file = path / RECOVERY_FILE
        self.answers_file = path / "answers.toml"
        self.journals = Journals(path / "journal")
        self._decisions = path / "decisions.json"
        self._volume_ids = path / "volume-ids.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; DeployRunning when another one does. Its end frees it.

        What a crash left of a site that was taken back is cleared.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        (self.path / "journal").mkdir(mode=0o700, exist_ok=True)
        fd = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.journals.is_torn_down():
                self.clear()
            yield
        except BlockingIOError as err:
            raise DeployRunning from err
        finally:
            os.close(fd)

    # --- decisions ------------------------------------------------------------------------------------------------

    def decisions(self, answers: Answers, *, to_remove: bool = False) -> Decisions:
        """Those of an earlier run, or new ones. Raises AnswersChanged when they are those of another site, or when
        something changed that a deploy does not change; the latter does not matter to a site that is `to_remove`."""
        found = self._recall()
        if found is None:
            return decide(answers, _given_password(answers))
        formed = self.journals.formed()
        check(found, answers, formed=formed and not to_remove, password=_password_if_there(answers))
        return found if formed else msgspec.structs.replace(found, resolved=resolved(answers))

    def save(self, decisions: Decisions) -> None:
        """Write `decisions` down, before the first step is done with them."""
        if self._recall() != decisions:
            write_durable(self._decisions, msgspec.json.encode(decisions))
        if read_or_none(self.password_file) is None:
            write_durable(self.password_file, decisions.password + "\n")

    def has_decisions(self) -> bool:
        return self._decisions.exists()

    def _recall(self) -> Decisions | None:
        text = read_or_none(self._decisions)
        return read(text) if text is not None else None

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

    # --- recovery -------------------------------------------------------------------------------------------------

    def recovery_code(self) -> str:
        """What opens the recovery file; made up at the first question."""
        found = read_or_none(self.recovery_code_file)
        if found is None:
            self.save_recovery_code(found := recovery.new_code().encode())
        return found.decode().strip()

    def save_recovery_code(self, code: str | bytes) -> None:
        write_durable(self.recovery_code_file, code)

    def note_code_shown(self) -> bool:
        """False when it was noted before."""
        if self._code_shown.exists():
            return False
        write_durable(self._code_shown, "")
        return True

    def irreplaceable(self) -> dict[str, str]:
        """Everything without which the site obeys nobody, as texts by file name."""
        found = {path: read_or_none(path) for path in (*self._key_files(), self.password_file, self._decisions)}
        return {path.name: content.decode() for path, content in found.items() if content is not None}

    def restore(self, files: Mapping[str, str]) -> None:
        """The reverse of `irreplaceable`. The decisions last: where they are, all is; other names are left out."""
        for path in (*self._key_files(), self.password_file, self.answers_file, self._decisions):
            if path.name in files:
                write_durable(path, files[path.name])

    def _key_files(self) -> list[Path]:
        return [self.path / f"{name}.{part}" for name in (AUTHORITY, DEPLOY, ENGINE) for part in ("crt", "key")]

    # --- taking back ----------------------------------------------------------------------------------------------

    def volume_ids(self) -> dict[str, str]:
        """Gluster's ids of the volumes that are being removed: their bricks are known by them."""
        text = read_or_none(self._volume_ids)
        return msgspec.json.decode(text, type=dict[str, str]) if text is not None else {}

    def note_volume_id(self, volume: str, volume_id: str) -> None:
        """Before the volume goes: nobody can be asked afterwards."""
        write_durable(self._volume_ids, msgspec.json.encode(self.volume_ids() | {volume: volume_id}))

    def forget_authority(self) -> None:
        """The authority first: without it the others are worth nothing."""
        for path in self._key_files():
            self._remove(path)

    def clear(self) -> None:
        """Forget a site that was taken back, the journals last: they tell that it was."""
        recovering = (self.recovery_code_file, self._code_shown, self.recovery_file, self.answers_file)
        for path in (self._decisions, self.password_file, self._volume_ids, *recovering):
            self._remove(path)
        self.journals.clear()

    def _remove(self, path: Path) -> None:
        if path.exists():
            path.unlink()
            sync_folder(self.path)


def _given_password(answers: Answers) -> str | None:
    if answers.password_file is None:
        return None
    path = Path(answers.password_file)
    try:
        password = _read_password(path)
    except (OSError, UnicodeDecodeError) as err:
        raise PasswordMissing(path=path, reason=str(err)) from err
    if (reason := why_not_password(password)) is not None:
        raise PasswordMissing(path=path, reason=reason)
    return password


def _password_if_there(answers: Answers) -> str | None:
    """Once it is noted, the file with the password may be gone."""
    try:
        return _read_password(Path(answers.password_file)) if answers.password_file is not None else None
    except (OSError, UnicodeDecodeError):
        return None


def _read_password(path: Path) -> str:
    """Raises OSError where others may read it too, and for what is no file: a pipe would never end."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise OSError("it is no plain file")
        if mode & 0o077:
            raise PermissionError(f"others may read it (mode {stat.S_IMODE(mode):o}): chmod 600 {path}")
        return file.read(MAX_PASSWORD_FILE).decode().removesuffix("\n")
