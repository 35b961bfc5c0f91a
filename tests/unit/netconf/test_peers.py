"""Whoever this machine talked to before a change, and who answered then, has to answer after it."""

import asyncio
from collections.abc import Callable

import pytest

from netconf.kernel.conversations import Conversation, from_diag
from netconf.kernel.link_info import Message
from netconf.proofs import peers
from netconf.proofs.peers import Asking, PeersStillAnswer, chosen

ENGINE, NODE, LAPTOP = "198.51.100.10", "192.0.2.12", "203.0.113.7"
SSH = f"{LAPTOP} 50022 192.0.2.11 22"


class Site:
    """Who answers pings, and which connections there are; `received` is when something came from the laptop."""

    def __init__(self, *answer: str) -> None:
        self.answer = set(answer)
        self.received: float | None = None
        self.now = 1000.0
        self.talks = [(ENGINE, 40000), (NODE, 24007), (LAPTOP, 50022), (NODE, 49152)]

    def conversations(self) -> tuple[Conversation, ...]:
        def ago(peer: str) -> float:
            return self.now - self.received if peer == LAPTOP and self.received is not None else 3600

        return tuple(Conversation(peer, port, ago(peer)) for peer, port in self.talks)

    async def run(self, *argv: str, timeout_s: float = 5) -> bool:
        return argv[-1] in self.answer

    @property
    def asking(self) -> Asking:
        return Asking(talks=self.conversations, run=self.run, clock=lambda: self.now)

    def speak(self, _: str) -> None:
        self.received = self.now + 1
        self.now += 2


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(asyncio, "open_connection", away)


async def observed(site: Site, report: Callable[[str], None] = lambda message: None) -> PeersStillAnswer | None:
    return await PeersStillAnswer.of_now(site.asking, SSH, report)


async def proof_of(site: Site, report: Callable[[str], None] = lambda message: None) -> PeersStillAnswer:
    found = await observed(site, report)
    assert found is not None
    return found


async def test_who_answered_before_has_to_answer_after() -> None:
    site = Site(ENGINE, NODE)
    proof = await proof_of(site)
    site.answer = {NODE}
    assert await proof.why_not() == f"no answer any more from {ENGINE} (--confirm-by says who need not answer)"
    site.answer = {ENGINE}  # the node has answered over the new path already
    assert await proof.why_not() is None


async def test_who_did_not_answer_before_proves_nothing() -> None:
    site = Site(NODE)
    proof = await proof_of(site)
    assert proof.description == f"those that this machine talks to still answer ({NODE})"
    assert await proof.why_not() is None
    assert await observed(Site()) is None


async def test_a_machine_that_talks_to_nobody() -> None:
    site = Site(NODE)
    site.talks = []
    told: list[str] = []
    assert await observed(site, told.append) is None
    assert told == []


async def test_one_that_drops_pings_and_takes_or_refuses_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    site, asked = Site(), []

    async def refuses(address: str, port: int) -> None:
        asked.append((address, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", refuses)
    proof = await proof_of(site)
    assert asked == [(LAPTOP, 50022), (ENGINE, 40000), (NODE, 24007)]
    assert await proof.why_not() is None


async def test_an_operator_who_answers_nothing_acknowledges_what_is_said() -> None:
    site = Site()
    proof = await proof_of(site, site.speak)
    assert proof.description.endswith(f"({LAPTOP})")
    assert await proof.why_not() is not None  # what was heard before the change proves nothing
    site.speak("Not yet")
    assert await proof.why_not() is None


async def test_an_operator_who_is_cut_off() -> None:
    site = Site()
    proof = await proof_of(site, site.speak)
    for _ in range(3):
        assert LAPTOP in str(await proof.why_not())


async def test_what_comes_over_the_connections_of_others_proves_nothing() -> None:
    site = Site()
    assert await PeersStillAnswer.of_now(site.asking, "", site.speak) is None


async def test_a_machine_that_takes_the_address_of_another_does_not_answer_for_it() -> None:
    site = Site("127.0.0.1")
    site.talks = [("127.0.0.1", 22)]
    assert await observed(site) is None


def test_a_few_are_enough() -> None:
    talks = [Conversation(f"192.0.2.{number}", 1000 + number, 0) for number in range(1, 100)]
    found = chosen(talks, "192.0.2.50 1050 192.0.2.200 22")
    assert len(found) == peers._MOST
    assert (found[0].address, found[0].speaks, found[1].address, found[1].speaks) == (
        "192.0.2.50",
        True,
        "192.0.2.1",
        False,
    )
    assert not any(peer.speaks for peer in chosen(talks, ""))


def test_connections_of_the_kernel() -> None:
    def talk(here: str, peer: str, ack: int, data: int) -> Message:
        info = {"tcpi_last_ack_recv": ack, "tcpi_last_data_recv": data}
        return {"idiag_src": here, "idiag_dst": peer, "idiag_dport": 7, "INET_DIAG_INFO": info}

    found = from_diag(
        (
            talk("192.0.2.11", ENGINE, 1500, 2500),
            talk("::ffff:192.0.2.11", f"::ffff:{NODE}", 9000, 20),
            talk("2001:db8::11", "2001:db8::12", 0, 0),
            talk("127.0.0.1", "127.0.0.1", 0, 0),
            talk("127.0.0.2", "127.0.0.1", 0, 0),
            talk("192.0.2.11", "192.0.2.11", 0, 0),
            talk("fe80::1", "fe80::2", 0, 0),
        )
    )
    assert found == (Conversation(ENGINE, 7, 1.5), Conversation(NODE, 7, 0.02), Conversation("2001:db8::12", 7, 0))
