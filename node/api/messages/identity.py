"""Who a node is, and how it becomes a member of a site."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from node.api.messages.base import Message


class Role(StrEnum):
    """Who a certificate speaks for (its organisation, O=). Only DEPLOY and ENGINE may drive a node."""

    NODE = "node"
    ENGINE = "engine"
    DEPLOY = "deploy"


class OfferedAddress(Message, frozen=True, kw_only=True):
    """`address` is IPv4 with its prefix length, such as 192.0.2.11/24; `nic` the interface that has it."""

    nic: str
    address: str


class Offer(Message, frozen=True, kw_only=True):
    """What a machine brings into a site: its addresses, its way out, and where file systems for bricks are mounted."""

    addresses: tuple[OfferedAddress, ...] = ()
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()


class Identity(Message, frozen=True, kw_only=True):
    """Who this node is. `fingerprint` is the SHA-256 of its public key (SubjectPublicKeyInfo), lower-case hex. `offer`
    is None once it is claimed, and of nodes of earlier versions; `certificate_pem` is what it presents."""

    node_id: str
    name: str
    fingerprint: str
    claimed: bool
    certificate_request_pem: str
    api_version: int
    offer: Offer | None = None
    certificate_pem: str = ""


class Claim(Message, frozen=True, kw_only=True):
    """Makes the node a member: its own certificate, signed by the site's authority, and that authority."""

    certificate_pem: str
    authority_pem: str


CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that look alike on a console
CLAIM_CODE = "^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$"


class Leave(Message, frozen=True, kw_only=True):
    """Takes the node out of its site. `claim_code` is the code by which it can be claimed again; without one it makes
    up its own. `continue_asking`: it goes on asking the engine that it had been told to join."""

    claim_code: Annotated[str, Meta(pattern=CLAIM_CODE)] | None = None
    continue_asking: bool = field(name="keep_asking", default=False)
