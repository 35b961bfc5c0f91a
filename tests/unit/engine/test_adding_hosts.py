"""The engine goes to a machine by its claim code: what becomes of it, and what is refused."""

from dataclasses import replace

import pytest

from hosted_engine.engine.nodes.commands.add import AddNode, AddressTaken
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.commands.reject import RejectNode
from hosted_engine.engine.nodes.entity import NODES
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.problems import BadValue, NameTaken, NotSupported, found
from node.api.messages.registration import RegistrationState
from node.api.problems import Failed
from node.fingerprint import format_proquints
from node.steps import StepFailed
from tests.fakes.engine import World, node_id
from tests.fakes.machine import CLAIM_CODE, FakeMachine
from tests.unit.engine.scenes import adding, done, events_of


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def machine(world: World) -> FakeMachine:
    """Nobody has told it to ask."""
    machine = world.add_machine("node4", 4)
    machine.host.asking = False
    return machine


def add(world: World, **given: str) -> AddNode:
    body = {"name": "rack-7", "address": "192.0.2.14", "claim_code": CLAIM_CODE, **given}
    command = adding(world, NODES, **body)
    assert isinstance(command, AddNode)
    return command


def host(world: World, id_: str) -> Node:
    with world.store.transaction() as tx:
        return found(tx.nodes.get(id_), "host", id_)


async def test_a_machine_that_nobody_told_to_ask_becomes_a_host(world: World, machine: FakeMachine) -> None:
    command = add(world, comment="by the door", description="spare")
    await done(world, command)
    node = host(world, command.id)
    assert (node.name, node.hostname, node.status, node.host_id) == ("rack-7", "node4", NodeStatus.UP, 4)
    assert (node.comment, node.description, node.fingerprint) == ("by the door", "spare", machine.fingerprint)
    assert machine.host.claimed is not None
    assert "node4" in world.shared.peers
    assert events_of(world) == ["USER_ADD_VDS", "VDS_DETECTED", "VDS_INSTALL"]


async def test_its_claim_code_is_not_kept(world: World, machine: FakeMachine) -> None:
    await done(world, add(world))
    machine.host.claimed = None
    with world.store.transaction() as tx:
        inputs = [task.inputs for task in tx.tasks.list()]
    assert inputs
    assert not [text for text in inputs if CLAIM_CODE in text]


@pytest.mark.parametrize("given", [{"claim_code": "ABCD-EFGH-JKLM-NPQ2"}, {"said_fingerprint": "0" * 64}])
async def test_who_knows_no_code_or_meets_another_key_gets_nowhere(
    given: dict[str, str], world: World, machine: FakeMachine
) -> None:
    command = add(world, **given)
    with pytest.raises(StepFailed):
        await done(world, command)
    node = host(world, command.id)
    assert (node.status, node.host_id) == (NodeStatus.INSTALL_FAILED, None)
    assert "The machine at 192.0.2.14 was not taken in" in node.detail
    assert not machine.host.asking
    await done(world, RejectNode(id=command.id))
    with world.store.transaction() as tx:
        assert tx.nodes.get(command.id) is None


async def test_its_words_may_be_said(world: World, machine: FakeMachine) -> None:
    command = add(world, said_fingerprint=format_proquints(machine.fingerprint))
    await done(world, command)
    assert host(world, command.id).status is NodeStatus.UP


async def test_nobody_at_the_address(world: World) -> None:
    command = add(world, address="192.0.2.99")
    with pytest.raises(StepFailed, match="nobody answers there"):
        await done(world, command)
    assert host(world, command.id).status is NodeStatus.INSTALL_FAILED


async def test_one_that_has_asked_by_itself_is_that_host(world: World, machine: FakeMachine) -> None:
    machine.host.asking = True
    world.ask(machine)
    command = add(world)
    await done(world, command)
    with world.store.transaction() as tx:
        assert tx.nodes.get(host_id_of_key(machine.fingerprint)) is None
        assert [one.id for one in tx.node_registrations.list()] == [command.id]
    assert host(world, command.id).status is NodeStatus.UP


async def test_one_whose_addition_failed_can_be_approved(world: World, machine: FakeMachine) -> None:
    """It goes on asking, and is that host."""
    command = add(world)
    machine.fail("mount", Failed(), times=1)
    with pytest.raises(StepFailed):
        await done(world, command)
    machine.mend("mount")
    assert host(world, command.id).status is NodeStatus.INSTALL_FAILED
    assert world.ask(machine).state is RegistrationState.PENDING
    await done(world, ApproveNode(id=command.id))
    node = host(world, command.id)
    assert (node.name, node.status) == ("rack-7", NodeStatus.UP)


async def test_one_that_was_removed_while_it_asked_is_told_so(world: World, machine: FakeMachine) -> None:
    command = add(world)
    machine.fail("mount", Failed(), times=1)
    with pytest.raises(StepFailed):
        await done(world, command)
    await done(world, RejectNode(id=command.id))
    assert world.ask(machine).state is RegistrationState.REJECTED


async def test_what_another_host_has_is_refused(world: World, machine: FakeMachine) -> None:
    with pytest.raises(NameTaken):
        await done(world, add(world, name="node1"))
    with pytest.raises(AddressTaken):
        await done(world, add(world, address="192.0.2.11"))
    with world.store.transaction() as tx:
        node1 = found(tx.nodes.get(node_id(1)), "host", node_id(1))
        tx.nodes.update(replace(node1, hostname="node4"))
    command = add(world)
    with pytest.raises(StepFailed, match="calls itself node4, as host node1 does"):
        await done(world, command)


@pytest.mark.parametrize("password", ["redhat123", "", "WXYZ-WXYZ-WXYZ"])
def test_a_password_is_no_claim_code_and_stands_in_no_answer(world: World, password: str) -> None:
    with pytest.raises(BadValue) as refused:
        add(world, claim_code=password)
    assert "claim code" in str(refused.value)
    assert not password or password not in str(refused.value)


def test_ways_in_that_are_not_there_are_refused_by_name(world: World) -> None:
    with pytest.raises(NotSupported, match="publickey"):
        add(world, authentication="publickey")
    with pytest.raises(NotSupported, match="override_iptables"):
        add(world, override_iptables=False)  # type: ignore[arg-type]  # as the body has it
