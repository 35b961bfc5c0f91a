"""What the authority signs is accepted by real TLS with strict checks, on both ends, and by nobody else's authority."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hosted_engine.authority import (
    KeyPair,
    RequestWrong,
    make_authority,
    make_pair,
    sign_node,
    why_not_good,
)
from node.api.messages.identity import Role

SITE = make_authority("lab")
ENGINE = make_pair(SITE, Role.ENGINE, "engine.lab.test", names=["192.0.2.10", "localhost", "127.0.0.1"])
DEPLOY = make_pair(SITE, Role.DEPLOY, "deploy")


def request(common_name: str = "whoever") -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return key, csr.public_bytes(serialization.Encoding.PEM).decode()


def context(tmp_path: Path, pair: KeyPair, authority: str, protocol: int) -> ssl.SSLContext:
    found = ssl.SSLContext(protocol)
    found.load_verify_locations(cadata=authority)
    found.verify_mode = ssl.CERT_REQUIRED
    found.verify_flags |= ssl.VERIFY_X509_STRICT
    path = tmp_path / f"{abs(hash(pair))}.pem"
    path.write_text(pair.key + pair.certificate)
    found.load_cert_chain(path)
    return found


def handshake(tmp_path: Path, server: KeyPair, client: KeyPair, name: str, authority: str = SITE.certificate) -> None:
    """A whole TLS handshake in memory with strict verification on both ends."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = context(tmp_path, server, SITE.certificate, ssl.PROTOCOL_TLS_SERVER)
    two = context(tmp_path, client, authority, ssl.PROTOCOL_TLS_CLIENT)
    ends = [
        one.wrap_bio(to_server, to_client, server_side=True),
        two.wrap_bio(to_client, to_server, server_hostname=name),
    ]
    for _ in range(4):
        for end in list(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)
    assert not ends


@pytest.mark.parametrize("name", ["engine.lab.test", "192.0.2.10", "localhost", "127.0.0.1"])
def test_the_engine_is_accepted_under_each_of_its_names(tmp_path: Path, name: str) -> None:
    handshake(tmp_path, ENGINE, DEPLOY, name)


def test_the_engine_is_not_accepted_under_another_name(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, ENGINE, DEPLOY, "192.0.2.99")


def test_another_authority_accepts_nothing_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, ENGINE, DEPLOY, "localhost", make_authority("lab").certificate)


def test_the_engine_may_call_a_node_and_the_deploy_may_not_serve(tmp_path: Path) -> None:
    key, csr = request()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    node = KeyPair(key.private_bytes(*form).decode(), sign_node(SITE, csr, "node1", addresses=["192.0.2.11"]))
    handshake(tmp_path, node, ENGINE, "192.0.2.11")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, DEPLOY, node, "deploy")


def test_a_request_decides_nothing_but_the_key() -> None:
    key, csr = request("engine")
    signed = x509.load_pem_x509_certificate(sign_node(SITE, csr, "node1", addresses=["192.0.2.11"]).encode())
    assert signed.subject.rfc4514_string() == "CN=node1,O=node"
    assert signed.public_key() == key.public_key()
    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["node1"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("192.0.2.11")]


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(RequestWrong, match="not readable"):
        sign_node(SITE, "-----BEGIN NOTHING-----", "node1", addresses=[])


def test_a_pair_of_another_authority_or_with_another_key_is_not_good() -> None:
    assert why_not_good(ENGINE, SITE.certificate) is None
    assert why_not_good(ENGINE, make_authority("lab").certificate) is not None
    assert why_not_good(KeyPair(DEPLOY.key, ENGINE.certificate), SITE.certificate) is not None
    assert why_not_good(KeyPair("", ""), SITE.certificate) is not None


def test_the_authority_lives_ten_years_and_starts_yesterday() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    certificate = x509.load_pem_x509_certificate(make_authority("lab", now=now).certificate.encode())
    assert certificate.not_valid_before_utc == now - timedelta(days=1)
    assert certificate.not_valid_after_utc.year == 2036
