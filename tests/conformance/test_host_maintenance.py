"""A host goes into maintenance by the unmodified SDK, also the one with the engine, which moves away first."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance.outside import until
from tests.conformance.test_sdk import connect, new_vm
from tests.lab import ha_run
from tests.lab.under_test import LabUnderTest

MAINTENANCE, UP = types.HostStatus.MAINTENANCE, types.HostStatus.UP
REPORTED_WITHIN_S = 60
REASON = "a new disk"


@pytest.fixture
def whole(lab: LabUnderTest) -> Iterator[LabUnderTest]:
    ha_run.wait_whole(lab)
    yield lab
    for node in lab.nodes:
        lab.exec(node, "trivet", "ha", "maintenance", "none")
    ha_run.wait_whole(lab)


def test_a_host_without_the_engine_goes_and_comes_and_so_does_one_by_hand(whole: LabUnderTest) -> None:
    name = next(node for node in whole.nodes if node != ha_run.engine_host(whole))
    with connect(whole) as connection:
        service = host(connection, name)
        service.deactivate(reason=REASON, async_=False)
        assert (service.get().status, service.get().status_detail) == (MAINTENANCE, REASON)
        assert whole.exec(name, "cat", "/var/lib/trivet/ha/local-maintenance") == REASON
        until("trivet-ha keeps to it", lambda: state(whole, name) == "local_maintenance", timeout_s=REPORTED_WITHIN_S)
        vms = connection.system_service().vms_service()
        policy = types.VmPlacementPolicy(hosts=[types.Host(name=name)])
        vm = vms.vm_service(vms.add(new_vm("in-maintenance")).id)
        until("the VM is made", lambda: bool(vm.get().status == types.VmStatus.DOWN), timeout_s=180)
        with pytest.raises(sdk.Error, match=f"{name} is maintenance"):
            vm.start(vm=types.Vm(placement_policy=policy))
        vm.remove()
        service.activate(async_=False)
        assert service.get().status == UP

        whole.exec(name, "trivet", "ha", "maintenance", "local", "--reason", "by hand")
        until("it is shown", lambda: bool(service.get().status == MAINTENANCE), timeout_s=REPORTED_WITHIN_S)
        assert service.get().status_detail == "by hand"
        whole.exec(name, "trivet", "ha", "maintenance", "none")
        until("its end is shown", lambda: bool(service.get().status == UP), timeout_s=REPORTED_WITHIN_S)


@pytest.mark.long
@pytest.mark.timeout(3 * ha_run.HANG_S)
def test_the_engines_host_goes_into_maintenance_after_the_engine_has_left_it(whole: LabUnderTest) -> None:
    name = ha_run.engine_host(whole)
    with connect(whole) as connection:
        host(connection, name).deactivate(reason=REASON)
    ha_run.until("the engine has left", lambda: name not in ha_run.engine_hosts(whole))
    ha_run.until("the API shows it", lambda: ha_run.host_states(whole).get(name) == "maintenance")
    assert len(ha_run.engine_hosts(whole)) == 1
    with connect(whole) as connection:
        service = host(connection, name)
        assert service.get().status_detail == REASON
        assert events(connection, name) >= {"600", "15"}
        service.activate(async_=False)
        until("it is up", lambda: bool(service.get().status == UP), timeout_s=REPORTED_WITHIN_S)
    ha_run.until("it can take the engine again", lambda: score(whole, name) > 0)
    assert name not in ha_run.engine_hosts(whole)


def host(connection: sdk.Connection, name: str) -> sdk.services.HostService:
    hosts = connection.system_service().hosts_service()
    return hosts.host_service(hosts.list(search=f"name={name}")[0].id)


def state(lab: LabUnderTest, name: str) -> str:
    return str(ha_run.why(lab, name).get("decision", {}).get("state"))


def score(lab: LabUnderTest, name: str) -> int:
    return int(ha_run.why(lab, name).get("decision", {}).get("score", 0))


def events(connection: sdk.Connection, name: str) -> set[str]:
    """The codes of the host's events."""
    found = connection.system_service().events_service().list(max=200)
    own = host(connection, name).get().id
    return {str(event.code) for event in found if event.host is not None and event.host.id == own}
