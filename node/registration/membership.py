"""The node's identity on its disk: its key, whether it belongs to a site, and how it comes to."""

import hmac
import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from node.api.messages.identity import Claim, Identity, Leave, Offer
from node.api.problems import Problem
from node.api.refusals import ClaimRejected
from node.api.version import API_VERSION
from node.clock import Clock
from node.proof import claim_proof
from node.registration import credentials
from node.system.files import read_or_none, sync_folder, write_durable
from node.tls import certificate_fingerprint, request_or_certificate_fingerprint

log = logging.getLogger(__name__)

RECOVER = "On this node: trivet node recover-certificates"
CLAIM = "claim"  # the file with the claim code, in the node's own folder; gone once it is claimed


class PeerTrust(Protocol):
    """Which machines a service of this node talks to; both are safe to repeat after any crash."""

    def establish(self, authority_pem: str) -> None:
        """Trust nodes of this authority, with the node's certificate as it is now."""

    def remove(self) -> None:
        """Trust nobody, and do not listen."""


class Membership:
    """Files in `folder`: key.pem, node-id, claim, cert.pem (self-signed at first), then ca.pem.

    ca.pem is written last, when all of `trusts` trust the site: the node is claimed when it is there.
    `on_membership_changed` is called after a claim that changed something and after leaving, so that the server takes
    it up.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        clock: Clock,
        addresses: Callable[[], Sequence[str]],
        on_membership_changed: Callable[[], None],
        trusts: Sequence[PeerTrust],
        offer: Callable[[], Offer] = Offer,
        members: Callable[[str], Sequence[str]] = lambda authority_pem: (),
    ) -> None:
        self.key_file = folder / credentials.KEY
        self.certificate_file = folder / credentials.CERTIFICATE
        self.authority_file = folder / credentials.AUTHORITY
        self._claim_file = folder / CLAIM
        self._id_file = folder / "node-id"
        self._folder = folder
        self._name = name
        self._clock = clock
        self._addresses = addresses
        self._on_membership_changed = on_membership_changed
        self._trusts = tuple(trusts)
        self._offer = offer
        self._members = members
        self._claiming = threading.Lock()

    def prepare(self, node_id: str = "") -> None:
        """Make what a node makes at its first start; `node_id` is the one that the configuration gives, if it does."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        if not self.claimed and self._why_not_key() is not None:
            write_durable(self.key_file, credentials.new_key_pem())
        if node_id or not self._id_file.exists():
            write_durable(self._id_file, node_id or str(uuid.uuid4()), mode=0o644)
        if (reason := self.why_unusable()) is not None:
            log.error("%s: what others trust stays as it is. %s", reason, RECOVER)
            return
        self._reconcile_trusts()
        if self.claimed:
            self._forget_claim_code()
            return
        if not self._claim_file.exists():
            write_durable(self._claim_file, credentials.new_claim_code())
        self._sign_self()

    @property
    def claimed(self) -> bool:
        return self.authority_file.exists()

    def why_unusable(self) -> str | None:
        """Why a member of a site can neither serve nor reach others: a disk has damaged its files. None where it can,
        and for a machine that belongs to no site, which makes them anew."""
        if not self.claimed:
            return None
        if (reason := self._why_not_key()) is not None:
            return f"the node's key is damaged: {reason}"
        for file in (self.certificate_file, self.authority_file):
            text = (read_or_none(file) or b"").decode(errors="replace")
            if (reason := credentials.why_not_certificate(text)) is not None:
                return f"{file.name} of the node is damaged: {reason}"
        return None

    def _why_not_key(self) -> str | None:
        try:
            self.key()
        except (OSError, ValueError) as err:
            return str(err)
        return None

    @property
    def node_id(self) -> str:
        return self._id_file.read_text().strip()

    def knows_claim_code(self, code: str) -> bool:
        """Whether `code` is the claim code; never after the node was claimed."""
        own = read_or_none(self._claim_file)
        return own is not None and not self.claimed and hmac.compare_digest(own.strip(), code.encode())

    def is_member(self, name: str) -> bool:
        """Whether a node of that name belongs to the site, as far as this one was told."""
        known = self._members(self.authority_file.read_text()) if self.claimed else ()
        return not known or name in known

    def believes_claim_proof(self, nonce: str, proof: str) -> bool:
        """Whether `proof` is of somebody who knows the claim code and speaks to this very node."""
        return hmac.compare_digest(self.claim_proof("caller", nonce), proof) if not self.claimed else False

    def claim_proof(self, side: str, nonce: str) -> str:
        """Raises ClaimRejected: only a node that belongs to no site has a claim code."""
        own = read_or_none(self._claim_file)
        if own is None or self.claimed:
            raise ClaimRejected(reason="this node belongs to a site already")
        return claim_proof(own.decode().strip(), side, nonce, self.fingerprint)

    @property
    def fingerprint(self) -> str:
        return certificate_fingerprint(self.certificate_file.read_text())

    def identity(self) -> Identity:
        request = credentials.request_pem(self.key(), self._name, self._addresses())
        return Identity(
            node_id=self.node_id,
            name=self._name,
            fingerprint=request_or_certificate_fingerprint(x509.load_pem_x509_csr(request.encode())),
            claimed=self.claimed,
            certificate_request_pem=request,
            api_version=API_VERSION,
            offer=None if self.claimed else self._offer(),
            certificate_pem=self.certificate_file.read_text(),
        )

    def claim(self, claim: Claim) -> None:
        """Become a member, or take a renewed certificate of the same authority, which may be renewed itself. The same
        again changes nothing."""
        with self._claiming:
            self._claim(claim)

    def _claim(self, claim: Claim) -> None:
        reason = credentials.why_not_acceptable(
            claim.certificate_pem, claim.authority_pem, self.key(), self._name, self._now()
        )
        if reason is not None:
            raise ClaimRejected(reason=reason)
        if self.claimed:
            known = self.authority_file.read_text()
            if not credentials.is_same_authority(known, claim.authority_pem):
                raise ClaimRejected(reason="this node belongs to a site of another authority already")
            if (known, self.certificate_file.read_text()) == (claim.authority_pem, claim.certificate_pem):
                return
        write_durable(self.certificate_file, claim.certificate_pem, mode=0o644)
        if self.claimed:
            write_durable(self.authority_file, claim.authority_pem, mode=0o644)
            self._reconcile_trusts()
        else:
            for trust in self._trusts:
                trust.establish(claim.authority_pem)
            write_durable(self.authority_file, claim.authority_pem, mode=0o644)
        self._forget_claim_code()
        self._on_membership_changed()

    def end(self, leave: Leave) -> None:
        """Belong to no site any more, as before the claim; key, name and id stay. The same again changes nothing."""
        with self._claiming:
            if not self.claimed:
                return
            self._release_trusts()
            write_durable(self._claim_file, leave.claim_code or credentials.new_claim_code())
            self.authority_file.unlink()
            sync_folder(self._folder)
            self._sign_self()
            self._on_membership_changed()

    def _release_trusts(self) -> None:
        """The last first. A member whose storage is off could not even be asked what is left on it: what was let go is
        held again when one of them fails."""
        try:
            for trust in reversed(self._trusts):
                trust.remove()
        except Problem:
            self._reconcile_trusts()
            raise

    def _reconcile_trusts(self) -> None:
        """After whatever cut a change short. A service that does not run is no reason for the node to be silent."""
        for trust in self._trusts:
            try:
                if self.claimed:
                    trust.establish(self.authority_file.read_text())
                else:
                    trust.remove()
            except Problem as err:
                log.error("%s", err)

    def _sign_self(self) -> None:
        pem = credentials.self_signed_pem(self.key(), self._name, self._addresses(), self._now())
        write_durable(self.certificate_file, pem, mode=0o644)

    def _forget_claim_code(self) -> None:
        if self._claim_file.exists():
            self._claim_file.unlink()
            sync_folder(self._folder)

    def key(self) -> EllipticCurvePrivateKey:
        return credentials.load_key(self.key_file.read_bytes())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)
