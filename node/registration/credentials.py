"""A node's key, its certificate request and its first, self-signed certificate."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from node.api.messages.identity import CODE_LETTERS, Role

KEY, CERTIFICATE, AUTHORITY = "key.pem", "cert.pem", "ca.pem"  # their files in the node's own folder

_LONG = timedelta(days=3650)
_SKEW = timedelta(hours=24)  # clocks of new machines are off


def new_key_pem() -> bytes:
    """A new private key on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_key(key_pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(key_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the key of the node is not an elliptic curve key")
    return key


def new_claim_code() -> str:
    """80 random bits, readable on a console."""
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(4))


def request_pem(key: ec.EllipticCurvePrivateKey, name: str, addresses: Sequence[str]) -> str:
    """A certificate request for the node: CN=name, O=node, name and addresses as alternative names."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(name))
    builder = builder.add_extension(_alternative_names(name, addresses), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def self_signed_pem(key: ec.EllipticCurvePrivateKey, name: str, addresses: Sequence[str], now: datetime) -> str:
    """What an unclaimed node presents; its caller knows it by the fingerprint alone."""
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(_subject(name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LONG)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_alternative_names(name, addresses), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def why_not_acceptable(
    certificate_pem: str, authority_pem: str, key: ec.EllipticCurvePrivateKey, name: str, now: datetime
) -> str | None:
    """What speaks against taking this certificate as the node's own; None when nothing does."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
        authority = x509.load_pem_x509_certificate(authority_pem.encode())
    except ValueError:
        return "the certificate or the authority's certificate is not readable PEM"
    if _public(certificate) != key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        return "the certificate is for another key than this node's"
    if _value(certificate, NameOID.COMMON_NAME) != name:
        return f"the certificate is for {_value(certificate, NameOID.COMMON_NAME)!r} and this node is {name!r}"
    if _value(certificate, NameOID.ORGANIZATION_NAME) != Role.NODE:
        return f"the certificate is for the role {_value(certificate, NameOID.ORGANIZATION_NAME)!r}, not 'node'"
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - cryptography names four kinds of error for "it is not"
        return "the certificate was not signed by the authority that came with it"
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return f"the certificate is not valid now ({now:%Y-%m-%d %H:%M} UTC on this node)"
    return None


def why_not_certificate(pem: str) -> str | None:
    """Why this is no certificate; None where it is one. Whether it counts at this time is not looked at."""
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError as err:
        return str(err)
    return None


def is_same_authority(known_pem: str, other_pem: str) -> bool:
    """Whether they have one name and key; the certificate may have been made anew, for more years."""
    try:
        known, other = (x509.load_pem_x509_certificate(pem.encode()) for pem in (known_pem, other_pem))
    except ValueError:
        return False
    return (known.subject, _public(known)) == (other.subject, _public(other))


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, Role.NODE.value),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _alternative_names(name: str, addresses: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(name), *(x509.IPAddress(ip_address(a)) for a in addresses)])


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _value(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    """The one value of the attribute; empty when there is none or more than one."""
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if len(found) == 1 else ""
