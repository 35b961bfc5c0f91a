"""What becomes of a machine's questions: who is noted, who is turned away and told why, and for how long."""

import pytest

from hosted_engine.engine.nodes.commands.reject import RejectNode
from hosted_engine.engine.nodes.joining import registrations as rules
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.joining.registrations import Asked, KnownHost, OtherAddress, TooManyPending, WrongEngine
from hosted_engine.engine.nodes.model import Node, NodeStatus
from node.api.messages.identity import Offer, OfferedAddress
from node.api.messages.registration import RegistrationState
from node.fingerprint import format_proquints
from node.registration.credentials import new_key_pem
from tests.fakes.engine import World
from tests.fakes.machine import FakeMachine
from tests.unit.engine.scenes import done, events_of

PENDING, EXPIRED, REJECTED = RegistrationState.PENDING, RegistrationState.EXPIRED, RegistrationState.REJECTED


@pytest.fixture
def world() -> World:
    return World()


def host_of(world: World, machine: FakeMachine) -> Node | None:
    with world.store.transaction() as tx:
        return tx.nodes.get(host_id_of_key(machine.fingerprint))


def the_host(world: World, machine: FakeMachine) -> Node:
    node = host_of(world, machine)
    assert node is not None
    return node


def test_a_machine_is_shown_with_the_words_of_its_key(world: World) -> None:
    machine = world.add_machine("node4", 4)
    assert world.ask(machine).state is PENDING
    node = the_host(world, machine)
    assert (node.name, node.status, node.address) == ("node4", NodeStatus.PENDING_APPROVAL, "192.0.2.14")
    assert node.host_id is None
    message = format_proquints(machine.fingerprint)
    assert message in node.detail
    assert events_of(world) == ["VDS_REGISTER_SUCCEEDED"]
    with world.store.transaction() as tx:
        assert message in tx.events.list()[0].description


def test_asking_again_and_again_is_one_host_and_one_event(world: World) -> None:
    machine = world.add_machine("node4", 4)
    for _ in range(5):
        world.now += 5
        assert world.ask(machine).state is PENDING
    assert events_of(world) == ["VDS_REGISTER_SUCCEEDED"]
    with world.store.transaction() as tx:
        assert tx.nodes.count() == 4
        assert tx.node_registrations.count() == 1


def test_who_speaks_to_another_key_is_told_that_somebody_is_in_between(world: World) -> None:
    machine = world.add_machine("node4", 4)
    with pytest.raises(WrongEngine):
        world.ask(machine, engine_fingerprint="0" * 64)
    assert host_of(world, machine) is None


def test_a_question_from_another_address_than_the_machines_own_is_refused(world: World) -> None:
    machine = world.add_machine("node4", 4)
    for source, question in (
        ("192.0.2.99", machine.question()),
        ("192.0.2.99", machine.question(address="192.0.2.99/24")),
        ("192.0.2.14", machine.question(offer=Offer())),
        ("x", machine.question(address="x", offer=Offer(addresses=(OfferedAddress(nic="host0", address="x"),)))),
    ):
        with pytest.raises(OtherAddress):
            world.engine.registrations.ask(Asked(question, machine.fingerprint, source))
    assert host_of(world, machine) is None


def test_nobody_comes_under_the_name_of_a_host_of_the_site(world: World) -> None:
    machine = world.add_machine("NODE1", 4)
    world.ask(machine)
    node = the_host(world, machine)
    assert node.name == f"NODE1-{format_proquints(machine.fingerprint).split('-')[0]}"
    assert "it calls itself NODE1, as host node1 does" in node.detail


def test_two_machines_of_one_name_are_two_hosts_with_their_own_words(world: World) -> None:
    first, second = world.add_machine("node4", 4), world.add_machine("node4", 5)
    world.ask(first)
    world.ask(second)
    assert the_host(world, first).name == "node4"
    assert the_host(world, second).name == f"node4-{format_proquints(second.fingerprint).split('-')[0]}"


def test_an_address_or_a_machine_id_that_a_host_has_is_said(world: World) -> None:
    machine = world.add_machine("node4", 1)
    world.ask(machine)
    assert "it has the address 192.0.2.11, as host node1 does" in the_host(world, machine).detail


async def test_a_rejected_machine_is_told_so_until_somebody_asks_anew_there(world: World) -> None:
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    await done(world, RejectNode(id=the_host(world, machine).id))
    assert host_of(world, machine) is None
    for _ in range(3):
        assert world.ask(machine).state is REJECTED
    assert host_of(world, machine) is None
    machine.attempt = "attempt-2"
    assert world.ask(machine).state is PENDING
    assert the_host(world, machine).status is NodeStatus.PENDING_APPROVAL


def test_after_a_day_nobody_waits_any_longer(world: World) -> None:
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    world.now += rules.EXPIRES_S - 1
    assert world.ask(machine).state is PENDING
    world.now += 1
    assert world.ask(machine).state is EXPIRED
    assert host_of(world, machine) is None
    assert events_of(world)[-1] == "EXTERNAL_EVENT_WARNING"


def test_a_silent_one_goes_after_a_day_as_well_and_is_forgotten_after_another(world: World) -> None:
    world.ask(machine := world.add_machine("node4", 4))
    world.now += rules.EXPIRES_S
    world.engine.sweep()
    assert host_of(world, machine) is None
    world.now += rules.REMEMBERED_S
    world.engine.sweep()
    with world.store.transaction() as tx:
        assert tx.node_registrations.count() == 0


def flood(world: World, count: int, *, number: int) -> list[FakeMachine]:
    return [world.add_machine(f"flood{n}", number, key=new_key_pem()) for n in range(count)]


def test_one_address_cannot_fill_the_list(world: World) -> None:
    *some, last = flood(world, rules.MOST_OF_ADDRESS + 1, number=60)
    for machine in some:
        world.ask(machine)
    with pytest.raises(TooManyPending):
        world.ask(last)
    assert world.ask(some[0]).state is PENDING
    assert world.ask(world.add_machine("node4", 4)).state is PENDING


def test_a_full_list_makes_room_only_for_those_that_no_longer_ask(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_PENDING", 3)
    machines = [world.add_machine(f"node{n}", n) for n in (4, 5, 6, 7)]
    for machine in machines[:3]:
        world.ask(machine)
    with pytest.raises(TooManyPending):
        world.ask(machines[3])
    world.now += rules.QUIET_S / 2
    for machine in machines[1:3]:
        world.ask(machine)
    world.now += rules.QUIET_S / 2
    assert world.ask(machines[3]).state is PENDING
    assert host_of(world, machines[0]) is None
    assert host_of(world, machines[1]) is not None


def test_what_a_machine_says_of_itself_is_shown_as_it_says_it_last(world: World) -> None:
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    machine.host.memory_bytes *= 2
    world.ask(machine)
    known = the_host(world, machine).capabilities
    assert known is not None
    assert known.memory_bytes == machine.host.memory_bytes


def test_the_key_of_a_host_of_the_site_comes_in_by_no_question(world: World) -> None:
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    with world.store.transaction() as tx:
        tx.nodes.update(_replaced(tx.nodes.get(host_id_of_key(machine.fingerprint))))
    with pytest.raises(KnownHost):
        world.ask(machine)
    machine.attempt = "attempt-2"
    with pytest.raises(KnownHost):
        world.ask(machine)


def _replaced(node: Node | None) -> Node:
    from dataclasses import replace

    assert node is not None
    return replace(node, status=NodeStatus.UP, host_id=4)
