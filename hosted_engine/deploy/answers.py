"""What the administrator has to say before a site can be deployed, read from a TOML file; every mistake at once."""

import os
import stat
import tomllib
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from node.api.problems import Refused

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

SiteName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,40}$", description="1 to 40 letters, digits, _ . -")]
NodeName = Annotated[str, Meta(pattern=rf"^{LABEL}$", description="a short host name such as node1")]
HostName = Annotated[str, Meta(pattern=rf"^{LABEL}(\.{LABEL})*$", description="a host name such as engine.example.com")]
BridgeName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,15}$", description="at most 15 letters, digits, _ -")]
NicName = Annotated[str, Meta(pattern=r"^[^\s/]{1,15}$", description="the name of a network card, such as eno1")]
Fingerprint = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="64 hexadecimal digits in lower case")]
BrickPath = Annotated[str, Meta(pattern=r"^/[A-Za-z0-9_./-]+$", description="an absolute path")]
UserName = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", description="user@profile, such as admin@internal")]

TYPE_WORDS = {str: "text", int: "a whole number", bool: "true or false"}


class BrickAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Where the node keeps its part of the two volumes: empty folders on file systems made for it."""

    engine: BrickPath
    data: BrickPath


class NodeAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """A node as its console shows it. `address` has its prefix length, for example 192.0.2.11/24."""

    name: NodeName
    address: IPv4Interface
    nic: NicName
    fingerprint: Fingerprint
    claim_code: Annotated[str, Meta(min_length=1, description="the code that the node shows")]
    bricks: BrickAnswers


class EngineAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """The engine VM. `extra_names` are further names and addresses that its certificate is good for."""

    name: HostName
    address: IPv4Interface
    memory_mib: Annotated[int, Meta(ge=512, le=262144, description="512 to 262144")] = 1024
    vcpus: Annotated[int, Meta(ge=1, le=64, description="1 to 64")] = 1
    extra_names: tuple[str, ...] = ()


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """`lease_io_timeout_s` is sanlock's: failover takes about eight of it after a node has died."""

    site: SiteName
    nodes: tuple[NodeAnswers, ...]
    engine: EngineAnswers
    gateway: IPv4Address | None = None
    dns: tuple[IPv4Address, ...] = ()
    management_network: BridgeName = "ovirtmgmt"
    lease_io_timeout_s: Annotated[int, Meta(ge=2, le=60, description="2 to 60")] = 5
    admin_user: UserName = "admin@internal"
    password_file: str | None = None


class AnswersReadable(Refused):
    what = "The answers in {path} were not read"
    why = "the file holds claim codes and others may read it (mode {mode})"
    mend = "Run: chmod 600 {path}"


class AnswersMissing(Refused):
    what = "The answers in {path} were not read"
    why = "{reason}"
    mend = "Give the path of a TOML file as hosted_engine/README.md shows it"


class AnswersWrong(Refused):
    """`errors` holds (path within the file, sentence)."""

    what = "The answers cannot be used"
    why = "{lines}"
    mend = "Correct them and run the deploy again"

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__(lines="; ".join(f"{path}: {words}" for path, words in errors))
        self.errors = tuple(errors)


def read(path: Path) -> Answers:
    """The answers in the file at `path`, which only its owner may read."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read().decode()
    except (OSError, UnicodeDecodeError) as err:
        raise AnswersMissing(path=path, reason=str(err)) from err
    if mode & 0o077:
        raise AnswersReadable(path=path, mode=oct(mode)[2:])
    return parse(text)


def parse(text: str) -> Answers:
    """The answers in a TOML document. Raises AnswersWrong with every mistake."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise AnswersWrong([("the file", f"is not TOML: {err}")]) from err
    errors: list[tuple[str, str]] = []
    answers = _struct(Answers, document, "", errors)
    if answers is not None:
        errors += _across(answers)
    if answers is None or errors:
        raise AnswersWrong(errors)
    return answers  # type: ignore[no-any-return]


def _struct(kind: Any, raw: object, path: str, errors: list[tuple[str, str]]) -> Any:
    """`raw` as the struct `kind`; None, and a line for each mistake in `errors`, where it is not one."""
    if not isinstance(raw, dict):
        errors.append((path, "has to be a table"))
        return None
    before = len(errors)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    errors += [(_join(path, key), "is not known here") for key in raw if key not in fields]
    values = {}
    for name, field in fields.items():
        if name in raw:
            values[name] = _value(field.type, raw[name], _join(path, name), errors)
        elif field.required:
            errors.append((_join(path, name), "is missing"))
    return kind(**values) if len(errors) == before else None


def _value(kind: Any, raw: object, path: str, errors: list[tuple[str, str]]) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, raw, path, errors)
    if isinstance(raw, list) and get_args(kind)[1:] == (...,):
        item = get_args(kind)[0]
        return tuple(_value(item, one, f"{path}[{number}]", errors) for number, one in enumerate(raw))
    try:
        return msgspec.convert(raw, kind, dec_hook=_address)
    except msgspec.ValidationError as err:
        errors.append((path, f"has to be {_wanted(kind) or str(err)}"))
        return None


def _wanted(kind: Any) -> str:
    """In words, what a value of `kind` has to be."""
    for part in (kind, *get_args(kind)):
        if isinstance(part, Meta) and part.description:
            return part.description
        if part in (IPv4Interface, IPv4Address):
            return "an address with its prefix length, such as 192.0.2.11/24" if part is IPv4Interface else "an address"
    words = TYPE_WORDS.get(kind if isinstance(kind, type) else get_args(kind)[0])
    return words or "a list"


def _address(kind: Any, raw: object) -> object:
    if kind is IPv4Interface and (not isinstance(raw, str) or "/" not in raw):
        raise ValueError("no prefix length")
    return kind(raw)


def _across(answers: Answers) -> list[tuple[str, str]]:
    """What is wrong between answers that are right one by one."""
    errors = []
    if len(answers.nodes) not in (1, 3):
        errors.append(("nodes", f"a site is made of 1 or 3 nodes, here are {len(answers.nodes)}; add others later"))
    errors += _repeated("nodes[{}].name", [node.name for node in answers.nodes])
    errors += _repeated("nodes[{}].fingerprint", [node.fingerprint for node in answers.nodes])
    errors += _repeated("nodes[{}].address", [str(node.address.ip) for node in answers.nodes])
    network = answers.engine.address.network
    for number, node in enumerate(answers.nodes):
        if node.address.network != network:
            errors.append((f"nodes[{number}].address", f"is not in the engine's network {network}"))
        if node.address.ip == answers.engine.address.ip:
            errors.append((f"nodes[{number}].address", "is the engine's address"))
        if node.name == answers.engine.name:
            errors.append((f"nodes[{number}].name", "is the engine's name"))
        if node.bricks.engine == node.bricks.data:
            errors.append((f"nodes[{number}].bricks.data", "is the brick of volume engine too"))
    if answers.gateway is not None and answers.gateway not in network:
        errors.append(("gateway", f"is not in the network {network}"))
    return errors


def _repeated(path: str, values: list[str]) -> list[tuple[str, str]]:
    return [(path.format(n), f"{value} is there twice") for n, value in enumerate(values) if value in values[:n]]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
