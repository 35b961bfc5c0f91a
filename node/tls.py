"""TLS between a node and its callers: who trusts whom, in one place."""

import hashlib
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from node.api.problems import Refused


class WrongFingerprint(Refused):
    what = "Node {node} is not the one that was expected"
    why = "its key has the fingerprint {found} and {expected} was expected"
    mend = "Compare the fingerprint with the one on the node's own screen; somebody may be in between"


_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for


def disregard_time(context: ssl.SSLContext) -> None:
    """Certificates are held to names, keys and authority only: a site whose clocks jumped has to be able to renew
    them. Whoever is let in so has to be asked for his time afterwards."""
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)


def client_context(certificate: Path, key: Path, authority: Path) -> ssl.SSLContext:
    """For a caller of claimed nodes: presents `certificate`, trusts `authority` only, checks names and addresses."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(authority))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    return context


def pinned_context(certificate_pem: str) -> ssl.SSLContext:
    """Trusts exactly this certificate, whose fingerprint was checked: an unclaimed node's own, or an engine's whose
    authority the caller does not know yet."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cadata=certificate_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False  # the certificate itself is what is checked; addresses may have changed since
    return context


def server_context(certificate: Path, key: Path, authority: Path | None) -> ssl.SSLContext:
    """For a node: with `authority` nobody without a certificate of it gets in; without it anybody can connect."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    if authority is not None:
        context.load_verify_locations(cafile=str(authority))
        context.verify_mode = ssl.CERT_REQUIRED
        disregard_time(context)  # node.server.gate asks for it
    return context


def fetch_certificate(address: str, port: int, fingerprint: str | None, *, timeout_s: float = 5) -> str:
    """The certificate that the server presents, as PEM; blocks. Give it to pinned_context.

    Raises WrongFingerprint when it has another public key than `fingerprint` (None: the caller has nothing to compare
    with), OSError when the server cannot be reached.
    """
    pem = ssl.get_server_certificate((address, port), timeout=timeout_s)
    found = certificate_fingerprint(pem)
    if fingerprint is not None and found != plain_fingerprint(fingerprint):
        raise WrongFingerprint(node=address, found=found, expected=fingerprint)
    return pem


def is_self_signed(certificate_pem: str) -> bool:
    """As that of a node which belongs to no site."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    return certificate.issuer == certificate.subject


def plain_fingerprint(text: str) -> str:
    """A fingerprint as somebody typed or pasted it, in the form in which it is compared."""
    return text.lower().replace(":", "").replace(" ", "")


def certificate_fingerprint(certificate_pem: str) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo), lower-case hex: the same when the key is signed anew."""
    return request_or_certificate_fingerprint(x509.load_pem_x509_certificate(certificate_pem.encode()))


def request_or_certificate_fingerprint(holder: x509.Certificate | x509.CertificateSigningRequest) -> str:
    spki = holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()
