"""Asks an engine to take this machine, again and again, until it is a member of the site or was turned away."""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from node.api.messages.identity import Claim
from node.api.messages.registration import OVER, WRONG_CODE, Registration, RegistrationState
from node.api.problems import Problem, Refused
from node.clock import Clock
from node.fingerprint import format_proquints, is_meant
from node.periodic import periodically
from node.proof import sign
from node.registration.engine_client import Answered
from node.registration.join_files import JoinFiles, JoinRequest, JoinState, JoinStatus, WantedJoin

log = logging.getLogger(__name__)

POLL_S = 1.0  # whether somebody wants to join
ASK_S = 3.0
NOT_BEGUN = ""  # for the attempt of a request whose engine was not compared yet

Question = Callable[[WantedJoin, str], Awaitable[Registration]]
"""What to ask, with the challenge of the last answer."""

_STATES = {
    RegistrationState.PROVE: JoinState.ASKING,
    RegistrationState.PENDING: JoinState.PENDING,
    RegistrationState.ACCEPTED: JoinState.ACCEPTED,
    RegistrationState.REJECTED: JoinState.REJECTED,
    RegistrationState.EXPIRED: JoinState.EXPIRED,
}


class NotTheSite(Refused):
    what = "This machine did not join"
    why = "the engine handed over the certificate of an authority that has not signed the engine's own"
    mend = "Ask who runs that engine: it is no engine of a site as Trivet makes it"


class OtherEngine(Refused):
    what = "This machine has not asked {engine} to take it"
    why = "it shows the words {found}, and the installation was told {said}"
    mend = "Find out which machine answers there; then join from this node's console, or with `trivet join`"


class EngineClient(Protocol):
    async def fingerprint(self, engine: str, port: int) -> str: ...
    async def ask(self, wanted: WantedJoin, body: bytes, signature: str) -> Answered: ...


class Member(Protocol):
    """What is asked of node.registration.membership.Membership."""

    @property
    def claimed(self) -> bool: ...

    def key(self) -> EllipticCurvePrivateKey: ...


class Joining:
    """`take` makes this machine a member by a claim."""

    def __init__(
        self,
        files: JoinFiles,
        membership: Member,
        client: EngineClient,
        clock: Clock,
        *,
        question: Question,
        take: Callable[[Claim], Awaitable[None]],
    ) -> None:
        self._files = files
        self._membership = membership
        self._client = client
        self._clock = clock
        self._question = question
        self._take = take
        self._challenge = ""

    async def run(self) -> None:
        """For ever: also a member may be sent back to ask again."""
        await periodically(self._clock, ASK_S, self._ask_if_wanted, trouble="could not ask to join")

    async def _ask_if_wanted(self) -> float:
        """How long until the next time."""
        wanted = await self._next()
        if wanted is not None:
            await self.ask(wanted)
        return POLL_S if wanted is None and self._files.request() is None else ASK_S

    async def _next(self) -> WantedJoin | None:
        if self._membership.claimed:
            self._files.drop_request()
            return None
        wanted, request = self._files.wanted(), self._files.request()
        return await self.begin(request) if wanted is None and request is not None else wanted

    async def begin(self, request: JoinRequest) -> WantedJoin | None:
        """What the installation was told to join, if the engine there has the key that it was told."""
        try:
            found = await self._client.fingerprint(request.engine, request.port)
            if not is_meant(request.fingerprint, found):
                raise OtherEngine(engine=request.engine, found=format_proquints(found), said=request.fingerprint)
        except Problem as err:
            state = JoinState.REFUSED if isinstance(err, Refused) else JoinState.ASKING
            self._note(NOT_BEGUN, request.engine, state, str(err))
            return None
        return self._files.begin(request, found)

    async def ask(self, wanted: WantedJoin) -> None:
        """Once, and take what comes of it."""
        try:
            answered = await self._ask(wanted)
            if answered.report.state is RegistrationState.PROVE:
                answered = await self._ask(wanted)
            if answered.report.claim is not None:
                await self._join(answered, answered.report.claim)
        except Problem as err:
            self._fail(wanted, err)
            return
        self._note(wanted.attempt, wanted.engine, _STATES[answered.report.state], answered.report.detail)
        if answered.report.state in OVER:
            self._files.forget()
        elif answered.report.state is not RegistrationState.PROVE:
            self._files.drop_code(wanted)

    def _fail(self, wanted: WantedJoin, err: Problem) -> None:
        """What is wrong with a code does not pass by asking again."""
        is_over = err.text.code == WRONG_CODE
        trouble = JoinState.REFUSED if isinstance(err, Refused) else JoinState.ASKING
        self._note(wanted.attempt, wanted.engine, JoinState.REJECTED if is_over else trouble, str(err))
        if is_over:
            self._files.forget()

    async def _ask(self, wanted: WantedJoin) -> Answered:
        body = msgspec.json.encode(await self._question(wanted, self._challenge))
        answered = await self._client.ask(wanted, body, sign(self._membership.key(), body))
        self._challenge = answered.report.challenge
        return answered

    async def _join(self, answered: Answered, claim: Claim) -> None:
        """The key of the engine was confirmed by people: what it hands over counts because it belongs to that key."""
        if not is_issued_by(answered.engine_certificate, claim.authority_pem):
            raise NotTheSite()
        await self._take(claim)

    def _note(self, attempt: str, engine: str, state: JoinState, detail: str) -> None:
        before = self._files.status()
        if before is None or (before.attempt, before.state, before.detail) != (attempt, state, detail):
            log.info("joining the site of %s: %s %s", engine, state, detail)
            self._files.note(JoinStatus(attempt=attempt, state=state, detail=detail, at=self._clock.now()))


def is_issued_by(certificate_pem: str, authority_pem: str) -> bool:
    try:
        authority = x509.load_pem_x509_certificate(authority_pem.encode())
        x509.load_pem_x509_certificate(certificate_pem.encode()).verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
