"""The site's certificate authority: signs nodes, the engine and the deploy, so that every connection knows both ends.

The deploy makes it and the engine goes on with it. Everything is PEM; who stores it, and how safely, is the caller's.
"""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID

from node.api.messages.identity import Role
from node.api.problems import Failed, Refused
from node.tls import certificate_fingerprint

AUTHORITY_DAYS = 3652
CERTIFICATE_DAYS = 1826
EARLY = timedelta(days=1)  # a node whose clock is a little behind has to accept its certificate, too


class RequestWrong(Refused):
    what = "The certificate request of {name} was not signed"
    why = "{reason}"
    mend = "Let the machine make its request again"


class AuthorityKeyMissing(Failed):
    what = "{name} got no certificate"
    why = "the key of the site's authority is not on the engine's disk"
    mend = "Bring it back from the deploy's folder (ca.key, or `trivet deploy --recover`) and start the engine anew"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key and the certificate for it, both PEM. The key is a secret."""

    key: str = field(repr=False)
    certificate: str


@dataclass(slots=True)
class SiteAuthority:
    """The authority in the engine's hands. `engine_certificate` is the one that the engine itself presents. `save` is
    called when either was renewed, before it counts."""

    pair: KeyPair
    engine_certificate: str
    save: Callable[[str, str], None] = lambda authority_pem, engine_pem: None

    @property
    def certificate(self) -> str:
        return self.pair.certificate

    @property
    def engine_fingerprint(self) -> str:
        return certificate_fingerprint(self.engine_certificate)

    def renew(self, now: float) -> bool:
        """Both certificates, as far as two thirds of their time are over; keys stay. Raises AuthorityKeyMissing."""
        if not (is_due(self.certificate, now) or is_due(self.engine_certificate, now)):
            return False
        if not self.pair.key:
            raise AuthorityKeyMissing(name="the engine")
        at = datetime.fromtimestamp(now, UTC)
        pair = renewed_authority(self.pair, now=at) if is_due(self.certificate, now) else self.pair
        own = renewed(pair, self.engine_certificate, now=at)
        self.save(pair.certificate, own)
        self.pair, self.engine_certificate = pair, own
        return True

    def sign(self, request_pem: str, name: str, *, addresses: Sequence[str], now: float) -> str:
        """A certificate for a node. Raises RequestWrong, AuthorityKeyMissing."""
        if not self.pair.key:
            raise AuthorityKeyMissing(name=name)
        return sign_node(self.pair, request_pem, name, addresses=addresses, now=datetime.fromtimestamp(now, UTC))


def make_authority(site: str, *, now: datetime | None = None) -> KeyPair:
    """A new authority for `site`, good for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(site, f"{site} authority")
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        _dated(now, AUTHORITY_DAYS)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(own, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
    )
    return KeyPair(_key_pem(key), _pem(builder.sign(key, hashes.SHA256())))


def make_pair(
    authority: KeyPair, role: Role, name: str, *, names: Sequence[str] = (), now: datetime | None = None
) -> KeyPair:
    """A new key and its certificate (CN=`name`, O=`role`), good for `name` and for the names and addresses `names`."""
    key = ec.generate_private_key(ec.SECP256R1())
    return KeyPair(_key_pem(key), _sign(authority, key.public_key(), role, name, (name, *names), now))


def sign_node(
    authority: KeyPair, request_pem: str, name: str, *, addresses: Sequence[str], now: datetime | None = None
) -> str:
    """A certificate (CN=`name`, O=node) for the key of the request; of what else the request asks nothing is taken."""
    try:
        request = x509.load_pem_x509_csr(request_pem.encode())
        if not request.is_signature_valid:
            raise RequestWrong(name=name, reason="whoever made it does not hold its key")
    except (ValueError, InvalidSignature) as err:
        raise RequestWrong(name=name, reason=f"it is not readable ({err})") from err
    return _sign(authority, request.public_key(), Role.NODE, name, (name, *addresses), now)


def renewed_authority(pair: KeyPair, *, now: datetime) -> KeyPair:
    """The same name and key for ten more years: what it has signed stays signed."""
    old = x509.load_pem_x509_certificate(pair.certificate.encode())
    signer = _signer(pair)
    builder = _dated(now, AUTHORITY_DAYS).subject_name(old.subject).issuer_name(old.subject)
    builder = builder.public_key(signer.public_key()).serial_number(x509.random_serial_number())
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return KeyPair(pair.key, _pem(builder.sign(signer, hashes.SHA256())))


def renewed(authority: KeyPair, certificate_pem: str, *, now: datetime) -> str:
    """The same certificate (key, name, role, names) for five more years."""
    old = x509.load_pem_x509_certificate(certificate_pem.encode())
    (role,) = old.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    (name,) = old.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    found = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = [str(one.value) for one in found]
    return _sign(authority, old.public_key(), Role(str(role.value)), str(name.value), names, now)


def is_due(certificate_pem: str, now: float) -> bool:
    """Whether two thirds of its time are over, or its time is yet to come."""
    since, until = validity(certificate_pem)
    return now < since or now >= since + (until - since) * 2 / 3


def validity(certificate_pem: str) -> tuple[float, float]:
    """From when to when, in seconds since the epoch."""
    found = x509.load_pem_x509_certificate(certificate_pem.encode())
    return found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()


def why_not_good(pair: KeyPair, authority_pem: str) -> str | None:
    """Why `pair` cannot be used under the authority in `authority_pem`; None when it can."""
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.encode())
        key = serialization.load_pem_private_key(pair.key.encode(), None)
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority_pem.encode()))
    except (ValueError, TypeError, InvalidSignature) as err:
        return f"it is damaged or of another authority ({err or type(err).__name__})"
    return None if key.public_key() == certificate.public_key() else "the key does not belong to the certificate"


def _sign(
    authority: KeyPair,
    public: CertificatePublicKeyTypes,
    role: Role,
    name: str,
    names: Sequence[str],
    now: datetime | None,
) -> str:
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    signer = _signer(authority)
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _dated(now, CERTIFICATE_DAYS)
        .subject_name(_name(role.value, name))
        .issuer_name(issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_usages(role)), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(one) for one in dict.fromkeys(names)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False)
    )
    return _pem(builder.sign(signer, hashes.SHA256()))


def _signer(authority: KeyPair) -> ec.EllipticCurvePrivateKey:
    signer = serialization.load_pem_private_key(authority.key.encode(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    return signer


def _usages(role: Role) -> list[x509.ObjectIdentifier]:
    return [Usage.CLIENT_AUTH] if role is Role.DEPLOY else [Usage.SERVER_AUTH, Usage.CLIENT_AUTH]


def _dated(now: datetime | None, days: int) -> x509.CertificateBuilder:
    start = now or datetime.now(UTC)
    return x509.CertificateBuilder().not_valid_before(start - EARLY).not_valid_after(start + timedelta(days=days))


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(organisation: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
