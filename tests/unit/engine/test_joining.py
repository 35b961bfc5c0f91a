"""A machine is approved and becomes a node of the site, wholly or not at all; and a node leaves it."""

import copy
from dataclasses import replace

import pytest

from gluster.report import make_report
from hosted_engine import management_network
from hosted_engine.engine.networks.model import ClusterNetwork
from hosted_engine.engine.nodes.commands.approve import ApproveNode, NotApproved
from hosted_engine.engine.nodes.commands.maintenance import DeactivateNode
from hosted_engine.engine.nodes.commands.remove import HostStays, RemoveNode
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.problems import InUse
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.ha import SiteNode
from node.api.messages.registration import RegistrationState
from node.api.problems import Failed
from node.steps import StepFailed
from tests.fakes.engine import DOMAINS, World, node_id
from tests.fakes.machine import FakeMachine
from tests.unit.engine.scenes import done, events_of, running_vm, tiny_vm, vm_of

OTHER_ID = "60000000-0000-4000-8000-000000000001"
STEPS_CALLS = ("set_names", "change_network", "add_peer", "make_volume", "mount", "set_lease_timers", "join_lockspace",
               "allow_migration", "deploy_hosted_engine")  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def machine(world: World) -> FakeMachine:
    machine = world.add_machine("node4", 4)
    world.ask(machine)
    return machine


def id_of(machine: FakeMachine) -> str:
    return host_id_of_key(machine.fingerprint)


def host_of(world: World, machine: FakeMachine) -> Node:
    with world.store.transaction() as tx:
        node = tx.nodes.get(id_of(machine))
    assert node is not None
    return node


def rename(world: World, id_: str, name: str) -> None:
    with world.store.transaction() as tx:
        node = tx.nodes.get(id_)
        assert node is not None
        tx.nodes.update(replace(node, name=name))


def format_site_state(world: World, machine: FakeMachine) -> object:
    """All that the site and the machine know of each other."""
    return (
        {node.name: dict(node.net.known) for node in world.nodes.values()},
        {node.name: node.machines.movable for node in world.nodes.values()},
        sorted(world.shared.peers),
        {volume.name: volume.options for volume in world.shared.volumes.values()},
        sorted(machine.storage.mounted),
        sorted(machine.storage.joined),
        copy.deepcopy(world.shared.ha_files),
        (machine.host.claimed, machine.ha_service.hosted_engine_deployed, machine.ha_service.maintenance),
        management_network.has_bridge("ovirtmgmt", machine.net.network().document),
        dict(machine.net.checkpoints),
    )


async def test_an_approved_machine_is_a_node_like_the_others(world: World, machine: FakeMachine) -> None:
    await done(world, ApproveNode(id=id_of(machine)))
    node = host_of(world, machine)
    assert (node.name, node.status, node.host_id, node.detail) == ("node4", NodeStatus.UP, 4, "")
    for other in world.nodes.values():
        assert other.net.known["node4"] == "192.0.2.14"
        assert other.net.known["engine.fake"] == "192.0.2.10"
        assert other.machines.movable.members == ("node1", "node2", "node3", "node4")
    assert "node4" in world.shared.peers
    assert {volume.options["auth.ssl-allow"] for volume in world.shared.volumes.values()} == {"node1,node2,node3,node4"}
    assert all(volume.options["server.ssl"] == "on" for volume in world.shared.volumes.values())
    assert machine.storage.mounted.keys() == set(DOMAINS.values())
    assert machine.storage.joined["trivet"].host_id == 4
    assert machine.ha_service.hosted_engine_deployed
    keepers = (await world.nodes[node_id(1)].site_nodes("engine")).nodes
    assert keepers[-1] == SiteNode(name="node4", address="192.0.2.14", host_id=4)
    assert len(keepers) == 4
    place = management_network.find_placement("ovirtmgmt", machine.net.network().document)
    assert place is not None
    assert (place.nic, str(place.address), place.gateway, place.dns) == (
        "host0", "192.0.2.14/24", "192.0.2.1", ("192.0.2.53",),
    )  # fmt: skip
    assert events_of(world) == ["VDS_REGISTER_SUCCEEDED", "VDS_APPROVE", "VDS_DETECTED", "VDS_INSTALL"]


async def test_what_its_administrator_calls_it_is_for_the_api_alone(world: World, machine: FakeMachine) -> None:
    """Its own name is what machines know each other by, Gluster above all."""
    rename(world, id_of(machine), "rack-7")
    world.ask(machine)
    await done(world, ApproveNode(id=id_of(machine)))
    node = host_of(world, machine)
    assert (node.name, node.hostname, node.status) == ("rack-7", "node4", NodeStatus.UP)
    for other in world.nodes.values():
        assert (other.net.known["node4"], "rack-7" in other.net.known) == ("192.0.2.14", False)
        assert other.machines.movable.members == ("node1", "node2", "node3", "node4")
    assert {volume.options["auth.ssl-allow"] for volume in world.shared.volumes.values()} == {"node1,node2,node3,node4"}
    assert (await world.nodes[node_id(1)].site_nodes("engine")).nodes[-1].name == "node4"
    await done(world, DeactivateNode(id=node.id, force=True))
    await done(world, RemoveNode(id=node.id))
    assert "node4" not in world.shared.peers
    assert len((await world.nodes[node_id(1)].site_nodes("engine")).nodes) == 3


async def test_a_machine_is_not_mistaken_for_the_host_that_is_shown_with_its_name(
    world: World, machine: FakeMachine
) -> None:
    rename(world, id_of(machine), "node4-spare")
    rename(world, node_id(1), "node4")
    other = world.add_machine("node1", 5)
    world.ask(other)
    with pytest.raises(NotApproved, match="it calls itself node1, as host node4 does"):
        await done(world, ApproveNode(id=id_of(other)))
    await done(world, ApproveNode(id=id_of(machine)))
    assert host_of(world, machine).name == "node4-spare"


async def test_vms_run_on_it(world: World, machine: FakeMachine) -> None:
    await done(world, ApproveNode(id=id_of(machine)))
    vm_id = await tiny_vm(world)
    await done(world, StartVm(id=vm_id, node_ids=(id_of(machine),)))
    assert vm_of(world, vm_id).status is VmStatus.UP
    assert machine.machines.running() == 1


async def test_its_certificate_is_for_its_key_name_and_address_alone(world: World, machine: FakeMachine) -> None:
    from cryptography import x509

    from node.tls import certificate_fingerprint

    await done(world, ApproveNode(id=id_of(machine)))
    assert machine.host.claimed is not None
    pem = machine.host.claimed.certificate_pem
    names = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert certificate_fingerprint(pem) == machine.fingerprint
    assert names.value.get_values_for_type(x509.DNSName) == ["node4"]
    assert [str(one) for one in names.value.get_values_for_type(x509.IPAddress)] == ["192.0.2.14"]


async def test_without_activation_it_comes_in_maintenance(world: World, machine: FakeMachine) -> None:
    await done(world, ApproveNode(id=id_of(machine), activate=False))
    assert host_of(world, machine).status is NodeStatus.MAINTENANCE
    assert machine.ha_service.maintenance is not None


@pytest.mark.parametrize("call", STEPS_CALLS)
async def test_a_step_that_fails_leaves_site_and_machine_as_they_were(
    call: str, world: World, machine: FakeMachine
) -> None:
    before = format_site_state(world, machine)
    for there in world.nodes.values():
        there.fail(call, Failed(), times=1)
    with pytest.raises(StepFailed):
        await done(world, ApproveNode(id=id_of(machine)))
    for there in world.nodes.values():
        there.mend(call)
    assert format_site_state(world, machine) == before
    node = host_of(world, machine)
    assert (node.status, node.host_id) == (NodeStatus.INSTALL_FAILED, None)
    assert events_of(world)[-1] == "VDS_INSTALL_FAILED"
    assert machine.host.asking
    assert world.ask(machine).state is RegistrationState.PENDING
    await done(world, ApproveNode(id=id_of(machine)))
    assert host_of(world, machine).status is NodeStatus.UP


@pytest.mark.parametrize("call", STEPS_CALLS)
async def test_an_answer_that_got_lost_is_taken_back_or_made_up_for(
    call: str, world: World, machine: FakeMachine
) -> None:
    before = format_site_state(world, machine)
    for node in world.nodes.values():
        node.lose_answer(call, times=1)
    try:
        await done(world, ApproveNode(id=id_of(machine)))
    except StepFailed:
        assert format_site_state(world, machine) == before
    else:
        assert host_of(world, machine).status is NodeStatus.UP


async def test_a_machine_that_never_fetches_its_certificate_stays_outside(world: World, machine: FakeMachine) -> None:
    machine.host.asking = False
    before = format_site_state(world, machine)
    with pytest.raises(StepFailed) as failed:
        await done(world, ApproveNode(id=id_of(machine)))
    assert "node4 answers as a node of the site" in failed.value.error
    assert format_site_state(world, machine) == before
    machine.host.asking = True
    assert world.ask(machine).claim is None, "a certificate that was withdrawn is given to nobody"


async def test_another_machine_at_its_address_is_not_taken_for_it(world: World, machine: FakeMachine) -> None:
    await done(world, ApproveNode(id=id_of(machine)))
    stranger = world.add_machine("node5", 5)
    world.ask(stranger)
    other = FakeMachine("node5", site=world.shared, number=5, engine_fingerprint="")
    stranger.host.fingerprint = other.host.fingerprint
    with pytest.raises(StepFailed) as failed:
        await done(world, ApproveNode(id=id_of(stranger)))
    assert "another machine answers" in failed.value.error


@pytest.mark.parametrize(("name", "number", "reason"), [
    ("node1", 4, "calls itself node1"),
    ("node4", 1, "has the address 192.0.2.11"),
])  # fmt: skip
async def test_what_another_host_has_is_refused_by_name(name: str, number: int, reason: str, world: World) -> None:
    machine = world.add_machine(name, number)
    world.ask(machine)
    with pytest.raises(NotApproved) as refused:
        await done(world, ApproveNode(id=id_of(machine)))
    assert reason in str(refused.value)
    assert machine.host.claimed is None


async def test_two_copies_of_one_disk_are_not_both_taken(world: World, machine: FakeMachine) -> None:
    await done(world, ApproveNode(id=id_of(machine)))
    copy = world.add_machine("node5", 5)
    copy.host.machine_id = machine.host.machine_id
    world.ask(copy)
    with pytest.raises(NotApproved) as refused:
        await done(world, ApproveNode(id=id_of(copy)))
    assert "machine id of host node4" in str(refused.value)


async def test_the_name_of_the_engine_is_nobodys(world: World) -> None:
    machine = world.add_machine("engine.fake", 4)
    world.ask(machine)
    with pytest.raises(StepFailed):
        await done(world, ApproveNode(id=id_of(machine)))
    assert world.nodes[node_id(1)].net.known["engine.fake"] == "192.0.2.10"


async def test_the_approved_one_of_two_with_the_same_name_gets_it(world: World, machine: FakeMachine) -> None:
    second = world.add_machine("node4", 5)
    world.ask(second)
    await done(world, ApproveNode(id=id_of(second)))
    assert (host_of(world, second).name, host_of(world, second).status) == ("node4", NodeStatus.UP)
    world.ask(machine)
    assert host_of(world, machine).name != "node4"
    with pytest.raises(NotApproved):
        await done(world, ApproveNode(id=id_of(machine)))


async def test_a_host_of_the_site_is_not_approved_again(world: World) -> None:
    with pytest.raises(NotApproved):
        await done(world, ApproveNode(id=node_id(1)))


async def test_a_silent_host_does_not_keep_another_one_out(world: World, machine: FakeMachine) -> None:
    """It is told of the new one when it is back."""
    with world.store.transaction() as tx:
        silent = tx.nodes.get(node_id(3))
        assert silent is not None
        tx.nodes.update(replace(silent, status=NodeStatus.NON_RESPONSIVE))
    world.nodes[node_id(3)].stop_answering()
    await done(world, ApproveNode(id=id_of(machine)))
    assert host_of(world, machine).status is NodeStatus.UP
    assert "node4" not in world.nodes[node_id(3)].net.known


# --- and out again -------------------------------------------------------------------------------------------------


async def in_maintenance(world: World, machine: FakeMachine) -> None:
    await done(world, ApproveNode(id=id_of(machine)))
    world.readings.storage = make_report(world.shared.pool_state("node1"))
    await done(world, DeactivateNode(id=id_of(machine)))
    assert host_of(world, machine).status is NodeStatus.MAINTENANCE


async def test_a_removed_host_leaves_nothing_behind(world: World, machine: FakeMachine) -> None:
    before = format_site_state(world, machine)
    await in_maintenance(world, machine)
    await done(world, RemoveNode(id=id_of(machine)))
    with world.store.transaction() as tx:
        assert tx.nodes.get(id_of(machine)) is None
        assert tx.node_registrations.count() == 0
    assert replaced_maintenance(format_site_state(world, machine)) == replaced_maintenance(before)
    assert machine.host.claimed is None
    assert not machine.host.asking, "it asks nobody by itself"
    assert events_of(world)[-1] == "USER_REMOVE_VDS"


def replaced_maintenance(site_state: object) -> object:
    assert isinstance(site_state, tuple)
    claimed, keeps, _ = site_state[7]
    return (*site_state[:7], (claimed, keeps), *site_state[8:])


async def test_it_can_come_back_when_somebody_asks_and_somebody_approves(world: World, machine: FakeMachine) -> None:
    await in_maintenance(world, machine)
    await done(world, RemoveNode(id=id_of(machine)))
    machine.host.asking, machine.attempt = True, "attempt-2"
    assert world.ask(machine).state is RegistrationState.PENDING
    await done(world, ApproveNode(id=id_of(machine)))
    assert host_of(world, machine).status is NodeStatus.UP


@pytest.mark.parametrize("call", ["undeploy_hosted_engine", "set_site_nodes", "leave_lockspace", "unmount",
                                  "make_volume", "remove_peer", "set_names", "leave"])  # fmt: skip
async def test_a_removal_that_failed_in_the_middle_is_gone_on_with(
    call: str, world: World, machine: FakeMachine
) -> None:
    await in_maintenance(world, machine)
    for there in world.nodes.values():
        there.fail(call, Failed(), times=1)
    with pytest.raises(StepFailed):
        await done(world, RemoveNode(id=id_of(machine)))
    for there in world.nodes.values():
        there.mend(call)
    node = host_of(world, machine)
    assert (node.status, "by removing it again" in node.detail) == (NodeStatus.DOWN, True)
    assert events_of(world)[-1] == "USER_FAILED_REMOVE_VDS"
    await done(world, RemoveNode(id=id_of(machine)))
    assert machine.host.claimed is None


async def test_a_host_with_bricks_stays(world: World) -> None:
    await done(world, DeactivateNode(id=node_id(2), force=True))
    with pytest.raises(HostStays) as refused:
        await done(world, RemoveNode(id=node_id(2)))
    assert "bricks of these volumes lie on it: data, engine" in str(refused.value)


async def test_a_host_that_is_up_stays(world: World, machine: FakeMachine) -> None:
    await done(world, ApproveNode(id=id_of(machine)))
    with pytest.raises(HostStays):
        await done(world, RemoveNode(id=id_of(machine)))


async def test_a_host_to_which_a_vm_is_bound_stays(world: World, machine: FakeMachine) -> None:
    await in_maintenance(world, machine)
    vm = vm_of(world, await running_vm(world))
    with world.store.transaction() as tx:
        tx.vms.update(replace(vm, host_ids=(id_of(machine),)))
    with pytest.raises(InUse, match="vm1"):
        await done(world, RemoveNode(id=id_of(machine)))


async def test_a_host_of_another_data_center_has_the_engines_storage_domain(world: World, machine: FakeMachine) -> None:
    """The lockspaces of all hosts lie there."""
    with world.store.transaction() as tx:
        (first,) = tx.data_centers.list()
        tx.data_centers.add(replace(first, id=OTHER_ID, name="other"))
        tx.clusters.add(replace(world.cluster, id=OTHER_ID, name="other", data_center_id=OTHER_ID))
        (network,) = tx.networks.list()
        tx.networks.add(replace(network, id=OTHER_ID, data_center_id=OTHER_ID))
        (link,) = tx.of(ClusterNetwork).list()
        tx.of(ClusterNetwork).add(replace(link, id=OTHER_ID, cluster_id=OTHER_ID, network_id=OTHER_ID))
    await done(world, ApproveNode(id=id_of(machine), cluster_id=OTHER_ID))
    assert host_of(world, machine).status is NodeStatus.UP
    assert machine.storage.joined
