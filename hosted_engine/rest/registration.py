"""POST /trivet/registrations: where machines ask to be taken into the site. The one door without a certificate or a
password: what it lets in is bounded, and changes nothing but the list of hosts that wait for an administrator."""

import logging
import time

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from falcon.asgi import Request, Response

from hosted_engine.engine.loop import Loop
from hosted_engine.engine.nodes.joining.preapprovals import WrongJoinCode
from hosted_engine.engine.nodes.joining.registrations import Asked, Registrations
from hosted_engine.rest.challenges import Challenges
from hosted_engine.rest.http_api import read_body, source_of
from hosted_engine.rest.limiter import WRONG_CODES, WRONG_CODES_IN_ALL, Limiter
from node.api.messages.registration import BODY_BYTES, SIGNATURE, Registration, RegistrationReport, RegistrationState
from node.api.problems import Problem, Refused
from node.proof import is_signed
from node.tls import request_or_certificate_fingerprint

log = logging.getLogger(__name__)


class TooOften(Refused):
    what = "The engine does not look at this"
    why = "too many questions came from {source}, or from all machines together"
    mend = "Ask again in a minute"
    status = 429


class TooManyWrongCodes(Refused):
    what = "The engine does not look at join codes from {source}"
    why = "too many from there were wrong"
    mend = "Wait some minutes, and ask with the right one"
    status = 429


class Unreadable(Refused):
    what = "The engine cannot read what the machine asks"
    why = "{reason}"
    mend = "Compare the versions of Trivet of machine and engine"
    status = 400


class NotProven(Refused):
    what = "The engine does not believe the machine"
    why = "{reason}"
    mend = "Let the machine itself ask"
    status = 403


class RegistrationResource:
    """What is asked is noted in `loop`, the engine's."""

    def __init__(self, registrations: Registrations, loop: Loop) -> None:
        self._registrations = registrations
        self._loop = loop
        self._limiter = Limiter(time.monotonic)
        self._wrong_codes = Limiter(time.monotonic, WRONG_CODES, WRONG_CODES_IN_ALL)
        self._challenges = Challenges(time.monotonic)

    async def on_post(self, request: Request, response: Response) -> None:
        response.content_type = "application/json"
        try:
            response.data = msgspec.json.encode(await self._answer(request))
        except Problem as err:
            log.info("%s", err)
            response.status = err.text.status
            response.data = msgspec.json.encode(err.text)

    async def _answer(self, request: Request) -> RegistrationReport:
        source = source_of(request)
        if not self._limiter.allows(source):
            raise TooOften(source=source)
        body = await read_body(request, BODY_BYTES)

        async def there() -> RegistrationReport:
            return self.answer(body, request.get_header(SIGNATURE) or "", source)

        return await self._loop.run(there())

    def answer(self, body: bytes, signature: str, source: str) -> RegistrationReport:
        """Raises Refused."""
        wanted = _read(body)
        fingerprint = _fingerprint_of_signer(wanted, body, signature)
        challenge = self._challenges.give(fingerprint)
        if not self._challenges.take(wanted.challenge, fingerprint):
            return RegistrationReport(state=RegistrationState.PROVE, challenge=challenge)
        report = self._ask(Asked(wanted, fingerprint, source))
        return msgspec.structs.replace(report, challenge=challenge)

    def _ask(self, asked: Asked) -> RegistrationReport:
        if asked.registration.join_code and self._wrong_codes.is_over(asked.source):
            raise TooManyWrongCodes(source=asked.source)
        try:
            return self._registrations.ask(asked)
        except WrongJoinCode:
            self._wrong_codes.allows(asked.source)
            raise


def _read(body: bytes) -> Registration:
    try:
        return msgspec.json.decode(body, type=Registration)
    except msgspec.MsgspecError as err:
        raise Unreadable(reason=str(err)) from err


def _fingerprint_of_signer(wanted: Registration, body: bytes, signature: str) -> str:
    """Of the key for which it wants a certificate, with which it has to have signed its question."""
    try:
        request = x509.load_pem_x509_csr(wanted.certificate_request_pem.encode())
        key = request.public_key()
    except ValueError as err:
        raise Unreadable(reason=f"its certificate request is not readable ({err})") from err
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Unreadable(reason="its key is not one on the curve P-256")
    if not request.is_signature_valid or not is_signed(key, body, signature):
        raise NotProven(reason="it has not signed this with its own key")
    return request_or_certificate_fingerprint(request)
