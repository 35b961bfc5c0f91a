"""The node's network in the contract's words, over a network in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from netconf.change_store import ChangeStore
from netconf.errors import ChangeFailed, GoesUnsaid
from netconf.facade import Network
from netconf.model import Address, Dns, Interface, IpConfig, NetworkState
from netconf.proven import NotProven
from netconf.uptime import uptime_s
from node.api.messages.network import NetworkRequest
from node.api.refusals import Malformed
from node.network.host_network import HostNetwork
from tests.fakes.network import FakeNetwork
from tests.unit.fleet.hand_clock import HandClock

STATIC = IpConfig(True, addresses=(Address("192.0.2.11", 24),))
DESIRED: dict[str, object] = {"interfaces": [{"name": "host0", "mtu": 9000}]}


@pytest.fixture
def fake() -> FakeNetwork:
    return FakeNetwork(NetworkState((Interface("host0", mtu=1500),)))


@pytest.fixture
def network(fake: FakeNetwork, clock: HandClock) -> HostNetwork:
    return HostNetwork(Network(fake), clock)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def test_the_start_takes_back_what_was_never_confirmed(network: HostNetwork, fake: FakeNetwork) -> None:
    before = fake.now
    assert (await network.change_network(NetworkRequest(document=DESIRED))).changed
    assert fake.now != before
    await HostNetwork(Network(fake), HandClock()).roll_back_expired()
    assert fake.now == before


async def test_a_change_that_waits_outlives_the_agent(fake: FakeNetwork, clock: HandClock, tmp_path: Path) -> None:
    change = await HostNetwork(Network(fake, ChangeStore(tmp_path)), clock).change_network(
        NetworkRequest(document=DESIRED)
    )
    anew = HostNetwork(Network(fake, ChangeStore(tmp_path)), clock)
    keeping = asyncio.create_task(anew.run())
    await clock.turn(10)
    await anew.confirm_network(change.checkpoint)
    keeping.cancel()
    assert len(fake.confirmed) == 1


async def test_the_change_of_another_process_is_settled_when_its_time_is_over(
    fake: FakeNetwork, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = asyncio.create_task(HostNetwork(Network(fake, ChangeStore(tmp_path)), clock).run())
    await clock.turn(5)
    settled = fake.expired_rollbacks
    await Network(fake, ChangeStore(tmp_path)).change(DESIRED)
    await clock.turn(30)
    before = fake.expired_rollbacks
    later = uptime_s() + 60
    monkeypatch.setattr("netconf.change_store.uptime_s", lambda: later)
    await clock.turn(5)
    keeping.cancel()
    assert (settled, before, fake.expired_rollbacks) == (1, 2, 3)


async def test_a_confirmed_change_outlives_the_start(network: HostNetwork, fake: FakeNetwork) -> None:
    await network.confirm_network((await network.change_network(NetworkRequest(document=DESIRED))).checkpoint)
    after = fake.now
    await network.roll_back_expired()
    assert fake.now == after


async def test_when_the_time_is_over_the_network_is_settled(
    network: HostNetwork, fake: FakeNetwork, clock: HandClock
) -> None:
    await network.change_network(NetworkRequest(document=DESIRED, confirm_within_s=60))
    before = fake.expired_rollbacks
    await clock.turn(61)
    assert fake.expired_rollbacks == before
    fake.expire()
    await clock.turn(2)
    assert fake.expired_rollbacks == before + 1
    await clock.turn(600)
    assert fake.expired_rollbacks == before + 1


async def test_after_a_confirmation_nothing_is_settled(
    network: HostNetwork, fake: FakeNetwork, clock: HandClock
) -> None:
    await network.confirm_network(
        (await network.change_network(NetworkRequest(document=DESIRED, confirm_within_s=60))).checkpoint
    )
    before = fake.expired_rollbacks
    await clock.turn(600)
    assert fake.expired_rollbacks == before


async def test_a_second_change_has_the_time_for_itself(
    network: HostNetwork, fake: FakeNetwork, clock: HandClock
) -> None:
    await network.change_network(NetworkRequest(document=DESIRED, confirm_within_s=60))
    await clock.turn(50)
    await network.change_network(NetworkRequest(document=DESIRED, confirm_within_s=60))
    before = fake.expired_rollbacks
    await clock.turn(50)
    assert fake.expired_rollbacks == before


@pytest.fixture
def kernel(fake: FakeNetwork) -> FakeNetwork:
    return FakeNetwork(fake.now, name="kernel")


@asynccontextmanager
async def running_network(
    fake: FakeNetwork, kernel: FakeNetwork, clock: HandClock, folder: Path
) -> AsyncIterator[HostNetwork]:
    network = HostNetwork(Network(fake, ChangeStore(folder), stand_in=kernel), clock)
    keeping = asyncio.create_task(network.run())
    await clock.turn(1)
    yield network
    keeping.cancel()


async def test_networkmanager_is_given_what_was_confirmed_without_it(
    fake: FakeNetwork, kernel: FakeNetwork, clock: HandClock, tmp_path: Path
) -> None:
    fake.dead = True
    async with running_network(fake, kernel, clock, tmp_path) as network:
        await network.confirm_network((await network.change_network(NetworkRequest(document=DESIRED))).checkpoint)
        await clock.turn(10)
        assert len(kernel.confirmed) == 1
        fake.dead = False
        await clock.turn(5)
    assert fake.saved == kernel.saved


async def test_what_networkmanager_cannot_make_then_is_logged(
    fake: FakeNetwork, kernel: FakeNetwork, clock: HandClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake.dead, fake.fails = True, True
    async with running_network(fake, kernel, clock, tmp_path) as network:
        await network.confirm_network((await network.change_network(NetworkRequest(document=DESIRED))).checkpoint)
        fake.dead = False
        await clock.turn(60)
    assert caplog.text.count("the network is not as it was confirmed") == 1


@pytest.mark.parametrize(("up_s", "made"), [(20, 1), (5000, 0)])
async def test_a_boot_without_networkmanager(
    fake: FakeNetwork,
    kernel: FakeNetwork,
    clock: HandClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    up_s: float,
    made: int,
) -> None:
    """An agent that only starts anew leaves the network to whoever has changed it since."""
    before = Network(fake, ChangeStore(tmp_path))
    checkpoint = (await before.change(DESIRED)).checkpoint
    assert checkpoint is not None
    await before.confirm(checkpoint)
    monkeypatch.setattr("node.network.host_network.uptime_s", lambda: up_s)
    fake.dead = True
    async with running_network(fake, kernel, clock, tmp_path):
        await clock.turn(20)
        assert kernel.number == 0
        await clock.turn(20)
    assert kernel.number == made


async def test_a_change_of_somebody_else_does_not_keep_the_agent_from_starting(
    network: HostNetwork, fake: FakeNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    fake.foreign = True
    await network.roll_back_expired()
    assert "stays for now" in caplog.text


@pytest.mark.parametrize("seconds", [1, 4, 601])
async def test_a_time_that_is_no_use_is_the_callers_mistake(
    network: HostNetwork, fake: FakeNetwork, seconds: int
) -> None:
    with pytest.raises(Malformed, match="from 5 to 600 s"):
        await network.change_network(NetworkRequest(document=DESIRED, confirm_within_s=seconds))
    assert fake.pending is None


class _NameServers:
    """Those that the machine asks: which of them answer now."""

    def __init__(self, *answer: str) -> None:
        self.answer = set(answer)
        self.asked: list[str] = []

    async def __call__(self, server: str) -> bool:
        self.asked.append(server)
        return server in self.answer


WITH_DNS: dict[str, object] = {"dns-resolver": {"config": {"server": ["192.0.2.77"]}}}


@asynccontextmanager
async def _changed(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, servers: _NameServers, *, without: bool = False
) -> AsyncIterator[tuple[HostNetwork, FakeNetwork, str]]:
    """The name servers are changed from 192.0.2.12 to 192.0.2.77, not confirmed yet."""
    monkeypatch.setattr("node.network.host_network._PROVE_S", 0.05)
    fake = FakeNetwork(NetworkState((Interface("host0", ipv4=STATIC),), dns=Dns(("192.0.2.12",))))
    network = HostNetwork(Network(fake), clock, asks=servers)
    request = NetworkRequest(document=WITH_DNS, without_name_servers=without)
    yield network, fake, (await network.change_network(request)).checkpoint
    assert fake.now.dns == Dns(("192.0.2.77",) if fake.confirmed else ("192.0.2.12",))


async def test_name_servers_that_are_dead_are_not_kept_where_one_answered(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _changed(clock, monkeypatch, _NameServers("192.0.2.12")) as (network, fake, checkpoint):
        with pytest.raises(NotProven, match=r"no name server answers any more, of 192\.0\.2\.77"):
            await network.confirm_network(checkpoint)
        assert not fake.confirmed


@pytest.mark.parametrize("answer", [(), ("192.0.2.77",), ("192.0.2.12", "192.0.2.77")])
async def test_name_servers_are_kept_that_answer_or_of_which_none_ever_did(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, answer: tuple[str, ...]
) -> None:
    async with _changed(clock, monkeypatch, _NameServers(*answer)) as (network, fake, checkpoint):
        await network.confirm_network(checkpoint)
        await network.confirm_network(checkpoint)
        assert len(set(fake.confirmed)) == 1


@pytest.mark.parametrize("again", [{"document": WITH_DNS}, {"document": WITH_DNS, "confirm_within_s": 1}])
async def test_asked_for_again_they_are_compared_with_those_before_the_first_change(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch, again: dict[str, Any]
) -> None:
    """The answer to the first was lost on its way; or the second is refused."""
    async with _changed(clock, monkeypatch, _NameServers("192.0.2.12")) as (network, fake, checkpoint):
        with suppress(Malformed):
            checkpoint = (await network.change_network(NetworkRequest(**again))).checkpoint
        with pytest.raises(NotProven):
            await network.confirm_network(checkpoint)
        assert not fake.confirmed


async def test_what_is_not_proven_is_not_kept_when_it_cannot_be_taken_back_at_once(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _changed(clock, monkeypatch, _NameServers("192.0.2.12")) as (network, fake, checkpoint):
        with monkeypatch.context() as broken:
            broken.setattr(fake, "roll_back", _fails)
            with pytest.raises(ChangeFailed):
                await network.confirm_network(checkpoint)
        with pytest.raises(NotProven):
            await network.confirm_network(checkpoint)
        assert not fake.confirmed


async def _fails(_: object) -> None:
    raise ChangeFailed(reason="it is busy", now="nothing has changed")


async def test_the_end_of_a_change_leaves_one_alone_that_another_process_has_made_since(
    fake: FakeNetwork, clock: HandClock, tmp_path: Path
) -> None:
    await HostNetwork(Network(fake, ChangeStore(tmp_path)), clock).change_network(
        NetworkRequest(document=DESIRED, confirm_within_s=5)
    )
    other = Network(fake, ChangeStore(tmp_path))
    change = await other.change({"interfaces": [{"name": "host0", "mtu": 1400}]})
    assert change.checkpoint is not None
    await clock.turn(60)
    await other.confirm(change.checkpoint)
    assert fake.confirmed == [change.checkpoint]


async def test_without_name_servers_none_is_asked(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    servers = _NameServers("192.0.2.12")
    async with _changed(clock, monkeypatch, servers, without=True) as (network, _, checkpoint):
        await network.confirm_network(checkpoint)
    assert servers.asked == []


async def test_a_change_is_not_taken_back_by_the_end_of_the_one_before_that_had_to_wait_for_it(
    clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = asyncio.Event()
    goes_on.set()

    async def asks(server: str) -> bool:
        await goes_on.wait()
        return False

    fake = FakeNetwork(NetworkState((Interface("host0", mtu=1500, ipv4=STATIC),), dns=Dns(("192.0.2.12",))))
    network = HostNetwork(Network(fake, ChangeStore(tmp_path)), clock, asks=asks)
    keeping = asyncio.create_task(network.run())
    await clock.turn(1)
    await network.change_network(NetworkRequest(document=WITH_DNS, confirm_within_s=5))
    goes_on.clear()
    second = asyncio.create_task(network.change_network(NetworkRequest(document=DESIRED)))
    later = uptime_s() + 8
    monkeypatch.setattr("netconf.change_store.uptime_s", lambda: later)
    await clock.turn(8)
    goes_on.set()
    change = await second
    await clock.turn(1)
    await network.confirm_network(change.checkpoint)
    keeping.cancel()
    assert [one.id for one in fake.confirmed] == [change.checkpoint]
    assert fake.now.dns == Dns(("192.0.2.12",))


async def test_what_may_become_of_a_change_and_what_goes_is_told(clock: HandClock) -> None:
    host = NetworkState((Interface("host0", ipv4=STATIC), Interface("eth1", ipv4=IpConfig())), ())
    network = HostNetwork(Network(FakeNetwork(host)), clock)
    far = {"destination": "198.18.0.0/15", "next-hop-address": "203.0.113.1", "next-hop-interface": "host0"}
    change = await network.change_network(NetworkRequest(document={"routes": {"config": [far]}}))
    assert "203.0.113.1" in change.warnings[0]
    bridge = {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": "host0"}]}}
    with pytest.raises(GoesUnsaid):
        await network.change_network(NetworkRequest(document={"interfaces": [bridge]}))
