"""Answers are fetched from the server whose key was named, and from no other."""

import datetime
import hashlib
import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from installer.fetch_command import fetch_answers
from installer.fetching import NotFetched, NotYet, fetch
from installer.sources import HttpsSource
from node.system.process import run
from tests.ports import free_port

TEXT = b'[machine]\nhost_name = "node1"\n'


class Pages(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status = {"/answers.toml?token=1": 200, "/long": 200, "/moved": 302, "/broken": 500}.get(self.path, 404)
        body = b"x" * 1_100_000 if self.path == "/long" else TEXT
        self.send_response(status)
        self.send_header("Location", "http://elsewhere/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server:
    """On a port of this machine, with a certificate of its own, long expired, for another name."""

    def __init__(self, folder: Path, valid_for: str = "other.example.org", years_ago: int = 20) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "answers")])
        begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=365 * years_ago + 1)
        made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=366))
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(valid_for)]), critical=False)
        self.certificate = folder / "server.pem"
        encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        self.certificate.write_bytes(
            key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
            + made.sign(key, hashes.SHA256()).public_bytes(encoding)
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.pin = hashlib.sha256(public).digest()
        self.asked: list[str] = []
        self.port = 0

    @contextmanager
    def running(self) -> Iterator["Server"]:
        pages = type("PagesOfOne", (Pages,), {"asked": self.asked})
        server = http.server.ThreadingHTTPServer(("localhost", free_port()), pages)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def source(self, target: str = "/answers.toml?token=1", pin: bytes | None = None) -> HttpsSource:
        return HttpsSource("localhost", self.port, target, pin)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path).running() as running:
        yield running


def reason(source: HttpsSource, kind: type[NotFetched] = NotFetched, **how: object) -> str:
    with pytest.raises(kind) as caught:
        fetch(source, run, wait_s=0, **how)  # type: ignore[arg-type]
    assert "token" not in str(caught.value)
    return caught.value.text.why


def test_the_key_that_was_named_is_enough(server: Server) -> None:
    assert fetch(server.source(pin=server.pin), run, wait_s=0) == TEXT


def test_another_key_is_told_nothing(server: Server) -> None:
    why = reason(server.source(pin=bytes(32)))
    assert why == f"its key has the hash sha256:{server.pin.hex()} and not that of trivet.answers.pin"
    assert server.asked == []


def test_without_a_pin_the_authorities_of_the_system_are_asked(server: Server, tmp_path: Path) -> None:
    assert "its certificate is not trusted" in reason(server.source())
    assert server.asked == []
    with Server(tmp_path, "localhost", years_ago=0).running() as other:
        trusting = ssl.create_default_context(cafile=str(other.certificate))
        assert fetch(other.source(), run, wait_s=0, context=trusting) == TEXT


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("/nothing", "the server answers 404 Not Found"),
        ("/moved", "the server sends elsewhere"),
        ("/long", "it is far too long for answers"),
        ("/broken", "the server answers 500 Internal Server Error"),
    ],
)
def test_what_is_no_file_of_answers(server: Server, target: str, why: str) -> None:
    assert reason(server.source(target, server.pin)) == why


def test_a_server_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with server.running():
        source = server.source(pin=server.pin)
    assert reason(source, NotYet) != ""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fetch(source, run, wait_s=60, sleep=sleep)
    assert pauses == [2.0, 2.0, 2.0]


def test_a_server_that_speaks_no_tls(tmp_path: Path) -> None:
    server = http.server.HTTPServer(("localhost", free_port()), Pages)
    thread = threading.Thread(target=server.handle_request, daemon=True)
    thread.start()
    assert reason(HttpsSource("localhost", server.server_port, "/", bytes(32)), NotYet) != ""
    server.server_close()
    thread.join()


def test_the_command_keeps_the_file_to_its_owner(server: Server, tmp_path: Path) -> None:
    line, file = tmp_path / "cmdline", tmp_path / "run/answers.toml"
    line.write_text(f"trivet.answers=https://localhost:{server.port}/answers.toml?token=1 ")
    arguments = [str(file), "--command-line", str(line), "--patience", "0"]
    refused = CliRunner().invoke(fetch_answers, arguments)
    assert (refused.exit_code, file.exists()) == (1, False)
    assert "its certificate is not trusted" in refused.output
    line.write_text(f"{line.read_text()}trivet.answers.pin=sha256:{server.pin.hex()}\n")
    assert CliRunner().invoke(fetch_answers, arguments).exit_code == 0
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (TEXT, 0o600)
    line.write_text("quiet")
    assert CliRunner().invoke(fetch_answers, arguments).exit_code == 3
