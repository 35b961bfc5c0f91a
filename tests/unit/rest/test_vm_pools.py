"""Pools of VMs through the unmodified SDK: made, found, taken from by a user, changed, removed."""

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest import people
from tests.unit.rest.server import Served


def pool(name: str, **more: object) -> types.VmPool:
    return types.VmPool(name=name, cluster=types.Cluster(name="Default"), template=types.Template(name="tiny"), **more)


def test_a_pool_from_its_addition_to_its_removal(system: services.SystemService) -> None:
    pools, vms = system.vm_pools_service(), system.vms_service()
    added = pools.add(pool("office-??", size=2, type=types.VmPoolType.MANUAL, max_user_vms=2), query={"async": "false"})
    assert (added.size, added.type, added.max_user_vms, added.stateful) == (2, types.VmPoolType.MANUAL, 2, False)
    assert [vm.name for vm in vms.list(search="pool=office*")] == ["office-01", "office-02"]
    assert vms.list(search="name=office-01")[0].vm_pool.id == added.id
    assert [one.name for one in pools.list(search="assigned_vm_count=2 and cluster=Default")] == ["office-??"]
    service = pools.pool_service(added.id)
    assert service.update(types.VmPool(size=3, comment="grown")).size == 3
    assert service.update(service.get()).comment == "grown"
    service.allocate_vm(async_=False)
    assert [one.name for one in pools.list(search="running_vm_count > 0")] == ["office-??"]
    with pytest.raises(sdk.Error, match="one of VM pool"):
        vms.vm_service(vms.list(search="name=office-03")[0].id).remove()
    service.remove(async_=False)
    assert (pools.list(search="office*"), vms.list(search="name=office*")) == ([], [])


def test_a_user_takes_a_vm_and_sees_no_other(engine: Served, system: services.SystemService) -> None:
    added = system.vm_pools_service().add(pool("desk", size=2), query={"async": "false"})
    service = system.vm_pools_service().pool_service(added.id)
    user = people.add_user(engine.world.store, "pooluser")
    service.permissions_service().add(types.Permission(role=types.Role(name="UserRole"), user=types.User(id=user.id)))
    connection = engine.connection(people.PASSWORD, user=user.login, headers={"Filter": "true"})
    mine = connection.system_service()
    assert [one.name for one in mine.vm_pools_service().list()] == ["desk"]
    assert mine.vms_service().list() == []
    mine.vm_pools_service().pool_service(added.id).allocate_vm(async_=False)
    assert [(vm.name, vm.status) for vm in mine.vms_service().list()] == [("desk-1", types.VmStatus.UP)]
    mine.vms_service().vm_service(mine.vms_service().list()[0].id).stop(async_=False)
    assert mine.vms_service().list() == []
    connection.close()
    service.remove(async_=False)
