"""How a machine asks the engine of a site that runs to take it: over TLS, without a certificate of the site."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from node.api.messages.base import Message
from node.api.messages.identity import Claim, Offer
from node.api.messages.machine import Capabilities
from node.api.messages.migration import NodeName

PATH = "/trivet/registrations"
SIGNATURE = "Trivet-Signature"  # header: what `node.proof.sign` makes of the body
BODY_BYTES = 64 << 10
WRONG_CODE = "WrongJoinCode"  # the code of the refusal after which a machine asks no more

Word = Annotated[str, Meta(max_length=128)]


class Registration(Message, frozen=True, kw_only=True):
    """The body, signed with the machine's own key. It is sent again and again until it has been decided on.

    `attempt` is another one whenever somebody asks anew; `challenge` the one of the last answer, empty at first.
    `engine_fingerprint` is the key that the machine speaks to: in between nobody can pass this on to the engine.
    `address` is that of `offer.addresses` which the machine asks from, `port` where its agent listens. `join_code` is
    an approval that was given beforehand: it goes over TLS to the very key that somebody has confirmed.
    """

    attempt: Word
    challenge: Annotated[str, Meta(max_length=256)] = ""
    engine_fingerprint: Word
    name: NodeName
    certificate_request_pem: Annotated[str, Meta(max_length=8192)]
    address: Word
    port: Annotated[int, Meta(ge=1, le=65535)]
    offer: Offer
    capabilities: Capabilities
    join_code: Annotated[str, Meta(max_length=64)] = ""


class Invitation(Message, frozen=True, kw_only=True):
    """Has a machine that belongs to no site ask the engine at this address and with this key to take it. `nonce` is
    that of the caller's proof."""

    engine: Word
    port: Annotated[int, Meta(ge=1, le=65535)]
    engine_fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    nonce: Annotated[str, Meta(min_length=16, max_length=128)]


class InvitationReport(Message, frozen=True, kw_only=True):
    """`proof` is the node's own, with the same nonce (`node.proof.claim_proof`): no other machine has answered."""

    proof: str


class RegistrationState(StrEnum):
    """PROVE: nothing was noted; the same again, with the challenge of this answer. ACCEPTED comes with a claim."""

    PROVE = "prove"
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


OVER = frozenset({RegistrationState.REJECTED, RegistrationState.EXPIRED})


class RegistrationReport(Message, frozen=True, kw_only=True):
    """`challenge` is for the next question, `detail` for people. `site` is the site's name."""

    state: RegistrationState
    challenge: str
    detail: str = ""
    site: str = ""
    claim: Claim | None = None
