"""A certificate authority for tests: signs what it is given, for whatever name and role."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from node.registration.credentials import load_key, new_key_pem

DAY = timedelta(days=1)


class FakeAuthority:
    def __init__(self, name: str = "test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.renew()

    def renew(self) -> None:
        """Another certificate for the same name and key."""
        public = self._key.public_key()
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self._certificate = (
            self._builder(self._name, public, -DAY, DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def sign(
        self,
        public: ec.EllipticCurvePublicKey,
        name: str,
        role: str,
        addresses: tuple[str, ...] = ("127.0.0.1",),
        *,
        since: timedelta = -DAY,
        until: timedelta = DAY,
    ) -> str:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, role),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        names = [x509.DNSName(name), *(x509.IPAddress(ip_address(a)) for a in addresses)]
        own = self._key.public_key()
        return (
            self._builder(subject, public, since, until)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
            .sign(self._key, hashes.SHA256())
            .public_bytes(Encoding.PEM)
            .decode()
        )

    def sign_request(self, request_pem: str, name: str, role: str = "node") -> str:
        public = x509.load_pem_x509_csr(request_pem.encode()).public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        return self.sign(public, name, role)

    def issue(
        self,
        folder: Path,
        name: str,
        role: str,
        addresses: tuple[str, ...] = ("127.0.0.1",),
        *,
        until: timedelta = DAY,
    ) -> tuple[Path, Path, Path]:
        """Files in `folder`: certificate, key, authority."""
        key = new_key_pem()
        files = (folder / f"{name}.crt", folder / f"{name}.key", folder / "ca.crt")
        files[0].write_text(self.sign(load_key(key).public_key(), name, role, addresses, since=-3 * DAY, until=until))
        files[1].write_bytes(key)
        files[2].write_text(self.pem)
        return files

    def _builder(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey, since: timedelta, until: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + since)
            .not_valid_after(now + until)
        )
