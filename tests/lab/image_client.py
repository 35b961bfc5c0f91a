"""A client of images in a lab's network, that has nothing but a transfer's URL: sends all, or breaks off."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

from ci.lab.names import ENGINE, ENGINE_ADDRESS
from ci.lab.relay import enter
from tests.lab.under_test import LabUnderTest

TIMEOUT_S = 120.0


@contextmanager
def half_sent(lab: LabUnderTest, urls: Sequence[str], content: bytes) -> Iterator[None]:
    """While this lasts a client of each has sent half of what it announced, and says nothing."""
    with ExitStack() as open_:
        for url in urls:
            connection = open_.enter_context(_connect(lab, url))
            connection.sendall(_head("PUT", url, len(content)) + content[: len(content) // 2])
        yield


def put(lab: LabUnderTest, url: str, content: bytes) -> int:
    """The status of the answer."""
    return _ask(lab, url, _head("PUT", url, len(content)) + content)


def get(lab: LabUnderTest, url: str) -> int:
    return _ask(lab, url, _head("GET", url, 0))


def _ask(lab: LabUnderTest, url: str, request: bytes) -> int:
    with _connect(lab, url) as connection:
        with suppress(OSError):  # who refuses does not read to the end
            connection.sendall(request)
        answer = connection.recv(4096).decode("latin-1")
    assert answer.startswith("HTTP/1.1 "), answer
    return int(answer.split()[1])


def _head(method: str, url: str, length: int) -> bytes:
    parts = urlsplit(url)
    lines = (f"{method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {length}", "", "")
    return "\r\n".join(lines).encode()


def _connect(lab: LabUnderTest, url: str) -> ssl.SSLSocket:
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = (ENGINE_ADDRESS if host == ENGINE else host, parts.port or 443)
    # A socket stays in the network in which it was made.
    with ThreadPoolExecutor(1, initializer=enter, initargs=(lab.appliance.lab.netns_path,)) as inside:
        plain = inside.submit(socket.create_connection, address, TIMEOUT_S).result()
    trusted = ssl.create_default_context(cafile=str(lab.authority))
    return trusted.wrap_socket(plain, server_hostname=host)
