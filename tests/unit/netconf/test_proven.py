"""A change is kept when the proofs hold, and taken back when one does not, or when who asked for it goes away."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from netconf.change_store import ChangeStore
from netconf.facade import Network
from netconf.kernel.gateways import Gateway, from_netlink
from netconf.kernel.link_info import Message
from netconf.model import NetworkState
from netconf.proofs.gateway import GatewayAnswers
from netconf.proofs.machines import NameResolves, PeerAnswers, SiteAnswers
from netconf.proven import NotProven, change_proven
from tests.fakes.network import FakeNetwork
from tests.unit.netconf.states import BEFORE, DOCUMENT


@dataclass
class _Scripted:
    """A proof that says these one after the other, and then the last one again."""

    answers: list[str | None]
    description: str = "it works"
    asked: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def observe(self) -> None:
        assert not self.asked

    async def why_not(self) -> str | None:
        self.asked += 1
        self.begun.set()
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest.fixture
def fake() -> FakeNetwork:
    return FakeNetwork(BEFORE)


@pytest.fixture
def network(fake: FakeNetwork, tmp_path: Path) -> Network:
    return Network(fake, ChangeStore(tmp_path))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netconf.proven._AGAIN_S", 0.01)


async def test_kept_when_all_hold_in_the_end(network: Network, fake: FakeNetwork) -> None:
    late = _Scripted(["not yet", None])
    told: list[str] = []
    change = await change_proven(network, DOCUMENT, [late, _Scripted([None])], report=told.append)
    assert fake.confirmed == [change.checkpoint]
    assert late.asked == 2
    assert told[0] == "Waiting for this to be true: it works"


async def test_taken_back_when_one_does_not(
    network: Network, fake: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netconf.proven._SPARE_S", 1000)  # leaves a quarter of the time: it is over at once
    monkeypatch.setattr("netconf.proven.uptime_s", _leaps())
    with pytest.raises(NotProven, match="no answer"):
        await change_proven(network, DOCUMENT, [_Scripted(["no answer"]), _Scripted([None])], within_s=5)
    assert await network.observe() == BEFORE
    assert fake.confirmed == []
    last = network.last()
    assert last is not None
    assert (last.confirmed, last.why) == (False, "no answer")


def _leaps() -> object:
    """A clock that is 3 s later each time it is asked."""
    state = {"now": 0.0}

    def now() -> float:
        state["now"] += 3
        return state["now"]

    return now


async def test_without_proofs_it_waits(network: Network, fake: FakeNetwork) -> None:
    change = await change_proven(network, DOCUMENT, [])
    assert fake.pending == change.checkpoint is not None


async def test_taken_back_when_who_asked_goes_away(network: Network, fake: FakeNetwork) -> None:
    never = _Scripted(["not yet"])
    task = asyncio.create_task(change_proven(network, DOCUMENT, [never], within_s=600))
    await never.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await network.observe() == BEFORE


_GATEWAY = Gateway("192.0.2.1", "eth0", 9000)


def _pings(*sizes: int) -> object:
    async def run(*argv: str, timeout_s: float = 5) -> bool:
        assert argv[-1] == "192.0.2.1"
        assert argv[argv.index("-I") + 1] == "eth0"
        assert argv[argv.index("-M") + 1] == "do"
        return int(argv[argv.index("-s") + 1]) in sizes

    return run


@pytest.mark.parametrize(
    ("answers", "arp", "expected"),
    [
        ((0, 8972), False, None),
        ((0,), False, "the gateway 192.0.2.1 does not answer packets of 9000 bytes"),
        ((), False, "the gateway 192.0.2.1 does not answer on eth0"),
        ((), True, None),
    ],
)
async def test_the_gateway(answers: tuple[int, ...], arp: bool, expected: str | None) -> None:
    run = _pings(*answers)
    proof = GatewayAnswers(gateways=lambda: (_GATEWAY,), has_answered=lambda gateway: arp, run=run)  # type: ignore[arg-type]
    found = await proof.why_not()
    assert found == expected or (expected is not None and found is not None and found.startswith(expected))


@pytest.mark.parametrize("before", ["192.0.2.1", "192.0.2.254"])
async def test_a_gateway_that_answered_pings_has_to_do_so_after_the_change(before: str) -> None:
    """It answers ARP also to a host whose address is of another network."""
    there = replace(_GATEWAY, address=before)

    async def run(*argv: str, timeout_s: float = 5) -> bool:
        return argv[-1] == there.address and there == gateway

    gateway = there
    proof = GatewayAnswers(gateways=lambda: (gateway,), has_answered=lambda gateway: True, run=run)
    await proof.observe()
    gateway = replace(_GATEWAY, interface="eth1")
    found = await proof.why_not()
    same = "the gateway 192.0.2.1 is there on eth1, but answers no ping any more"
    assert found == (same if before == gateway.address else None)


@pytest.mark.parametrize("source", ["192.0.2.11", ""])
async def test_a_gateway_that_answered_the_address_of_this_machine_has_to_do_so_after_the_change(source: str) -> None:
    """A ping that is bound to an interface gets past rules that drop what comes from the address."""
    heard = ["192.0.2.11", "eth0"]

    async def run(*argv: str, timeout_s: float = 5) -> bool:
        return argv[argv.index("-I") + 1] in heard

    gateway = replace(_GATEWAY, source="192.0.2.11")
    proof = GatewayAnswers(gateways=lambda: (gateway,), has_answered=lambda gateway: True, run=run)
    await proof.observe()
    assert await proof.why_not() is None
    gateway, heard = replace(gateway, source=source), ["eth0"]
    here = source or "any address of this machine"
    assert await proof.why_not() == f"the gateway 192.0.2.1 does not answer any more to what comes from {here}"


async def test_of_two_gateways_at_one_address_one_may_go_on_dropping_pings() -> None:
    """Each link has its own fe80::1; which is which after a change, nobody knows."""
    both = Gateway("fe80::1", "eth0", 1500, "fe80::11"), Gateway("fe80::1", "eth1", 1500, "fe80::11")

    async def run(*argv: str, timeout_s: float = 5) -> bool:
        return argv[argv.index("-I") + 1] in ("eth0", "fe80::11%eth0")

    proof = GatewayAnswers(gateways=lambda: both, has_answered=lambda gateway: True, run=run)
    await proof.observe()
    assert await proof.why_not() is None


async def test_the_proofs_look_when_earlier_changes_have_ended_and_nothing_is_changed_yet(
    network: Network, fake: FakeNetwork
) -> None:
    class _Observing(_Scripted):
        async def observe(self) -> None:
            await super().observe()
            observed.append(fake.now)

    observed: list[NetworkState] = []
    await network.change({"interfaces": [{"name": "host0", "mtu": 1400}]})
    await change_proven(network, DOCUMENT, [_Observing([None])])
    assert observed == [BEFORE]
    assert len(fake.confirmed) == 1


async def test_no_gateway_is_no_proof() -> None:
    assert await GatewayAnswers(gateways=tuple).why_not() == "there is no default gateway"


async def test_a_port_that_listens_and_one_that_does_not() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await PeerAnswers("127.0.0.1", port).why_not() is None
    server.close()
    await server.wait_closed()
    assert await PeerAnswers("127.0.0.1", port).why_not() == f"not true: 127.0.0.1 answers at port {port}"


async def test_a_node_alone_proves_nothing_by_itself() -> None:
    proof = SiteAnswers("another node", lambda: {"node1": "127.0.0.1"}, 54321)
    assert await proof.why_not() == "this node belongs to no site: it knows of no other machine"


async def test_names() -> None:
    assert await NameResolves("localhost").why_not() is None
    assert await NameResolves("nobody.invalid").why_not() == "the name nobody.invalid cannot be resolved"


def test_gateways_of_netlink() -> None:
    links: list[Message] = [{"index": 2, "ifname": "eth0", "mtu": 1500}, {"index": 3, "ifname": "eth1", "mtu": 9000}]
    routes: list[Message] = [
        {"table": 254, "type": 1, "oif": 2, "gateway": "192.0.2.1"},
        {"table": 50, "type": 1, "oif": 2, "gateway": "192.0.2.9"},
        {"table": 254, "type": 7},
        {"table": 254, "type": 1, "multipath": [{"oif": 3, "gateway": "2001:db8::1"}, {"oif": 9, "gateway": "::1"}]},
    ]
    assert from_netlink(routes, links) == (Gateway("192.0.2.1", "eth0", 1500), Gateway("2001:db8::1", "eth1", 9000))
