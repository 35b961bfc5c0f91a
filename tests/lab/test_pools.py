"""A pool of VMs: filled by itself, one runs before anybody asks, one is taken, all of it goes."""

import uuid
from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance.outside import all_traces, running, until
from tests.conformance.test_sdk import STATUS_DOWN, STATUS_UP, UP_WITHIN_S, connect
from tests.lab.under_test import LabUnderTest

pytestmark = pytest.mark.long

SIZE = 3
WORK_WITHIN_S = 180


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    with connect(lab) as connection:
        yield connection.system_service()


def test_a_pool_keeps_a_vm_ready_gives_one_and_goes(lab: LabUnderTest, system: sdk.services.SystemService) -> None:
    before, name = all_traces(lab), f"test-{uuid.uuid4().hex[:8]}"

    def vms() -> list[types.Vm]:
        return list(system.vms_service().list(search=f"name={name}-*"))

    def up() -> set[str]:
        return {vm.id for vm in vms() if vm.status == STATUS_UP}

    pools = system.vm_pools_service()
    wanted = types.VmPool(
        name=name, cluster=types.Cluster(name="Default"), template=types.Template(name="tiny"), size=SIZE
    )
    pool = pools.pool_service(pools.add(wanted).id)
    until("the pool is filled", lambda: [vm.status for vm in vms()] == [STATUS_DOWN] * SIZE, timeout_s=WORK_WITHIN_S)
    pool.update(types.VmPool(prestarted_vms=1))
    until("one runs before anybody asks", lambda: len(up()) == 1, timeout_s=UP_WITHIN_S)
    (ready,) = up()
    pool.allocate_vm()
    until("the one that is taken has a successor", lambda: len(up()) == 2, timeout_s=UP_WITHIN_S)
    assert ready in {vm_id for node in lab.nodes for vm_id in running(lab, node)}
    for vm in vms():
        if vm.status != STATUS_DOWN:
            system.vms_service().vm_service(vm.id).stop()
    pool.update(types.VmPool(prestarted_vms=0))
    until("all are down", lambda: not up(), timeout_s=WORK_WITHIN_S)
    pool.remove()
    until("pool and VMs are gone", lambda: not vms() and not pools.list(search=f"name={name}"), timeout_s=WORK_WITHIN_S)
    until("nothing of it is left on any node", lambda: all_traces(lab) == before, timeout_s=90)
