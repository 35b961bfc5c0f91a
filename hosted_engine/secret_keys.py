"""Seals secrets with keys that lie in a file beside the database, so that a copy of the database alone tells none.

The file holds one key a line. The first seals, all of them open: to change it, write a new one above the others and
start the engine, which seals everything anew and forgets the others.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from hosted_engine.engine.secrets import Secret
from node.api.problems import Failed, Refused
from node.system.files import read_or_none, write_durable

FILE = "secret-keys"

MARK = "gAAAA"  # how Fernet's texts begin, until the year 2106

_TOKEN = re.compile(MARK + r"[A-Za-z0-9_-]{60,}=*")


class KeysWrong(Refused):
    what = "The engine cannot start"
    why = "{path} does not hold the keys of its secrets ({reason})"
    mend = "Bring the file back; where it is lost remove it, and set the passwords that the engine keeps anew"


class SecretLost(Failed):
    what = "Cannot read a password that the engine keeps"
    why = "the key that it was sealed with is gone, or it was forgotten with the task that needed it"
    mend = f"Bring the file {FILE} of the engine's state folder back, or set that password anew"


class Keys:
    """Implements hosted_engine.engine.secrets.Secrets. Raises ValueError where one is none of Fernet's."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(line) for line in lines])

    @classmethod
    def new(cls) -> Self:
        return cls([Fernet.generate_key()])

    def seal(self, text: str) -> Secret:
        return Secret(self._fernet.encrypt(text.encode()).decode())

    def reveal(self, secret: Secret) -> str:
        try:
            return self._fernet.decrypt(secret.sealed).decode()
        except InvalidToken:
            raise SecretLost from None

    def reseal(self, text: str) -> str:
        """`text` with every secret in it sealed with the first key."""
        return _TOKEN.sub(self._rotated, text)

    def _rotated(self, token: re.Match[str]) -> str:
        """What none of the keys has sealed stays as it is: it may be any text."""
        try:
            return self._fernet.rotate(token[0].encode()).decode()
        except InvalidToken:
            return token[0]


class KeyFile(Keys):
    """The keys in the file at `path`, which is made where there is none. Raises KeysWrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        content = read_or_none(path)
        if content is None:
            content = Fernet.generate_key() + b"\n"
            write_durable(path, content)
        self._lines = content.split()
        try:
            super().__init__(self._lines)
        except ValueError as err:
            raise KeysWrong(path=path, reason=str(err)) from err

    @property
    def has_old_ones(self) -> bool:
        return len(self._lines) > 1

    def forget_old_ones(self) -> None:
        """Call it when everything that was sealed with them is sealed anew for good."""
        write_durable(self._path, self._lines[0] + b"\n")
