"""Approvals given beforehand: each lets one machine in, once, and nobody else."""

from dataclasses import replace

import pytest

from hosted_engine.engine.networks.management import managing_network
from hosted_engine.engine.networks.model import ClusterNetwork
from hosted_engine.engine.nodes.commands.reject import RejectNode
from hosted_engine.engine.nodes.joining import preapprovals as rules
from hosted_engine.engine.nodes.joining import registrations
from hosted_engine.engine.nodes.joining.approver import PAUSE_S, TRIES, Approver
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.joining.preapprovals import Preapproval, PreapprovalState, WrongJoinCode
from hosted_engine.engine.nodes.model import NodeStatus
from node.api.messages.registration import RegistrationState
from node.registration.credentials import new_key_pem
from tests.fakes.engine import World
from tests.fakes.machine import FakeMachine
from tests.unit.engine.scenes import done, events_of

PENDING, ACCEPTED = RegistrationState.PENDING, RegistrationState.ACCEPTED


@pytest.fixture
def world() -> World:
    return World()


def make_code(world: World, hours: int = 24) -> tuple[str, str]:
    """Its id, and the code."""
    with world.store.transaction() as tx:
        made, code = rules.add_code(tx, world.cluster.id, hours, world.now)
    return made.id, code


def approve_serial(world: World, serial: str) -> Preapproval:
    with world.store.transaction() as tx:
        return rules.add_serial(tx, serial, world.cluster.id, 24, world.now)


def approval(world: World, id_: str) -> Preapproval:
    with world.store.transaction() as tx:
        found = tx.of(Preapproval).get(id_)
    assert found is not None
    return found


def status_of(world: World, machine: FakeMachine) -> NodeStatus | None:
    with world.store.transaction() as tx:
        node = tx.nodes.get(host_id_of_key(machine.fingerprint))
    return node.status if node else None


def with_serial(machine: FakeMachine, serial: str) -> FakeMachine:
    machine.host.serial_number = serial
    return machine


async def test_a_machine_with_a_code_is_a_node_without_anybody_approving(world: World) -> None:
    (id_, code), machine = make_code(world), world.add_machine("node4", 4)
    machine.join_code = code
    assert world.ask(machine).state is PENDING
    await Approver(world.engine).observe()
    assert status_of(world, machine) is NodeStatus.UP
    assert approval(world, id_).state(world.now) is PreapprovalState.USED
    assert {"EXTERNAL_EVENT_NORMAL", "VDS_APPROVE", "VDS_INSTALL"} <= set(events_of(world))


async def test_a_serial_number_does_it_as_well_however_it_is_written(world: World) -> None:
    approve_serial(world, "  ABC  123 ")
    machine = with_serial(world.add_machine("node4", 4), "abc 123")
    world.ask(machine)
    await Approver(world.engine).observe()
    assert status_of(world, machine) is NodeStatus.UP


async def test_the_cluster_is_the_one_that_was_said(world: World) -> None:
    with world.store.transaction() as tx:
        other = replace(world.cluster, id="other", name="Other")
        tx.clusters.add(other)
        (here,) = (one for one in tx.of(ClusterNetwork).list(cluster_id=world.cluster.id)
                   if one.network_id == managing_network(tx, world.cluster.id).id)  # fmt: skip
        tx.of(ClusterNetwork).add(replace(here, id="there", cluster_id="other"))
        _, code = rules.add_code(tx, "other", 24, world.now)
    machine = world.add_machine("node4", 4)
    machine.join_code = code
    world.ask(machine)
    await Approver(world.engine).observe()
    with world.store.transaction() as tx:
        node = tx.nodes.get(host_id_of_key(machine.fingerprint))
    assert node is not None
    assert (node.status, node.cluster_id) == (NodeStatus.UP, "other")


def test_of_two_that_bring_one_code_the_first_has_it(world: World) -> None:
    id_, code = make_code(world)
    first, second = world.add_machine("node4", 4), world.add_machine("node5", 5)
    first.join_code = second.join_code = code
    world.ask(first)
    with pytest.raises(WrongJoinCode, match="used already"):
        world.ask(second)
    assert status_of(world, second) is None
    assert approval(world, id_).fingerprint == first.fingerprint
    assert world.ask(first).state is PENDING  # its answer may have been lost


def test_the_same_machine_in_another_attempt_needs_another_code(world: World) -> None:
    machine = world.add_machine("node4", 4)
    machine.join_code = make_code(world)[1]
    world.ask(machine)
    machine.attempt = "attempt-2"
    with pytest.raises(WrongJoinCode, match="used already"):
        world.ask(machine)


async def test_a_rejected_machine_does_not_come_in_by_the_code_that_it_used(world: World) -> None:
    machine = world.add_machine("node4", 4)
    machine.join_code = make_code(world)[1]
    world.ask(machine)
    await done(world, RejectNode(id=host_id_of_key(machine.fingerprint)))
    assert world.ask(machine).state is RegistrationState.REJECTED
    await Approver(world.engine).observe()
    assert status_of(world, machine) is None


@pytest.mark.parametrize("hours", [1, 24])
def test_a_code_that_nobody_used_in_time_is_worth_nothing(hours: int, world: World) -> None:
    machine = world.add_machine("node4", 4)
    machine.join_code = make_code(world, hours)[1]
    world.now += hours * 3600
    with pytest.raises(WrongJoinCode, match="expired"):
        world.ask(machine)
    assert status_of(world, machine) is None


def test_one_that_was_used_in_time_counts_on(world: World) -> None:
    id_, code = make_code(world, 1)
    machine = world.add_machine("node4", 4)
    machine.join_code = code
    world.now += 3599
    world.ask(machine)
    world.now += 60
    assert world.ask(machine).state is PENDING
    assert approval(world, id_).state(world.now) is PreapprovalState.USED


@pytest.mark.parametrize("code", ["AAAA-AAAA-AAAA-AAAA-AAAA", "x", "' OR 1=1", " "])
def test_a_wrong_code_leaves_no_trace(code: str, world: World) -> None:
    make_code(world)
    machine = world.add_machine("node4", 4)
    machine.join_code = code
    with pytest.raises(WrongJoinCode, match="no such code"):
        world.ask(machine)
    with world.store.transaction() as tx:
        assert (tx.nodes.count(), tx.node_registrations.count()) == (3, 0)


async def test_a_revoked_code_lets_nobody_in_who_is_not_yet_in(world: World) -> None:
    id_, code = make_code(world)
    used, late = world.add_machine("node4", 4), world.add_machine("node5", 5)
    used.join_code = late.join_code = code
    world.ask(used)
    with world.store.transaction() as tx:
        tx.of(Preapproval).remove(id_)
    await Approver(world.engine).observe()
    assert status_of(world, used) is NodeStatus.PENDING_APPROVAL  # by hand, if somebody wants it
    with pytest.raises(WrongJoinCode, match="revoked"):
        world.ask(late)


def test_the_store_has_the_hash_alone(world: World) -> None:
    id_, code = make_code(world)
    shown = repr(approval(world, id_))
    assert code not in shown
    assert code.replace("-", "") not in shown
    assert rules.hash_code(f" {code.lower().replace('-', ' ')} ") == approval(world, id_).value


async def test_an_engine_that_died_in_between_goes_on(world: World) -> None:
    machine = world.add_machine("node4", 4)
    machine.join_code = make_code(world)[1]
    world.ask(machine)
    world.begin()
    await Approver(world.engine).observe()
    assert status_of(world, machine) is NodeStatus.UP


async def test_what_speaks_against_a_machine_is_said_once_and_tried_a_few_times(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    machine = world.add_machine("node4", 1)  # another host has that address
    machine.join_code = make_code(world)[1]
    world.ask(machine)
    approver = Approver(world.engine)
    for _ in range(TRIES + 2):
        await approver.observe()
        await approver.observe()
        world.now += PAUSE_S
    assert status_of(world, machine) is NodeStatus.PENDING_APPROVAL
    assert events_of(world).count("VDS_APPROVE_FAILED") == 1
    assert caplog.text.count("Cannot approve Host node4") == TRIES


def test_who_has_a_code_comes_through_a_flood_of_strangers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrations, "MOST_PENDING", 2)
    for number in (5, 6):
        world.ask(world.add_machine(f"flood{number}", number, key=new_key_pem()))
    machine = world.add_machine("node4", 4)
    with pytest.raises(registrations.TooManyPending):
        world.ask(machine)
    machine.join_code = make_code(world)[1]
    assert world.ask(machine).state is PENDING


def test_a_serial_number_is_good_for_one_machine(world: World) -> None:
    made = approve_serial(world, "ABC123")
    first, second = (with_serial(world.add_machine(f"node{n}", n), "ABC123") for n in (4, 5))
    world.ask(first)
    assert world.ask(second).state is PENDING  # it may be approved by hand
    assert approval(world, made.id).node_id == host_id_of_key(first.fingerprint)


@pytest.mark.parametrize("serial", ["", "  ", "To be filled by O.E.M.", "None", "Default  string", "0"])
def test_what_firmware_says_for_no_number_is_no_serial_number(serial: str, world: World) -> None:
    with pytest.raises(rules.UnusableSerial):
        approve_serial(world, serial)


def test_a_serial_number_waits_once_at_a_time(world: World) -> None:
    approve_serial(world, "ABC123")
    with pytest.raises(rules.UnusableSerial, match="not used yet"):
        approve_serial(world, "abc123")
    world.now += 24 * 3600
    approve_serial(world, "abc123")


def test_those_that_are_over_are_forgotten_after_a_while(world: World) -> None:
    ids = [make_code(world)[0], make_code(world, 2)[0]]
    world.now += 24 * 3600 + rules.REMEMBERED_S - 1
    world.engine.sweep()
    with world.store.transaction() as tx:
        assert [one.id for one in tx.of(Preapproval).list()] == ids[:1]
    world.now += 1
    world.engine.sweep()
    with world.store.transaction() as tx:
        assert tx.of(Preapproval).count() == 0


def test_there_is_a_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST", 1)
    make_code(world)
    with pytest.raises(rules.TooMany):
        make_code(world)
