"""Answers are compressed for those who take it, and only where it is worth it."""

import asyncio
import gzip
from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest

from hosted_engine.rest import compression
from hosted_engine.rest.compression import compress, takes_gzip
from tests.fakes.engine import PASSWORD
from tests.unit.rest.server import Served, served
from tests.unit.rest.test_http import ask


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, gzip, br, zstd", True),  # libcurl, the SDK
        ("GZIP;Q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("*;q=0.1, gzip;q=0", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("*;q=0", False),
        ("identity", False),
        ("identity;q=0.5, gzip;q=0.4", False),
        ("identity;q=0.5, gzip;q=0.5", True),
        ("identity;q=0.5, *", True),
        ("gzip;q=many", False),
        ("gzip;q=nan, gzip;q=1e9", False),
        ("br", False),
        (",;,;q=", False),
    ],
)
def test_who_takes_it(header: str, taken: bool) -> None:
    assert takes_gzip(header) is taken


@pytest.mark.parametrize("size", [0, 100, 10_000, 1_000_000])
async def test_only_what_is_worth_it(size: int) -> None:
    body = b"<vm/>" * (size // 5)
    small, headers = await compress(body, "gzip")
    if size < 2048:
        assert (small, headers) == (body, {})
    else:
        assert headers == {"Content-Encoding": "gzip"}
        assert gzip.decompress(small) == body
        assert len(small) < size / 50
    assert await compress(body, "br") == (body, {})


async def test_a_large_answer_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    aside: list[int] = []
    loop = asyncio.get_running_loop()

    def slow(body: bytes) -> bytes:
        aside.append(len(body))
        turned = asyncio.run_coroutine_threadsafe(asyncio.sleep(0, "turned"), loop)
        return turned.result(10).encode()  # only a loop that is free can say so

    monkeypatch.setattr(compression, "_gzip", slow)
    assert (await compress(b"x" * 100_000, "gzip"))[0] == b"turned"
    assert aside == [100_000]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("tls")) as running:
        yield running


def test_the_sdk_reads_both(site: Served) -> None:
    found = []
    for compressed in (True, False):
        connection = sdk.Connection(
            url=site.url,
            username="admin@internal",
            password=PASSWORD,
            ca_file=str(site.ca_file),
            timeout=20,
            compress=compressed,
        )
        system = connection.system_service()
        found.append([host.name for host in system.hosts_service().list()])
        connection.close()
    assert found[0] == found[1] != []


def test_over_the_socket(site: Served) -> None:
    connection = site.connection()
    head = (
        b"GET /ovirt-engine/api/hosts HTTP/1.1\r\nAuthorization: Bearer " + connection.authenticate().encode() + b"\r\n"
    )
    status, plain = ask(site, head)
    answers = [plain, *(ask(site, head + b"Accept-Encoding: " + said + b"\r\n")[1] for said in (b"gzip", b"gzip;q=0"))]
    heads, bodies = zip(*(answer.split(b"\r\n\r\n", 1) for answer in answers), strict=True)
    assert status == 200
    assert [b"content-encoding: gzip" in head.lower() for head in heads] == [False, True, False]
    assert all(b"vary: accept, accept-encoding" in head.lower() for head in heads)
    assert gzip.decompress(bodies[1]) == bodies[0] == bodies[2]
    assert len(bodies[1]) < len(bodies[0]) / 2
    assert ask(site, b"HEAD" + head[3:] + b"Accept-Encoding: gzip\r\n")[1].endswith(b"\r\n\r\n")
    connection.close()
