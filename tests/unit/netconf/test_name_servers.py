"""Whether name servers answer: over UDP with real messages, and as a proof with some in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import dns.message
import dns.rcode
import pytest

from netconf.model import Dns, NetworkState
from netconf.proofs.name_servers import NameServersStillAnswer, asks


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if (said := self._answer(data)) is not None:
            self._transport.sendto(said, addr)


@asynccontextmanager
async def serving(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(answer), local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


def _refuses(question: bytes) -> bytes:
    answer = dns.message.make_response(dns.message.from_wire(question))
    answer.set_rcode(dns.rcode.REFUSED)
    return answer.to_wire()


@pytest.mark.parametrize(
    ("answer", "expected"), [(_refuses, True), (lambda _: None, False), (lambda _: b"no name server", False)]
)
async def test_anything_that_it_says_counts(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[bytes], bytes | None], expected: bool
) -> None:
    monkeypatch.setattr("netconf.proofs.name_servers._ANSWER_S", 0.3)
    async with serving(answer) as port:
        assert await asks("127.0.0.1", port=port) is expected


async def test_where_nobody_listens_nobody_answers() -> None:
    async with serving(_refuses) as port:
        pass
    assert not await asks("127.0.0.1", port=port)


async def test_what_is_no_address_does_not_answer() -> None:
    assert not await asks("dns.example.org")


OLD, NEW = "192.0.2.12", "192.0.2.77"


@pytest.mark.parametrize(
    ("before", "after", "desired", "why"),
    [
        ({OLD}, (NEW,), Dns((NEW,)), "no name server answers any more, of 192.0.2.77"),
        ({OLD}, (), None, "there is no name server any more"),
        ({OLD}, (), Dns(()), None),
        ({OLD, NEW}, (NEW,), Dns((NEW,)), None),
        (set(), (NEW,), Dns((NEW,)), None),
    ],
    ids=["dead", "lost", "none is wished", "lives", "none lived"],
)
async def test_one_that_answered_has_a_successor(
    before: set[str], after: tuple[str, ...], desired: Dns | None, why: str | None
) -> None:
    now: tuple[str, ...] = ("192.0.2.1", OLD)

    async def servers() -> tuple[str, ...]:
        return now

    async def answers(server: str) -> bool:
        if server == "192.0.2.1":  # takes long to be silent: nobody waits for it when another one has answered
            await asyncio.sleep(60 if before else 0)
        return server in before

    proof = NameServersStillAnswer(servers, NetworkState(dns=desired), asks=answers)
    await proof.observe()
    now = after
    assert await proof.why_not() == why
