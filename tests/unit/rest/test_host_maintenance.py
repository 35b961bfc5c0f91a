"""Hosts into maintenance and back, and the engine VM edited, by the unmodified SDK: parameters, statuses, refusals."""

from collections.abc import Iterator
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from gluster.report import make_report
from node.api.messages.ha import EngineVmConfig
from node.storage import engine_vm_files
from tests.fakes.engine import ENGINE_VM_ID, node_id
from tests.unit.rest.server import Served, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as running:
        node = running.world.nodes[node_id(1)]
        running.world.readings.storage = make_report(node.site.pool_state("node1"))
        yield running


@pytest.fixture
def hosts(site: Served) -> Iterator[sdk.services.HostsService]:
    with site.connection() as connection:
        yield connection.system_service().hosts_service()


def test_a_host_goes_into_maintenance_with_a_reason_and_comes_back(hosts: sdk.services.HostsService) -> None:
    service = hosts.host_service(node_id(2))
    service.deactivate(reason="a new disk", async_=False)
    host = service.get()
    assert (host.status, host.status_detail) == (types.HostStatus.MAINTENANCE, "a new disk")
    assert hosts.list(search="status=maintenance")[0].name == "node2"
    assert host.hosted_engine.configured
    service.activate(async_=False)
    host = service.get()
    assert (host.status, host.status_detail) == (types.HostStatus.UP, None)


def test_what_is_refused_is_a_conflict_in_words(hosts: sdk.services.HostsService) -> None:
    with pytest.raises(sdk.Error, match="Cannot activate Host node2: Host is already up") as refused:
        hosts.host_service(node_id(2)).activate()
    assert refused.value.code == 409


def test_stopping_gluster_is_not_there_and_not_passed_over(site: Served, hosts: sdk.services.HostsService) -> None:
    with pytest.raises(sdk.Error, match="stop_gluster_service = true is not there yet"):
        hosts.host_service(node_id(2)).deactivate(stop_gluster_service=True)
    with pytest.raises(sdk.Error, match="stop_gluster_service = true is not there yet"):
        hosts.host_service(node_id(2)).deactivate(query={"stop_gluster_service": "true"})
    assert hosts.host_service(node_id(2)).get().status == types.HostStatus.UP


def test_force_goes_past_an_unknown_storage(site: Served, hosts: sdk.services.HostsService) -> None:
    site.world.readings.storage = None
    with pytest.raises(sdk.Error, match="nobody can say how the Gluster volumes are"):
        hosts.host_service(node_id(2)).deactivate()
    hosts.host_service(node_id(2)).deactivate(query={"force": "true"}, async_=False)
    assert hosts.host_service(node_id(2)).get().status == types.HostStatus.MAINTENANCE


def test_the_engines_own_vm_is_edited_for_its_next_start(site: Served) -> None:
    node = site.world.nodes[node_id(1)]
    config = EngineVmConfig(id=ENGINE_VM_ID, name="HostedEngine", memory_bytes=1 << 30)
    for name in (engine_vm_files.WANTED, engine_vm_files.GOOD):
        node.storage.put_engine_vm(name, config)
    with site.connection() as connection:
        service = connection.system_service().vms_service().vm_service(ENGINE_VM_ID)
        service.update(types.Vm(memory=2 << 30, memory_policy=types.MemoryPolicy(guaranteed=2 << 30)))
        vm = service.get()
        assert (vm.memory, vm.next_run_configuration_exists) == (1 << 30, True)
        assert service.get(next_run=True).memory == 2 << 30
        with pytest.raises(sdk.Error, match="Cannot change name of VM HostedEngine"):
            service.update(types.Vm(name="other"))
        with pytest.raises(sdk.Error):
            service.stop()
