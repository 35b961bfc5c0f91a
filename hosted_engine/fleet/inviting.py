"""Goes to a machine that belongs to no site and has it ask this engine to take it, by proof of its claim code alone.

The code is never sent: each side shows the other that it knows it, together with the key that it sees (`node.proof`).
So it makes no difference who stands in between.
"""

import asyncio
import hmac
import secrets

from hosted_engine.engine.nodes.model import Node
from node.api.messages.registration import Invitation
from node.api.problems import NodeNonResponsive, RemoteRefused
from node.api.problems import Refused as RefusedHere
from node.client import NodeClient
from node.fingerprint import format_proquints, is_meant
from node.proof import claim_proof
from node.serving.source_address import source_address
from node.tls import certificate_fingerprint, fetch_certificate, is_self_signed, pinned_context


class NotInvited(RefusedHere):
    what = "The machine at {address} was not taken in"


class BelongsToSite(NotInvited):
    why = "it belongs to a site"
    mend = "Remove it there first; its screen shows its claim code then"


class OtherFingerprint(NotInvited):
    why = "the words of its key are {found}, and {expected} was given"
    mend = "Compare with its own screen: another machine may have answered in its place"


class WrongCode(NotInvited):
    why = "its claim code is another than the one in root_password"
    mend = "Take the code from its screen (`trivet console`), or let it ask by itself: trivet join"


class OtherMachine(NotInvited):
    why = "who answers there does not know its claim code"
    mend = "Compare with its own screen: another machine may have answered in its place"


class Inviter:
    """`fingerprint` is that of this engine's own key, `port` where it listens."""

    def __init__(self, fingerprint: str, port: int) -> None:
        self._fingerprint = fingerprint
        self._port = port

    async def invite(self, node: Node, claim_code: str, expected: str) -> str:
        """As hosted_engine.engine.ports.Fleet."""
        try:
            pem = await asyncio.to_thread(fetch_certificate, node.address, node.port, None)
            own = await asyncio.to_thread(source_address, node.address, node.port)
        except OSError as err:
            raise NodeNonResponsive(node=node.address, request="a connection", reason=str(err)) from err
        found, nonce = certificate_fingerprint(pem), secrets.token_hex(16)
        if not is_self_signed(pem):
            raise BelongsToSite(address=node.address)
        if expected and not is_meant(expected, found):
            raise OtherFingerprint(address=node.address, found=format_proquints(found), expected=expected)
        proof = f"{nonce}:{claim_proof(claim_code, 'caller', nonce, found)}"
        client = NodeClient(node.address, pinned_context(pem), port=node.port, claim_proof=proof)
        invitation = Invitation(engine=own, port=self._port, engine_fingerprint=self._fingerprint, nonce=nonce)
        try:
            report = await client.invite(invitation)
        except RemoteRefused as err:
            if err.text.code == "NotClaimedYet":
                raise WrongCode(address=node.address) from err
            raise
        finally:
            await client.close()
        if not hmac.compare_digest(report.proof, claim_proof(claim_code, "node", nonce, found)):
            raise OtherMachine(address=node.address)
        return found
