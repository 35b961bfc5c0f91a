"""Shows that who speaks holds a key, or knows a claim code, without giving it away.

A key: ECDSA with SHA-256 over the bytes of a text, to a reader that has its public half. A claim code: HMAC with
SHA-256 over who proves it, a number used once, and the key to which the two speak: nobody in between can pass it on.
"""

import base64
import binascii
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes


def sign(key: ec.EllipticCurvePrivateKey, body: bytes) -> str:
    """For a header: one line of ASCII."""
    return base64.b64encode(key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()


def is_signed(key: CertificatePublicKeyTypes, body: bytes, signature: str) -> bool:
    """Whether `sign` made `signature` of exactly this body with the private half of `key`."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def claim_proof(code: str, side: str, nonce: str, fingerprint: str) -> str:
    """That `side` ("caller" or "node") knows the claim code of the node whose key, as it sees it, is `fingerprint`."""
    return hmac.new(code.encode(), f"trivet {side} {nonce} {fingerprint}".encode(), hashlib.sha256).hexdigest()
