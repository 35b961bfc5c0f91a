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
from node.proof import sign
from node.registration.engine_door import Answered
from node.registration.join_files import JoinFiles, JoinState, JoinStatus, WantedJoin
from node.system.clock import Clock

log = logging.getLogger(__name__)

LOOK_S = 1.0  # whether somebody wants to join
ASK_S = 3.0

Question = Callable[[WantedJoin, str], Awaitable[Registration]]
"""What to ask, with the challenge of the last answer."""

_SAID = {
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


class Door(Protocol):
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
        door: Door,
        clock: Clock,
        *,
        question: Question,
        take: Callable[[Claim], Awaitable[None]],
    ) -> None:
        self._files = files
        self._membership = membership
        self._door = door
        self._clock = clock
        self._question = question
        self._take = take
        self._challenge = ""

    async def run(self) -> None:
        """For ever: also a member may be sent back to ask again."""
        while True:
            wanted = None
            try:
                wanted = None if self._membership.claimed else self._files.wanted()
                if wanted is not None:
                    await self.ask(wanted)
            except Exception:
                log.exception("could not ask to join")
            await self._clock.sleep(LOOK_S if wanted is None else ASK_S)

    async def ask(self, wanted: WantedJoin) -> None:
        """Once, and take what comes of it."""
        try:
            answered = await self._ask(wanted)
            if answered.report.state is RegistrationState.PROVE:
                answered = await self._ask(wanted)
            if answered.report.claim is not None:
                await self._join(answered, answered.report.claim)
        except Problem as err:
            if err.text.code == WRONG_CODE:
                self._note(wanted, JoinState.REJECTED, str(err))
                self._files.forget()
                return
            self._note(wanted, JoinState.REFUSED if isinstance(err, Refused) else JoinState.ASKING, str(err))
            return
        self._note(wanted, _SAID[answered.report.state], answered.report.detail)
        if answered.report.state in OVER:
            self._files.forget()
        elif answered.report.state is not RegistrationState.PROVE:
            self._files.drop_code(wanted)

    async def _ask(self, wanted: WantedJoin) -> Answered:
        body = msgspec.json.encode(await self._question(wanted, self._challenge))
        answered = await self._door.ask(wanted, body, sign(self._membership.key(), body))
        self._challenge = answered.report.challenge
        return answered

    async def _join(self, answered: Answered, claim: Claim) -> None:
        """The key of the engine was confirmed by people: what it hands over counts because it belongs to that key."""
        if not is_issued_by(answered.engine_certificate, claim.authority_pem):
            raise NotTheSite()
        await self._take(claim)

    def _note(self, wanted: WantedJoin, state: JoinState, detail: str) -> None:
        before = self._files.status()
        if before is None or (before.attempt, before.state, before.detail) != (wanted.attempt, state, detail):
            log.info("joining the site of %s: %s %s", wanted.engine, state, detail)
            self._files.note(JoinStatus(attempt=wanted.attempt, state=state, detail=detail, at=self._clock.now()))


def is_issued_by(certificate_pem: str, authority_pem: str) -> bool:
    try:
        authority = x509.load_pem_x509_certificate(authority_pem.encode())
        x509.load_pem_x509_certificate(certificate_pem.encode()).verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
