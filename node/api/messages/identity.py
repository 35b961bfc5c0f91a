"""Who a node is, and how it becomes a member of a site."""

from enum import StrEnum

from node.api.messages.base import Message


class Role(StrEnum):
    """Who a certificate speaks for (its organisation, O=). Only DEPLOY and ENGINE may drive a node."""

    NODE = "node"
    ENGINE = "engine"
    DEPLOY = "deploy"


class Identity(Message, frozen=True, kw_only=True):
    """Who this node is. `fingerprint` is the SHA-256 of its public key (SubjectPublicKeyInfo), lower-case hex."""

    node_id: str
    name: str
    fingerprint: str
    claimed: bool
    certificate_request_pem: str
    api_version: int


class Claim(Message, frozen=True, kw_only=True):
    """Makes the node a member: its own certificate, signed by the site's authority, and that authority."""

    certificate_pem: str
    authority_pem: str
