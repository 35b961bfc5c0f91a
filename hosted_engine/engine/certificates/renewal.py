"""A node gets a new certificate for the key that it has, over the connection that stands."""

from hosted_engine.authority import SiteAuthority, is_due, validity
from hosted_engine.engine.nodes.model import Node
from node.api.contract import NodeApi
from node.api.messages.identity import Claim
from node.api.problems import Failed
from node.tls import certificate_fingerprint


class Unanswered(Failed):
    what = "Host {node} got no new certificate"
    why = "its version does not say what certificate it has"
    mend = "Upgrade the host, and try again"


class OtherKey(Failed):
    what = "Host {node} got no new certificate"
    why = "the machine that answers for it has another key than the host has"
    mend = "See which machine has that address"


async def renew(
    api: NodeApi, node: Node, authority: SiteAuthority, now: float, *, anyway: bool = False
) -> float | None:
    """Renew it when two thirds of its time are over, or `anyway`. Answers until when it is valid, None of a node whose
    version does not say."""
    identity = await api.identity()
    if not identity.certificate_pem:
        if anyway:
            raise Unanswered(node=node.name)
        return None
    if not (anyway or is_due(identity.certificate_pem, now)):
        return validity(identity.certificate_pem)[1]
    if certificate_fingerprint(identity.certificate_pem) != identity.fingerprint or (
        node.fingerprint and node.fingerprint != identity.fingerprint
    ):
        raise OtherKey(node=node.name)
    pem = authority.sign(identity.certificate_request_pem, node.hostname, addresses=[node.address], now=now)
    await api.claim(Claim(certificate_pem=pem, authority_pem=authority.certificate))
    return validity(pem)[1]
