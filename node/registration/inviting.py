"""A machine that belongs to no site is told by an engine, which knows its claim code, to ask that engine to take it."""

from node.api.messages.registration import Invitation, InvitationReport
from node.registration.join_files import JoinFiles
from node.registration.membership import Membership


class Inviting:
    def __init__(self, membership: Membership, join_files: JoinFiles) -> None:
        self._membership = membership
        self._join_files = join_files

    def invite(self, invitation: Invitation) -> InvitationReport:
        """As `trivet join` begins it. The same again changes nothing."""
        proof = self._membership.claim_proof("node", invitation.nonce)
        self._join_files.want(invitation.engine, invitation.port, invitation.engine_fingerprint)
        return InvitationReport(proof=proof)
