"""What is tried over the chosen network, on one in memory: in which order, and what is said of each."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

import pytest

from installer.answers import Ip, NetworkAnswers
from installer.environment import Check, CheckState
from installer.network_test import Probes, run_network_test
from installer.reasons import DoesNotFit
from installer.sysinfo import Nic, SysInfo
from netconf.facade import Network
from netconf.kernel.gateways import Gateway
from netconf.model import Address, Dns, Interface, IpConfig, NetworkState
from netconf.proofs.duplicates import NotAsked, owner_in, probe
from tests.fakes.network import FakeNetwork

MAC, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"
MACHINE = SysInfo(nics=(Nic(name="eth0", mac=MAC, carrier=True), Nic(name="eth1", mac=OTHER)))
BY_DHCP = NetworkAnswers(nics=(MAC,))
STATIC = NetworkAnswers(
    nics=(MAC,),
    ipv4=Ip.STATIC,
    address=IPv4Interface("192.0.2.11/24"),
    gateway=IPv4Address("192.0.2.1"),
    dns=(IPv4Address("192.0.2.53"),),
)
LEASE = Address("192.0.2.77", 24)


class _Wire:
    """Who has which address, which gateways and name servers answer; counts what was slept."""

    def __init__(self) -> None:
        self.taken: dict[IPv4Address, tuple[str, ...]] = {}
        self.gateways: tuple[Gateway, ...] = (Gateway("192.0.2.1", "eth0", 1500), Gateway("10.0.0.1", "eth1", 1500))
        self.why_not: str | None = None
        self.servers = {"192.0.2.53"}
        self.asked_of: list[str] = []
        self.slept_s = 0.0

    async def owners(self, interface: str, address: IPv4Address) -> tuple[str, ...]:
        self.asked_of.append(interface)
        return self.taken.get(address, ())

    async def why_not_gateway(self, found: tuple[Gateway, ...]) -> str | None:
        assert [one.interface for one in found] == ["eth0"]
        return self.why_not

    async def asks(self, server: str) -> bool:
        return server in self.servers

    async def sleep(self, seconds: float) -> None:
        self.slept_s += seconds

    @property
    def probes(self) -> Probes:
        return Probes(self.owners, lambda: self.gateways, self.why_not_gateway, self.asks, self.sleep)


class _Leasing(FakeNetwork):
    """Gives an address to what asks by DHCP, after some looks."""

    observations = 0

    async def show(self) -> NetworkState:
        found = await super().show()
        self.observations += 1
        if self.observations < 8:
            return found
        return replace(found, interfaces=tuple(map(_leased, found.interfaces)))


def _leased(interface: Interface) -> Interface:
    ip = interface.ipv4
    return replace(interface, ipv4=replace(ip, addresses=(LEASE,))) if ip is not None and ip.dhcp else interface


def _state(*, carrier: bool = True, dhcp_elsewhere: bool = True) -> NetworkState:
    off = IpConfig()
    return NetworkState(
        (
            Interface("eth0", mac=MAC, mtu=1500, carrier=carrier, ipv4=off, ipv6=off),
            Interface(
                "eth1", mac=OTHER, mtu=1500, carrier=True, ipv4=IpConfig(dhcp_elsewhere, dhcp=dhcp_elsewhere), ipv6=off
            ),
        ),
        (),
        Dns(),
    )


@pytest.fixture
def wire() -> _Wire:
    return _Wire()


async def _tested(fake: FakeNetwork, answers: NetworkAnswers, wire: _Wire) -> list[tuple[str, str]]:
    heard: list[Check] = []
    await run_network_test(Network(fake), answers, MACHINE, heard.append, wire.probes)
    return [(check.state.value, check.description) for check in heard]


async def test_a_network_that_works_and_a_nic_of_nobody_that_asks_no_more(wire: _Wire) -> None:
    fake = FakeNetwork(_state())
    assert await _tested(fake, STATIC, wire) == [
        ("good", "eth0 has a link"),
        ("good", "No other machine has 192.0.2.11"),
        ("good", "The gateway 192.0.2.1 answers"),
        ("good", "The name server 192.0.2.53 answers"),
    ]
    assert wire.asked_of == ["eth0"]
    assert fake.pending is None
    other = fake.now.interface("eth1")
    assert other is not None
    assert other.ipv4 is not None
    assert not other.ipv4.dhcp


async def test_an_address_that_another_machine_has_is_never_taken(wire: _Wire) -> None:
    wire.taken[IPv4Address("192.0.2.11")] = (OTHER,)
    fake = FakeNetwork(_state())
    assert (await _tested(fake, STATIC, wire))[1:] == [
        ("bad", f"192.0.2.11 belongs to another machine already: {OTHER} answers")
    ]
    assert Address("192.0.2.11", 24) not in [a for i in fake.now.interfaces if i.ipv4 for a in i.ipv4.addresses]


async def test_only_an_address_that_another_machine_has_is_a_conflict(wire: _Wire) -> None:
    wire.taken[IPv4Address("192.0.2.11")] = (OTHER,)
    said: list[Check] = []
    await run_network_test(Network(FakeNetwork(_state())), STATIC, MACHINE, said.append, wire.probes)
    assert [check.is_conflict for check in said] == [False, True]


async def test_nothing_is_asked_without_a_link(wire: _Wire) -> None:
    found = await _tested(FakeNetwork(_state(carrier=False)), STATIC, wire)
    assert [state for state, _ in found] == ["bad"]
    assert "no link" in found[0][1]
    assert wire.slept_s > 5


async def test_a_lease_is_waited_for(wire: _Wire) -> None:
    assert ("good", "DHCP gave 192.0.2.77/24") in await _tested(_Leasing(_state()), BY_DHCP, wire)


async def test_no_lease_no_gateway_no_name_server(wire: _Wire) -> None:
    found = await _tested(FakeNetwork(_state()), BY_DHCP, wire)
    assert found[1:] == [("bad", "No DHCP server has answered on eth0 in 25 s")]
    wire.gateways, wire.servers = (), set()
    found = await _tested(FakeNetwork(_state()), STATIC, wire)
    assert found[2:] == [
        ("unknown", "There is no gateway: other networks cannot be reached"),
        ("bad", "The name server 192.0.2.53 does not answer"),
    ]


async def test_a_gateway_that_is_silent_is_asked_for_a_while(wire: _Wire) -> None:
    wire.why_not = "the gateway 192.0.2.1 does not answer on eth0"
    assert ("bad", wire.why_not) in await _tested(FakeNetwork(_state()), STATIC, wire)
    assert wire.slept_s >= 5


async def test_what_cannot_be_asked_is_unknown_and_no_failure(wire: _Wire) -> None:
    async def owners(interface: str, address: IPv4Address) -> tuple[str, ...]:
        raise NotAsked(address=address, interface=interface, reason="Operation not permitted")

    heard: list[Check] = []
    probes = replace(wire.probes, owners=owners)
    await run_network_test(Network(FakeNetwork(_state())), STATIC, MACHINE, heard.append, probes)
    assert [check.state for check in heard] == [CheckState.GOOD, CheckState.UNKNOWN, CheckState.GOOD, CheckState.GOOD]


async def test_a_second_test_takes_the_place_of_the_first(wire: _Wire) -> None:
    fake = FakeNetwork(_state())
    await _tested(fake, STATIC, wire)
    other = NetworkAnswers(nics=(MAC,), ipv4=Ip.STATIC, address=IPv4Interface("192.0.2.12/24"))
    await _tested(fake, other, wire)
    assert [str(a) for i in fake.now.interfaces if i.ipv4 for a in i.ipv4.addresses] == ["192.0.2.12/24"]


async def test_a_nic_that_is_not_there(wire: _Wire) -> None:
    with pytest.raises(DoesNotFit):
        await _tested(FakeNetwork(_state()), NetworkAnswers(nics=("52:54:00:00:00:99",)), wire)


OWN, OTHERS, ASKED = b"\x52\x54\x00\x00\x00\x01", b"\x52\x54\x00\x00\x00\x02", IPv4Address("192.0.2.11")


def test_a_probe_claims_nothing_and_its_answer_is_understood() -> None:
    sent = probe(OWN, ASKED)
    assert len(sent) == 42
    assert sent[28:32] == bytes(4)  # RFC 5227: no sender address
    assert owner_in(sent, OWN, ASKED) is None
    answer = OWN + OTHERS + sent[12:20] + b"\x00\x02" + OTHERS + ASKED.packed + OWN + bytes(4)
    assert owner_in(answer, OWN, ASKED) == OTHER
    assert owner_in(answer + bytes(18), OWN, ASKED) == OTHER  # padded to the shortest frame
    assert owner_in(answer, OWN, IPv4Address("192.0.2.12")) is None
    assert owner_in(answer[:41], OWN, ASKED) is None
    assert owner_in(probe(OTHERS, ASKED), OWN, ASKED) == OTHER  # somebody is about to take it as well
