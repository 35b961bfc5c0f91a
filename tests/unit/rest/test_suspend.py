"""Suspending a VM through the unmodified SDK, and what becomes of its memory on the nodes."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.server import Served
from tests.unit.rest.test_vm_settings import new

Status = types.VmStatus


@pytest.fixture
def vm(engine: Served) -> Iterator[services.VmService]:
    """It runs, and is gone with the test."""
    connection = engine.connection()
    vms = connection.system_service().vms_service()
    added = vms.add(new("suspended"), query={"async": "false"})
    service = vms.vm_service(added.id)
    service.start(async_=False)
    yield service
    if service.get().status is not Status.DOWN:
        service.stop(async_=False)
    service.remove(async_=False)
    connection.close()


def memories(engine: Served) -> int:
    node = next(iter(engine.world.nodes.values()))
    return sum(image.image_id == "memory" for image in node.site.images)


def running(engine: Served) -> int:
    return sum(node.machines.running() for node in engine.world.nodes.values())


def test_a_suspended_vm_goes_on_from_its_memory(engine: Served, vm: services.VmService) -> None:
    vm.suspend(async_=False)
    shown = vm.get()
    assert (shown.status, shown.host, memories(engine), running(engine)) == (Status.SUSPENDED, None, 1, 0)
    vm.start(async_=False)
    assert (vm.get().status, memories(engine), running(engine)) == (Status.UP, 0, 1)


def test_a_suspended_vm_that_is_stopped_has_no_memory_any_more(engine: Served, vm: services.VmService) -> None:
    vm.suspend(async_=False)
    with pytest.raises(sdk.Error, match="it is suspended") as refused:
        vm.remove()
    assert refused.value.code == 409
    vm.stop(reason="not needed", async_=False)
    shown = vm.get()
    assert (shown.status, shown.stop_reason, memories(engine)) == (Status.DOWN, "not needed", 0)


def test_what_changes_of_a_suspended_vm_waits_for_its_end(vm: services.VmService) -> None:
    before = vm.get().memory
    vm.suspend(async_=False)
    vm.update(types.Vm(memory=2 * before, memory_policy=types.MemoryPolicy(max=8 * before)))
    vm.start(async_=False)
    assert (vm.get().memory, vm.get().next_run_configuration_exists) == (before, True)
    vm.stop(async_=False)
    assert vm.get().memory == 2 * before


def test_only_what_is_up_is_suspended(vm: services.VmService) -> None:
    vm.stop(async_=False)
    with pytest.raises(sdk.Error, match="Cannot suspend VM suspended: it is down") as refused:
        vm.suspend()
    assert refused.value.code == 409
