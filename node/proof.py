"""Shows that who sent a text holds a key, to a reader that has its public half: ECDSA with SHA-256 over the bytes."""

import base64
import binascii

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
