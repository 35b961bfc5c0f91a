"""What an installation notes on its own state file system, for who goes on with it and for the installed node."""

from pathlib import Path

import msgspec

from installer.answers import Answers
from node.system.files import read_or_none, write_durable

INSTALLATION, ANSWERS, JOURNAL = "installation.json", "install/answers.json", "install/journal.jsonl"


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """`installation.json`: `disks` are the serial numbers of the disks that it took, the system disk first."""

    id: str
    version: str
    disks: tuple[str, ...]


def write_records(state: Path, installation: Installation, answers: Answers) -> None:
    """`answers` hold no password in clear."""
    (state / ANSWERS).parent.mkdir(mode=0o700, exist_ok=True)
    write_durable(state / INSTALLATION, msgspec.json.encode(installation), mode=0o644)
    write_durable(state / ANSWERS, encode_answers(answers))


def read_installation(state: Path) -> Installation | None:
    content = read_or_none(state / INSTALLATION)
    return None if content is None else msgspec.json.decode(content, type=Installation)


def read_answers(state: Path) -> Answers | None:
    content = read_or_none(state / ANSWERS)
    return None if content is None else msgspec.json.decode(content, type=Answers, dec_hook=_decode)


def encode_answers(answers: Answers) -> bytes:
    return msgspec.json.encode(answers, enc_hook=str)


def _decode(kind: type, value: object) -> object:
    """Addresses of the standard library, which msgspec does not know."""
    return kind(str(value))
