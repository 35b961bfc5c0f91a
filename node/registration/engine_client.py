"""How a machine without a certificate speaks to an engine: over TLS to the key that somebody has confirmed."""

import asyncio
from dataclasses import dataclass

import httpx
import msgspec

from node.api.messages.registration import PATH, SIGNATURE, RegistrationReport
from node.api.problems import Failed, ProblemText, RemoteFailed, RemoteRefused
from node.registration.join_files import WantedJoin
from node.serving.source_address import source_address
from node.tls import certificate_fingerprint, fetch_certificate, pinned_context

ASK_S = 30.0
MOST_BYTES = 256 << 10


class EngineUnreachable(Failed):
    what = "The engine at {engine} did not answer"
    why = "{reason}"
    mend = "Check its address and the network in between"


@dataclass(frozen=True, slots=True)
class Answered:
    """`engine_certificate` is what the engine presented."""

    report: RegistrationReport
    engine_certificate: str


class HttpEngineClient:
    async def ask(self, wanted: WantedJoin, body: bytes, signature: str) -> Answered:
        """Raises EngineUnreachable, WrongFingerprint, RemoteRefused, RemoteFailed."""
        try:
            pem = await asyncio.to_thread(fetch_certificate, wanted.engine, wanted.port, wanted.fingerprint)
            async with httpx.AsyncClient(verify=pinned_context(pem), timeout=ASK_S, trust_env=False) as http:
                url = f"https://{wanted.engine}:{wanted.port}{PATH}"
                headers = {"Content-Type": "application/json", SIGNATURE: signature}
                answer = await http.post(url, content=body, headers=headers)
        except (OSError, httpx.HTTPError) as err:
            raise EngineUnreachable(engine=wanted.engine, reason=str(err) or type(err).__name__) from err
        if answer.status_code >= 400:
            raise _refusal(answer, wanted.engine)
        try:
            return Answered(msgspec.json.decode(answer.content[:MOST_BYTES], type=RegistrationReport), pem)
        except msgspec.MsgspecError as err:
            raise EngineUnreachable(engine=wanted.engine, reason=f"what it says cannot be read: {err}") from err

    async def fingerprint(self, engine: str, port: int) -> str:
        """Of the key that answers there. Raises EngineUnreachable."""
        try:
            return certificate_fingerprint(await asyncio.to_thread(fetch_certificate, engine, port, None))
        except OSError as err:
            raise EngineUnreachable(engine=engine, reason=str(err) or type(err).__name__) from err

    async def own_address(self, wanted: WantedJoin) -> str:
        """The address of this machine from which the engine is reached. Raises EngineUnreachable."""
        try:
            return await asyncio.to_thread(source_address, wanted.engine, wanted.port)
        except OSError as err:
            raise EngineUnreachable(engine=wanted.engine, reason=str(err)) from err


def _refusal(answer: httpx.Response, engine: str) -> RemoteRefused | RemoteFailed:
    try:
        text = msgspec.json.decode(answer.content, type=ProblemText)
    except msgspec.MsgspecError:
        text = ProblemText(
            code="Unreadable",
            what="The engine did not note that this machine wants to join",
            why=f"it answered {answer.status_code} and no reason",
            mend="See whether it is an engine of Trivet, and of a version that takes such requests",
            status=answer.status_code,
        )
    return (RemoteFailed if text.changed else RemoteRefused)(text, engine)
