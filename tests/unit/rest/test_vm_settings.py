"""What a VM is told through the unmodified SDK reaches its node, or is refused by name."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from node.api.messages.vms import BootDevice, Firmware, VmSpec
from tests.fakes.node.vms import FakeVms
from tests.unit.rest.server import Served


@pytest.fixture
def vms(engine: Served) -> Iterator[services.VmsService]:
    connection = engine.connection()
    yield connection.system_service().vms_service()
    connection.close()


def new(name: str, **more: Any) -> types.Vm:
    return types.Vm(name=name, cluster=types.Cluster(name="Default"), template=types.Template(name="tiny"), **more)


def machines_of(engine: Served, vm_id: str) -> FakeVms:
    return next(n.machines for n in engine.world.nodes.values() if any(m.id == vm_id for m in n.machines.vms()))


def spec_of(engine: Served, vm_id: str) -> VmSpec:
    return machines_of(engine, vm_id).spec(vm_id)


def boots_of(engine: Served, vm_id: str) -> int:
    return machines_of(engine, vm_id).boots(vm_id)


def started(engine: Served, vms: services.VmsService, wanted: types.Vm, **run: Any) -> VmSpec:
    added = vms.add(wanted, query={"async": "false"})
    service = vms.vm_service(added.id)
    service.start(async_=False, **run)
    spec = spec_of(engine, added.id)
    service.stop(async_=False)
    service.remove(async_=False)
    return spec


SETTINGS = [
    ({"bios": types.Bios(type=types.BiosType.I440FX_SEA_BIOS)}, "machine", "pc"),
    ({"bios": types.Bios(type=types.BiosType.Q35_OVMF)}, "firmware", Firmware.UEFI),
    ({"bios": types.Bios(type=types.BiosType.Q35_SECURE_BOOT)}, "firmware", Firmware.UEFI_SECURE_BOOT),
    ({"bios": types.Bios(boot_menu=types.BootMenu(enabled=True))}, "boot_menu", True),
    ({"custom_emulated_machine": "pc-q35-9.0"}, "machine", "pc-q35-9.0"),
    ({"custom_cpu_model": "Nehalem"}, "cpu_model", "Nehalem"),
    ({"io": types.Io(threads=2)}, "io_threads", 2),
    ({"memory_policy": types.MemoryPolicy(ballooning=False)}, "ballooning", False),
    ({"memory_policy": types.MemoryPolicy(guaranteed=32 << 20)}, "memory_guaranteed_bytes", 32 << 20),
    ({"start_paused": True}, "start_paused", True),
    ({"time_zone": types.TimeZone(name="Europe/Berlin")}, "time_zone", "Europe/Berlin"),
    ({"usb": types.Usb(enabled=True)}, "usb", True),
    ({"virtio_scsi": types.VirtioScsi(enabled=False)}, "virtio_scsi", False),
    (
        {"os": types.OperatingSystem(boot=types.Boot(devices=[types.BootDevice.NETWORK, types.BootDevice.HD]))},
        "boot_devices",
        (BootDevice.NETWORK, BootDevice.HD),
    ),
    (
        {"serial_number": types.SerialNumber(policy=types.SerialNumberPolicy.CUSTOM, value="A-1")},
        "serial_number",
        "A-1",
    ),
]


@pytest.mark.parametrize(("given", "field", "value"), SETTINGS, ids=[f"{f}={v}" for _, f, v in SETTINGS])
def test_a_setting_reaches_the_node(
    engine: Served, vms: services.VmsService, given: dict[str, Any], field: str, value: Any
) -> None:
    assert getattr(started(engine, vms, new("set", **given)), field) == value


def test_processors_have_queues(engine: Served, vms: services.VmsService) -> None:
    cpu = types.Cpu(topology=types.CpuTopology(sockets=2, cores=4, threads=1))
    assert started(engine, vms, new("queues", cpu=cpu, virtio_scsi_multi_queues=-1)).scsi_queues == 4
    assert started(engine, vms, new("queues", cpu=cpu, virtio_scsi_multi_queues=2)).scsi_queues == 2


def test_one_run_may_differ(engine: Served, vms: services.VmsService) -> None:
    cd_first = types.Vm(os=types.OperatingSystem(boot=types.Boot(devices=[types.BootDevice.CDROM])))
    assert started(engine, vms, new("once"), vm=cd_first).boot_devices == (BootDevice.CDROM,)
    assert started(engine, vms, new("once"), pause=True).start_paused


def test_a_stateless_run_has_a_snapshot_until_it_ends(engine: Served, vms: services.VmsService) -> None:
    vm = vms.add(new("fresh", stateless=True), query={"async": "false"})
    service = vms.vm_service(vm.id)
    assert service.get().stateless
    kinds = [[one.snapshot_type for one in service.snapshots_service().list()]]
    once = types.Vm(stateless=False)
    for act in (service.start, service.stop, partial(service.start, vm=once), service.stop):
        act(async_=False)
        kinds.append([one.snapshot_type for one in service.snapshots_service().list()])
    active, stateless = types.SnapshotType.ACTIVE, types.SnapshotType.STATELESS
    assert kinds == [[active], [active, stateless], [active], [active], [active]]
    service.remove(async_=False)


def test_a_paused_vm_goes_on_when_it_is_started(engine: Served, vms: services.VmsService) -> None:
    vm = vms.add(new("paused"), query={"async": "false"})
    service = vms.vm_service(vm.id)
    service.start(pause=True, async_=False)
    assert service.get().status is types.VmStatus.PAUSED
    service.start(async_=False)
    assert service.get().status is types.VmStatus.UP
    service.stop(reason="tidying up", async_=False)
    assert service.get().stop_reason == "tidying up"
    service.remove(async_=False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tpm_enabled": True}, "vm.tpm_enabled = true is not there yet"),
        ({"console": types.Console(enabled=False)}, "vm.console.enabled = false is not there yet"),
        ({"custom_properties": [types.CustomProperty(name="a", value="b")]}, "vm.custom_properties"),
        ({"initialization": types.Initialization(regenerate_ids=True)}, "vm.initialization.regenerate_ids = true"),
        ({"lease": types.StorageDomainLease(storage_domain=types.StorageDomain(name="data"))}, "vm.lease"),
        ({"type": types.VmType.HIGH_PERFORMANCE}, "vm.type.*cannot pin"),
        ({"time_zone": types.TimeZone(name="Mars/Olympus")}, "vm.time_zone.name.*no such time zone"),
        ({"custom_emulated_machine": "vax"}, "vm.custom_emulated_machine.*no machine of QEMU"),
        ({"serial_number": types.SerialNumber(value="A-1")}, "vm.serial_number.value.*policy custom"),
        ({"cpu_shares": 512}, "vm.cpu_shares = 512 is not there yet"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_not_carried_out_is_refused_by_name(
    vms: services.VmsService, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(sdk.Error, match=message):
        vms.add(new("refused", **given))
    assert vms.list(search="name=refused") == []


def test_a_vm_that_runs_is_booted_again_and_one_that_does_not_is_not(engine: Served, vms: services.VmsService) -> None:
    vm = vms.add(new("again"), query={"async": "false"})
    service = vms.vm_service(vm.id)
    for act in (service.reset, service.reboot):
        with pytest.raises(sdk.Error, match="it is down"):
            act(async_=False)
    service.start(async_=False)
    service.reset(async_=False)
    service.reboot(force=True, async_=False)
    assert (service.get().status, boots_of(engine, vm.id)) == (types.VmStatus.UP, 3)
    service.reboot(async_=False)
    assert (service.get().status, boots_of(engine, vm.id)) == (types.VmStatus.REBOOT_IN_PROGRESS, 4)
    service.stop(async_=False)
    service.remove(async_=False)


def test_a_whole_object_may_be_sent_back(vms: services.VmsService) -> None:
    vm = vms.add(new("whole"), query={"async": "false"})
    service = vms.vm_service(vm.id)
    service.update(service.get())
    with pytest.raises(sdk.Error, match=r"vm\.initialization\.host_name"):
        service.update(types.Vm(initialization=types.Initialization(host_name="h h")))
    service.remove(async_=False)


def test_what_runs_is_changed_with_its_next_start(engine: Served, vms: services.VmsService) -> None:
    vm = vms.add(new("running"), query={"async": "false"})
    service = vms.vm_service(vm.id)
    service.start(async_=False)
    service.update(types.Vm(memory=256 << 20, description="at once"), next_run=True)
    now, later = service.get(), service.get(next_run=True)
    assert (now.memory, now.description, now.next_run_configuration_exists) == (64 << 20, "at once", True)
    assert later.memory == 256 << 20
    service.stop(async_=False)
    now = service.get()
    assert (now.memory, now.next_run_configuration_exists) == (256 << 20, False)
    service.remove(async_=False)
