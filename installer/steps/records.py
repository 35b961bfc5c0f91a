"""What an installation notes on its own state file system, for who goes on with it and for the installed node."""

from pathlib import Path

import msgspec

from installer.answers import Answers
from installer.reading import from_document
from node.system.files import read_or_none, write_durable

INSTALLATION, ANSWERS, JOURNAL = "installation.json", "install/answers.json", "install/journal.jsonl"


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """`installation.json`: `disks` are the serial numbers of the disks that it took, the system disk first."""

    id: str
    version: str
    disks: tuple[str, ...]


def write_records(state: Path, installation: Installation, answers: Answers) -> None:
    """`answers` hold no password in clear. A join code is not kept: the node's first start has it from its own file."""
    (state / ANSWERS).parent.mkdir(mode=0o700, exist_ok=True)
    write_durable(state / INSTALLATION, msgspec.json.encode(installation), mode=0o644)
    kept = msgspec.structs.replace(answers, role=msgspec.structs.replace(answers.role, join_code=None))
    write_durable(state / ANSWERS, encode_answers(kept))


def read_installation(state: Path) -> Installation | None:
    content = read_or_none(state / INSTALLATION)
    return None if content is None else msgspec.json.decode(content, type=Installation)


def read_answers(state: Path) -> Answers | None:
    content = read_or_none(state / ANSWERS)
    return None if content is None else decode_answers(content)


def encode_answers(answers: Answers) -> bytes:
    return msgspec.json.encode(answers, enc_hook=str)


def decode_answers(content: bytes) -> Answers:
    """As a document of answers, for msgspec knows no addresses. Raises AnswersWrong."""
    tables = msgspec.json.decode(content, type=dict[str, dict[str, object]])
    given = {name: {key: value for key, value in table.items() if value is not None} for name, table in tables.items()}
    return from_document(given).answers
