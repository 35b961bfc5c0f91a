"""Plugs disks and NICs into running VMs and out of them; a guest has to let go of what is taken."""

import asyncio
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePosixPath

from node.api.messages.images import ImageRef
from node.api.messages.vms import VmDisk, VmNic, VmState
from node.api.refusals import NotPluggable, NotUnplugged, token, vm_uuid
from node.clock import Clock
from node.storage import layout
from node.system.threads import Threads
from node.vms.domain_devices import add_disk, add_nic, bus_of, device_name
from node.vms.domain_facts import DomainFacts
from node.vms.hotplug_plan import changed_nic, disk_at, nic_of, taken_names, why_disk_not_pluggable
from node.vms.hypervisor import Domain, Hypervisor, HypervisorFailed
from node.vms.lock_errors import lock_error
from node.vms.states import state_of
from node.waiting import wait_until

UNPLUG_S = 60.0
POLL_S = 0.5
Find = Callable[[ET.Element], ET.Element | None]


class HotPlug:
    """`ready` raises Refused when something that a device needs is missing."""

    def __init__(
        self,
        hypervisor: Hypervisor,
        threads: Threads,
        clock: Clock,
        volumes: PurePosixPath,
        *,
        ready: Callable[[DomainFacts], Awaitable[None]],
    ) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._clock = clock
        self._volumes = volumes
        self._ready = ready
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def plug_disk(self, vm_id: str, disk: VmDisk) -> None:
        path, device = str(layout.image(self._volumes, disk.image)), f"disk {disk.image.disk_id}"
        async with self._locks[vm_uuid(vm_id)]:
            vm = await self._running(vm_id, device)
            domain = await self._live(vm_id)
            if disk_at(domain, path) is not None:
                return
            if (reason := why_disk_not_pluggable(domain, disk.bus)) is not None:
                raise NotPluggable(device=device, vm=vm.title, reason=reason)
            facts = DomainFacts(id=vm_id, title=vm.title, disks=(path,), bridges=(), leases=())
            await self._ready(facts)
            prefix, bus = bus_of(disk.bus, "q35")
            devices = ET.Element("devices")
            add_disk(devices, disk, device_name(prefix, taken_names(domain)), bus, 0, self._volumes)
            await self._attach(vm, devices[0], device, facts)

    async def unplug_disk(self, vm_id: str, image: ImageRef) -> None:
        path = str(layout.image(self._volumes, image))
        await self._unplug(vm_id, f"disk {image.disk_id}", partial(disk_at, path=path))

    async def plug_nic(self, vm_id: str, nic: VmNic) -> None:
        device = f"NIC {token('NIC id', nic.id)}"
        async with self._locks[vm_uuid(vm_id)]:
            vm = await self._running(vm_id, device)
            facts = DomainFacts(id=vm_id, title=vm.title, disks=(), bridges=(nic.bridge,), leases=())
            await self._ready(facts)
            there = nic_of(await self._live(vm_id), nic.id)
            if there is None:
                devices = ET.Element("devices")
                add_nic(devices, nic, None)
                await self._attach(vm, devices[0], device, facts)
                return
            try:
                changed = changed_nic(there, nic)
            except ValueError as err:
                raise NotPluggable(device=device, vm=vm.title, reason=str(err)) from err
            if changed is not None:
                await self._threads(self._hypervisor.update_device, vm_id, changed)

    async def unplug_nic(self, vm_id: str, nic_id: str) -> None:
        await self._unplug(vm_id, f"NIC {token('NIC id', nic_id)}", partial(nic_of, nic_id=nic_id))

    async def _attach(self, vm: Domain, element: ET.Element, device: str, facts: DomainFacts) -> None:
        try:
            await self._threads(self._hypervisor.attach_device, vm.id, ET.tostring(element, encoding="unicode"))
        except HypervisorFailed as err:
            raise NotPluggable(device=device, vm=vm.title, reason=lock_error(err.text.why, facts)) from err

    async def _unplug(self, vm_id: str, device: str, find: Find) -> None:
        async with self._locks[vm_uuid(vm_id)]:
            vm = await self._running(vm_id, device)
            if (element := find(await self._live(vm_id))) is None:
                return
            reason = ""
            try:
                text = ET.tostring(element, encoding="unicode")
                await self._threads(self._hypervisor.detach_device, vm_id, text)
            except HypervisorFailed as err:  # it was asked before, and may do it still
                reason = f" ({err.text.why})"

            async def let_go() -> bool | None:
                return None if await self._has(vm_id, find) else True

            if await wait_until(let_go, self._clock, within_s=UNPLUG_S, every_s=POLL_S) is None:
                raise NotUnplugged(vm=vm.title, device=device, seconds=int(UNPLUG_S), reason=reason)

    async def _has(self, vm_id: str, find: Find) -> bool:
        """Not, when the VM is gone meanwhile."""
        try:
            return find(await self._live(vm_id)) is not None
        except HypervisorFailed:
            if await self._threads(self._hypervisor.find, vm_id) is None:
                return False
            raise

    async def _running(self, vm_id: str, device: str) -> Domain:
        domain = await self._threads(self._hypervisor.find, vm_id)
        if domain is None:
            raise NotPluggable(device=device, vm=vm_id, reason="it does not run on this node")
        if (state := state_of(domain.state, domain.reason)[0]) not in (VmState.UP, VmState.PAUSED):
            raise NotPluggable(device=device, vm=domain.title, reason=f"it is {state}")
        return domain

    async def _live(self, vm_id: str) -> ET.Element:
        return ET.fromstring(await self._threads(self._hypervisor.live_xml, vm_id))
