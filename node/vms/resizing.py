"""Processors and memory for running VMs: plugged in, and processors out again."""

import asyncio
import xml.etree.ElementTree as ET
from collections import defaultdict

from node.api.messages.vms import VmCpus, VmMemory, VmState
from node.api.refusals import NotPluggable, vm_uuid
from node.system.threads import Threads
from node.vms.elements import add
from node.vms.hypervisor import Domain, Hypervisor, HypervisorFailed
from node.vms.states import state_of

CPUS, MEMORY = "processors", "memory"


class Resizing:
    def __init__(self, hypervisor: Hypervisor, threads: Threads) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def set_vm_cpus(self, vm_id: str, cpus: VmCpus) -> None:
        async with self._locks[vm_uuid(vm_id)]:
            vm, domain = await self._running(vm_id, CPUS)
            if (reason := why_not_cpus(domain, cpus.count)) is not None:
                raise NotPluggable(device=CPUS, vm=vm.title, reason=reason)
            if cpus.count == current_cpus(domain):
                return
            try:
                await self._threads(self._hypervisor.set_cpus, vm_id, cpus.count)
            except HypervisorFailed as err:
                raise NotPluggable(device=CPUS, vm=vm.title, reason=err.text.why) from err

    async def set_vm_memory(self, vm_id: str, memory: VmMemory) -> None:
        async with self._locks[vm_uuid(vm_id)]:
            vm, domain = await self._running(vm_id, MEMORY)
            if (reason := why_not_memory(domain, memory.size_bytes)) is not None:
                raise NotPluggable(device=MEMORY, vm=vm.title, reason=reason)
            missing = memory.size_bytes // 1024 - current_memory_kib(domain)
            if not missing:
                return
            try:
                await self._threads(self._hypervisor.attach_device, vm_id, dimm(missing))
            except HypervisorFailed as err:
                raise NotPluggable(device=MEMORY, vm=vm.title, reason=err.text.why) from err

    async def _running(self, vm_id: str, device: str) -> tuple[Domain, ET.Element]:
        """The VM, and what libvirt says of it."""
        vm = await self._threads(self._hypervisor.find, vm_id)
        if vm is None:
            raise NotPluggable(device=device, vm=vm_id, reason="it does not run on this node")
        if (state := state_of(vm.state, vm.reason)[0]) not in (VmState.UP, VmState.PAUSED):
            raise NotPluggable(device=device, vm=vm.title, reason=f"it is {state}")
        return vm, ET.fromstring(await self._threads(self._hypervisor.live_xml, vm_id))


def current_cpus(domain: ET.Element) -> int:
    vcpu = _vcpu(domain)
    return int(vcpu.get("current") or vcpu.text or 0)


def current_memory_kib(domain: ET.Element) -> int:
    """With what was plugged in."""
    return int(domain.findtext("memory", "0"))


def why_not_cpus(domain: ET.Element, count: int) -> str | None:
    most = int(_vcpu(domain).text or 0)
    if count < 1:
        return f"{count} are too few"
    return f"it was started for no more than {most}, not for {count}" if count > most else None


def why_not_memory(domain: ET.Element, size_bytes: int) -> str | None:
    now, wanted, most = current_memory_kib(domain), size_bytes // 1024, domain.findtext("maxMemory")
    if wanted < now:
        return f"it has {now} KiB, and memory cannot be taken from it while it runs"
    if wanted > now and (most is None or wanted > int(most)):
        return f"it was started for no more than {most or now} KiB, not for {wanted}"
    return None


def dimm(size_kib: int) -> str:
    memory = ET.Element("memory", model="dimm")
    target = add(memory, "target")
    add(target, "size", str(size_kib), unit="KiB")
    add(target, "node", "0")
    return ET.tostring(memory, encoding="unicode")


def _vcpu(domain: ET.Element) -> ET.Element:
    vcpu = domain.find("vcpu")
    assert vcpu is not None
    return vcpu
