"""What the administrator has to say before a site can be deployed, read from a TOML file; every mistake at once."""

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Annotated, Any

import msgspec

from hosted_engine.deploy.decoding import Rule, build, decode
from hosted_engine.deploy.rules import addresses, bricks, names, numbers, site, timers
from hosted_engine.ha.profiles import DEFAULT, PROFILES, Profile
from node.api.problems import Refused

MANAGEMENT_NETWORK = "ovirtmgmt"  # oVirt's name

BrickPath = Annotated[str, Rule(bricks.why_not_brick)]
MachineAddress = Annotated[IPv4Interface, Rule(addresses.why_not_machine_address)]


class BrickAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Where the node keeps its part of the two volumes: empty folders on file systems made for it."""

    engine: BrickPath
    data: BrickPath


class NodeAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """A node as its console shows it. `address` has its prefix length, for example 192.0.2.11/24."""

    name: Annotated[str, Rule(names.why_not_node_name)]
    address: MachineAddress
    nic: Annotated[str, Rule(names.why_not_nic)]
    fingerprint: Annotated[str, Rule(names.why_not_fingerprint)]
    claim_code: Annotated[str, Rule(numbers.why_not_claim_code, secret=True)]
    bricks: BrickAnswers


class EngineAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """The engine VM. `extra_names` are further names and addresses that its certificate is good for."""

    name: Annotated[str, Rule(names.why_not_engine_name)]
    address: MachineAddress
    memory_mib: Annotated[int, Rule(numbers.why_not_memory_mib)] = 1024
    vcpus: Annotated[int, Rule(numbers.why_not_vcpus)] = 1
    extra_names: Annotated[
        tuple[Annotated[str, Rule(names.why_not_certificate_name)], ...], Rule(names.why_not_certificate_names)
    ] = ()


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """`profile` names the timers of the site. `lease_io_timeout_s`, as older answers say it, is sanlock's alone and
    stands instead of a profile: all else is then as in the default one."""

    site: Annotated[str, Rule(names.why_not_site_name)]
    nodes: tuple[NodeAnswers, ...]
    engine: EngineAnswers
    gateway: Annotated[IPv4Address, Rule(addresses.why_not_gateway)] | None = None
    dns: Annotated[
        tuple[Annotated[IPv4Address, Rule(addresses.why_not_name_server)], ...], Rule(addresses.why_not_name_servers)
    ] = ()
    management_network: Annotated[str, Rule(names.why_not_bridge)] = MANAGEMENT_NETWORK
    profile: Annotated[str, Rule(timers.why_not_profile)] = DEFAULT.name
    lease_io_timeout_s: Annotated[int, Rule(timers.why_not_lease_io_timeout_s)] | None = None
    admin_user: Annotated[str, Rule(names.why_not_user)] = "admin@internal"
    password_file: Annotated[str, Rule(numbers.why_not_password_file)] | None = None

    @property
    def timers(self) -> Profile:
        """What every time of the site follows from."""
        profile = PROFILES[self.profile]
        return profile if self.lease_io_timeout_s is None else replace(profile, io_timeout_s=self.lease_io_timeout_s)


class AnswersReadable(Refused):
    what = "The answers in {path} were not read"
    why = "the file holds claim codes and others may read it (mode {mode})"
    mend = "Run: chmod 600 {path}"


class AnswersMissing(Refused):
    what = "The answers in {path} were not read"
    why = "{reason}"
    mend = "Give the path of a TOML file as hosted_engine/deploy/README.md shows it"


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
    except (ValueError, RecursionError) as err:
        raise AnswersWrong([("the file", f"is not TOML: {err}")]) from err
    return from_document(document)


def from_document(document: Mapping[str, Any]) -> Answers:
    """The answers in a document as TOML gives it. Raises AnswersWrong with every mistake."""
    decoded = decode(Answers, document)
    errors = decoded.errors + site.mistakes(_draft(decoded.values)) + timers.mistakes(decoded.values)
    if errors:
        raise AnswersWrong(errors)
    return build(Answers, decoded.values)  # type: ignore[no-any-return]


def _draft(values: Mapping[str, Any]) -> site.SiteDraft:
    """What is good by itself; the defaults hold for what was left out."""
    engine, nodes = values.get("engine", {}), values.get("nodes")
    return site.SiteDraft(
        engine_name=engine.get("name"),
        engine_address=engine.get("address"),
        gateway=values.get("gateway"),
        management_network=values.get("management_network", MANAGEMENT_NETWORK),
        dns=values.get("dns", ()),
        extra_names=engine.get("extra_names", ()),
        nodes=None if nodes is None else [_node_draft(node or {}) for node in nodes],
    )


def _node_draft(values: Mapping[str, Any]) -> site.NodeDraft:
    return site.NodeDraft(
        name=values.get("name"),
        address=values.get("address"),
        nic=values.get("nic"),
        fingerprint=values.get("fingerprint"),
        claim_code=values.get("claim_code"),
        bricks=values.get("bricks", {}),
    )
