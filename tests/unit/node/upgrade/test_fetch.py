import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from node.upgrade.fetch import NotFetched, NotHttps, fetch, is_url, new_client

URL = "https://updates.example/trivet.iso"
CONTENT = bytes(range(256)) * 20_000


class Server:
    """A web server with one file; `cut_after` ends each answer early."""

    def __init__(self, *, etag: str | None = '"a1"', cut_after: int = 0, ranges: bool = True) -> None:
        self.content, self.etag, self.cut_after, self.ranges = CONTENT, etag, cut_after, ranges
        self.status, self.sent = 200, 0
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.status != 200:
            return httpx.Response(self.status)
        headers = {"ETag": self.etag} if self.etag else {}
        if self.etag and request.headers.get("If-None-Match") == self.etag:
            return httpx.Response(304, headers=headers)
        first, status = 0, 200
        if self.ranges and self.etag and request.headers.get("If-Range") == self.etag:
            first, status = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-")), 206
            headers["Content-Range"] = f"bytes {first}-{len(self.content) - 1}/{len(self.content)}"
        headers["Content-Length"] = str(len(self.content) - first)
        return httpx.Response(status, headers=headers, stream=_Stream(self, self.content[first:]))


class _Stream(httpx.SyncByteStream):
    def __init__(self, server: Server, data: bytes) -> None:
        self._server, self._data = server, data

    def __iter__(self) -> Iterator[bytes]:
        end = self._server.cut_after or len(self._data)
        for at in range(0, min(end, len(self._data)), 65536):
            block = self._data[at : at + 65536]
            self._server.sent += len(block)
            yield block
        if end < len(self._data):
            raise httpx.ReadError("the connection was reset")


def get(server: object, folder: Path, url: str = URL, free: int = 1 << 40) -> Path:
    told: list[int] = []
    with httpx.Client(transport=httpx.MockTransport(server)) as client:  # type: ignore[arg-type]
        found = fetch(url, folder, lambda done, of: told.append(done), client=client, free_bytes=lambda _: free)
    assert told == sorted(told)
    return found


def reachable_once(server: Server) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        if server.asked:
            raise httpx.ConnectError("no route to host")
        return server(request)

    return answer


def test_a_file_is_fetched_once(tmp_path: Path) -> None:
    server = Server()
    found = get(server, tmp_path)
    assert found.read_bytes() == CONTENT
    assert get(server, tmp_path) == found
    assert server.sent == len(CONTENT)


def test_one_that_changed_meanwhile_is_fetched_anew(tmp_path: Path) -> None:
    server = Server()
    get(server, tmp_path)
    server.content, server.etag = CONTENT[::-1], '"a2"'
    assert get(server, tmp_path).read_bytes() == CONTENT[::-1]


def test_it_goes_on_where_the_connection_ended(tmp_path: Path) -> None:
    server = Server(cut_after=1 << 20)
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert len(server.asked) == 5
    assert server.sent < len(CONTENT) + 5 * 65536


def test_a_later_run_goes_on_too(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match="no route to host"):
        get(reachable_once(Server(cut_after=2 << 20)), tmp_path)
    second = Server()
    assert get(second, tmp_path).read_bytes() == CONTENT
    assert 0 < second.sent < len(CONTENT)


def test_a_part_of_other_content_is_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(NotFetched):
        get(reachable_once(Server(cut_after=2 << 20)), tmp_path)
    second = Server(etag='"b"')
    second.content = CONTENT[::-1]
    assert get(second, tmp_path).read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("server", [Server(etag=None), Server(etag='W/"weak"'), Server(ranges=False)])
def test_servers_that_cannot_go_on_are_asked_for_all(tmp_path: Path, server: Server) -> None:
    assert get(server, tmp_path).read_bytes() == CONTENT
    server.cut_after = 1 << 20
    server.etag = server.etag and server.etag.replace("a", "b")
    with pytest.raises(NotFetched, match="reset"):
        get(server, tmp_path)


@pytest.mark.parametrize("url", ["http://updates.example/trivet.iso", "ftp://x/y", "file:///etc/passwd", "https:///x"])
def test_only_https(tmp_path: Path, url: str) -> None:
    with pytest.raises(NotHttps, match="://"):
        get(Server(), tmp_path, url)


def test_being_sent_to_http_is_refused_too(tmp_path: Path) -> None:
    asked: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://updates.example/trivet.iso"})

    with pytest.raises(NotHttps, match="http://"):
        get(server, tmp_path)
    assert asked == [URL]


def test_being_sent_on_is_followed_and_not_for_ever(tmp_path: Path) -> None:
    final = Server()

    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/there":
            return final(request)
        return httpx.Response(302, headers={"Location": "/there"})

    assert get(server, tmp_path).read_bytes() == CONTENT
    with pytest.raises(NotFetched, match="from one address to the next"):
        get(lambda _: httpx.Response(302, headers={"Location": "/again"}), tmp_path / "other")


@pytest.mark.parametrize(("status", "mend"), [(404, "Correct the address"), (503, "Look into the server's log")])
def test_an_answer_that_is_none(tmp_path: Path, status: int, mend: str) -> None:
    server = Server()
    server.status = status
    with pytest.raises(NotFetched, match=mend):
        get(server, tmp_path)


def test_room_is_looked_at_before_anything_is_written(tmp_path: Path) -> None:
    server = Server()
    with pytest.raises(NotFetched, match="MiB"):
        get(server, tmp_path, free=len(CONTENT))
    assert list(tmp_path.iterdir()) == []
    assert server.sent == 0


def test_a_server_that_does_not_say_how_large_it_is(tmp_path: Path) -> None:
    def server(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=_Stream(Server(), CONTENT))

    with pytest.raises(NotFetched, match="how large"):
        get(server, tmp_path)


def test_only_one_download_is_kept(tmp_path: Path) -> None:
    first = get(Server(), tmp_path)
    get(Server(), tmp_path, "https://updates.example/other.iso")
    assert not first.exists()


def test_the_real_client_checks_certificates() -> None:
    with new_client() as client:
        assert client._transport._pool._ssl_context.verify_mode is ssl.CERT_REQUIRED  # type: ignore[attr-defined]


def test_files_and_addresses_are_told_apart() -> None:
    assert [is_url(text) for text in ("/root/x.iso", "x.iso", URL, "HTTP://x")] == [False, False, True, True]
