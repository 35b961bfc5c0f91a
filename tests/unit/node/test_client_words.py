"""What a caller is told of a node whose certificate is not of the caller's time: certificate and clock are named; and
how many connections are begun by a hundred questions at once."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hosted_engine.authority import make_authority, make_pair
from node.api.messages.identity import Role
from node.api.problems import NodeNonResponsive
from node.client import HANDSHAKES, NodeClient

AUTHORITY = make_authority("branch-7")


@pytest.mark.parametrize(
    ("year", "message"), [(2010, "certificate has expired"), (2060, "certificate is not yet valid")]
)
async def test_a_certificate_that_is_not_of_this_time_is_told_with_the_clock(
    year: int, message: str, tmp_path: Path
) -> None:
    now = datetime(year, 1, 1, tzinfo=UTC)
    pair = make_pair(AUTHORITY, Role.NODE, "node1", names=["127.0.0.1"], now=now)
    (tmp_path / "crt").write_text(pair.certificate)
    (tmp_path / "key").write_text(pair.key)
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=server_tls)
    tls = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cadata=AUTHORITY.certificate)
    client = NodeClient("127.0.0.1", tls, port=server.sockets[0].getsockname()[1])
    with pytest.raises(NodeNonResponsive, match=f"{message}.*clock it is {datetime.now(UTC):%Y-%m}"):
        await client.identity()
    await client.close()
    server.close()


async def test_of_a_hundred_questions_at_once_few_begin_connections() -> None:
    begun, full, over = 0, asyncio.Event(), asyncio.Event()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Busy: it answers no handshake, and gives up when it is `over`."""
        nonlocal begun
        begun += 1
        if begun == HANDSHAKES:
            full.set()
        await over.wait()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    client = NodeClient("127.0.0.1", ssl.create_default_context(), port=server.sockets[0].getsockname()[1])
    questions = [asyncio.create_task(client.vms()) for _ in range(100)]
    await full.wait()
    await asyncio.sleep(0.1)
    assert begun == HANDSHAKES
    over.set()
    answers = await asyncio.gather(*questions, return_exceptions=True)
    assert {type(answer) for answer in answers} == {NodeNonResponsive}
    assert begun >= 100, "each had its turn"
    await client.close()
    server.close()
