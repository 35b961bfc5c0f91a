"""A host in maintenance is installed anew: what is missing comes back. A host is asked for the version that waits."""

from dataclasses import replace
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from hosted_engine.engine.nodes.commands.install import InstallNode
from hosted_engine.engine.nodes.commands.maintenance import DeactivateNode
from hosted_engine.engine.nodes.commands.upgrade_check import CheckForUpgrade
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.problems import WrongState
from node.api.messages.network import NamesRequest
from node.steps import StepFailed
from tests.fakes.engine import World, node_id
from tests.fakes.machine import FakeMachine
from tests.unit.engine.scenes import done, events_of
from tests.unit.engine.task_scenes.nodes import install_node
from tests.unit.rest.server import served


@pytest.fixture
def world() -> World:
    return World()


def host(world: World, id_: str) -> Node:
    with world.store.transaction() as tx:
        node = tx.nodes.get(id_)
    assert node is not None
    return node


def machine_of(world: World, id_: str) -> FakeMachine:
    machine = world.nodes[id_]
    assert isinstance(machine, FakeMachine)
    return machine


async def test_what_was_lost_on_it_comes_back_with_another_certificate(world: World) -> None:
    command = await install_node(world)
    assert isinstance(command, InstallNode)
    machine = machine_of(world, command.id)
    assert machine.host.claimed is not None
    before, before_it = machine.host.claimed.certificate_pem, len(events_of(world))
    machine.net.set_names(NamesRequest(names={}))
    machine.storage.joined.clear()
    machine.storage.mounted.clear()
    machine.ha_service.hosted_engine_deployed = False
    await done(world, command)
    assert host(world, command.id).status is NodeStatus.MAINTENANCE
    assert machine.host.claimed.certificate_pem != before
    assert machine.net.known["node1"]
    assert len(machine.storage.mounted) == 2
    assert len(machine.storage.joined) == 1
    assert machine.ha_service.hosted_engine_deployed
    assert "VDS_DETECTED" not in events_of(world)[before_it:], "it was never up: VMs would have been put there"
    assert [one for one in events_of(world)[before_it:] if "INSTALL" in one] == [
        "VDS_INSTALL_IN_PROGRESS",
        "VDS_INSTALL",
    ]


async def test_it_is_activated_where_that_is_said(world: World) -> None:
    command = await install_node(world)
    assert isinstance(command, InstallNode)
    await done(world, InstallNode(id=command.id, activate=True))
    assert host(world, command.id).status is NodeStatus.UP


async def test_a_failure_leaves_it_in_maintenance_with_its_reason(world: World) -> None:
    command = await install_node(world)
    assert isinstance(command, InstallNode)
    world.nodes[command.id].stop_answering()
    with pytest.raises(StepFailed):
        await done(world, command)
    assert "VDS_INSTALL_FAILED" in events_of(world)
    world.nodes[command.id].speak_again()


async def test_only_a_host_in_maintenance_is_installed(world: World) -> None:
    with pytest.raises(WrongState, match="has to be in Maintenance mode"):
        await done(world, InstallNode(id=node_id(2)))
    await done(world, DeactivateNode(id=node_id(2), force=True))
    others = [replace(host(world, node_id(number)), status=NodeStatus.NON_RESPONSIVE) for number in (1, 3)]
    with world.store.transaction() as tx:
        for other in others:
            tx.nodes.update(other)
    with pytest.raises(WrongState, match="no other host is up"):
        await done(world, InstallNode(id=node_id(2)))


async def test_a_version_that_waits_is_an_update_that_is_there(world: World) -> None:
    await done(world, CheckForUpgrade(id=node_id(2)))
    world.nodes[node_id(2)].host.waiting_version = "0.2.0"
    await done(world, CheckForUpgrade(id=node_id(2)))
    assert events_of(world)[-4:] == ["HOST_AVAILABLE_UPDATES_STARTED", "HOST_AVAILABLE_UPDATES_FINISHED"] * 2
    with world.store.transaction() as tx:
        newest = tx.events.list()[0].description
    assert "0.2.0 is written and waits for a reboot" in newest


async def test_a_host_that_does_not_answer_is_told_so(world: World) -> None:
    world.nodes[node_id(2)].stop_answering()
    with pytest.raises(StepFailed):
        await done(world, CheckForUpgrade(id=node_id(2)))
    assert events_of(world)[-1] == "HOST_AVAILABLE_UPDATES_FAILED"


def test_the_sdk_installs_checks_and_is_refused_by_name(tmp_path: Path) -> None:
    with served(tmp_path) as engine, engine.connection() as connection:
        hosts = connection.system_service().hosts_service()
        (node,) = hosts.list(search="name=node2")
        service = hosts.host_service(node.id)
        service.upgrade_check()
        assert service.get().update_available is False
        with pytest.raises(sdk.Error, match="There are no available upgrades"):
            service.upgrade()
        engine.world.nodes[node.id].host.waiting_version = "0.2.0"
        service.upgrade_check()
        assert service.get().update_available is True
        assert [one.name for one in hosts.list(search="update_available=true")] == ["node2"]
        with pytest.raises(sdk.Error, match="started by a reboot at the host itself"):
            service.upgrade()
        key = types.Ssh(authentication_method=types.SshAuthenticationMethod.PUBLICKEY)
        for given, message in (
            ({"root_password": "secret"}, "reached by its certificate"),
            ({"reboot": True}, "needs a reboot"),
            ({"undeploy_hosted_engine": True}, "every host keeps the engine alive"),
            ({"ssh": key}, "has to be in Maintenance mode"),
        ):
            with pytest.raises(sdk.Error, match=message):
                service.install(**given)
