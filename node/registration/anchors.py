"""The site's authority as a trust anchor that is good for some of what it signs only."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from node.api.messages.identity import Role


def nodes_only() -> x509.GeneralName:
    """What is signed for the role `node`; OpenSSL heeds it, GnuTLS does not."""
    return x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, Role.NODE.value)]))


def anchor_pem(authority_pem: str, key: EllipticCurvePrivateKey, permitted: Sequence[x509.GeneralName]) -> str:
    """The authority, trusted for what is in `permitted` only (name constraints, RFC 5280, 4.2.1.10); not empty.

    A trust anchor is a name and a public key, its signature says nothing (RFC 5280, 6.1.1): `key` may be any.
    """
    authority = x509.load_pem_x509_certificate(authority_pem.encode())
    builder = (
        x509.CertificateBuilder()
        .subject_name(authority.subject)
        .issuer_name(authority.subject)
        .public_key(authority.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(authority.not_valid_before_utc)
        .not_valid_after(authority.not_valid_after_utc)
    )
    for extension in authority.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    constraints = x509.NameConstraints(permitted_subtrees=list(permitted), excluded_subtrees=None)
    signed = builder.add_extension(constraints, critical=True).sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def permitted_names(anchor_pem: str, authority_pem: str) -> tuple[str, ...]:
    """The machines that `anchor_pem` trusts, by name; none where it is of another authority or cannot be read."""
    try:
        anchor = x509.load_pem_x509_certificate(anchor_pem.encode())
        authority = x509.load_pem_x509_certificate(authority_pem.encode())
        constraints = anchor.extensions.get_extension_for_class(x509.NameConstraints).value
    except (ValueError, x509.ExtensionNotFound):
        return ()
    if anchor.public_key() != authority.public_key():
        return ()
    names = constraints.permitted_subtrees or ()
    return tuple(sorted(name.value for name in names if isinstance(name, x509.DNSName)))
