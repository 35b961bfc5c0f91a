"""Requests as they may come over a socket, to the server that the product has: none is an internal error."""

import socket
import ssl
from collections.abc import Iterator

import pytest

from tests.unit.rest.server import Served, served

API = b"/ovirt-engine/api"
TOKEN = b"/ovirt-engine/sso/oauth/token"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("tls")) as running:
        yield running


@pytest.fixture(scope="module")
def bearer(site: Served) -> bytes:
    connection = site.connection()
    token: str = connection.authenticate()
    connection.close(logout=False)
    return token.encode()


def ask(site: Served, head: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """The status and the whole answer to a request whose head is sent as it is."""
    port = int(site.url.split(":")[2].split("/")[0])
    tls = ssl.create_default_context(cafile=str(site.ca_file))
    with (
        socket.create_connection(("localhost", port), timeout=20) as raw,
        tls.wrap_socket(raw, server_hostname="localhost") as sock,
    ):
        sock.sendall(head + b"Host: localhost\r\nConnection: close\r\n\r\n" + body)
        answer = b""
        while piece := sock.recv(1 << 16):
            answer += piece
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (API, 200),
        (API + b"/", 200),
        (API + b"/vms//", 200),
        (b"/ovirt-engine//api/vms", 404),
        (b"//ovirt-engine/api/vms", 404),
        (b"/%6fvirt-engine/api/vms", 200),
        (API + b"/%76ms?", 200),
        (API + b"/vms?&&=&=x&max", 200),
        (API + b"/vms/%", 404),
        (API + b"/vms/%zz", 404),
        (API + b"/vms/%ff", 400),
        (API + b"/vms;max=%ff", 400),
        (API + b"/vms?search=%", 200),
        (API + b"/vms?unknown=%ff", 400),
        (API + b"/vms?%ff=1", 400),
        (API + b"/vms?unknown=%c3%a4", 200),
        (API + b"/vms?unknown=\xc3\xa4", 400),  # the server takes ASCII only
        (API + b"/vms/\xff", 400),
        (API + b"/vms#x", 200),
        (API + b"/vms/..", 404),
        (b"*", 404),
        (b"https://localhost" + API + b"/vms", 200),
        (TOKEN + b"?%ff=%ff", 405),
        (b"/ovirt-engine/services/pki-resource?resource=%ff", 404),
        (b"/%ff", 404),
    ],
)
def test_targets(site: Served, bearer: bytes, target: bytes, status: int) -> None:
    found, answer = ask(site, b"GET " + target + b" HTTP/1.1\r\nAuthorization: Bearer " + bearer + b"\r\n")
    assert found == status, answer


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Accept: \xff\xfe\r\n", 200),
        (b"Accept: text/html\r\n", 406),
        (b"Correlation-Id: \xff\r\n", 200),
        (b"Content-Type: \xff\r\nContent-Length: 0\r\n", 200),
        (b"Accept-Encoding: \xff;q=x\r\n", 200),
        (b"Cookie: \xff\r\n", 200),
        (b"Prefer: \xff\r\nFilter: \xff\r\nExpect: \xff\r\n", 200),
        (b"Accept: application/xml\r\nAccept: application/json\r\n", 200),
    ],
)
def test_headers(site: Served, bearer: bytes, headers: bytes, status: int) -> None:
    head = b"GET " + API + b"/vms HTTP/1.1\r\nAuthorization: Bearer " + bearer + b"\r\n"
    found, answer = ask(site, head + headers)
    assert found == status, answer


@pytest.mark.parametrize("method", [b"HEAD", b"OPTIONS", b"PATCH", b"PUT", b"TRACE", b"QUERY", b"PROPFIND"])
def test_methods(site: Served, bearer: bytes, method: bytes) -> None:
    found, answer = ask(site, method + b" " + API + b"/vms HTTP/1.1\r\nAuthorization: Bearer " + bearer + b"\r\n")
    if method in (b"HEAD", b"OPTIONS"):
        assert found == 200
        assert answer.endswith(b"\r\n\r\n")
    else:
        assert found in (400, 405)
    if found == 405:
        assert b"\r\nallow: GET, HEAD, POST\r\n" in answer


def test_a_head_is_that_of_the_get(site: Served, bearer: bytes) -> None:
    def headers(method: bytes) -> set[bytes]:
        _, answer = ask(site, method + b" " + API + b"/vms HTTP/1.1\r\nAuthorization: Bearer " + bearer + b"\r\n")
        lines = answer.split(b"\r\n\r\n")[0].lower().split(b"\r\n")
        return {line for line in lines if not line.startswith((b"date", b"correlation-id"))}

    assert headers(b"HEAD") == headers(b"GET")
