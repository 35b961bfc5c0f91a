"""Runs inside the machine: what the settings of a VM come to in libvirt, QEMU and the guest."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import libvirt

from node.api.messages.vms import (
    VmSpec,
    VmState,
)
from node.clock import SystemClock
from node.observe.parse import Memory
from node.system.threads import Threads
from node.vms.balloon_controller import BalloonController
from node.vms.domain_xml import domain_xml
from node.vms.libvirt_hypervisor import URI
from tests.integration.vms.real_node import (
    BOOT_S,
    MIB,
    PATHS,
    SHARED,
    Node,
    disk,
    run_case,
    vm,
)
from tests.unit.node.vm_settings import changed

# What QEMU is not told on its command line: the agent does it, libvirt's monitor does it, or nobody has to know.
NOT_IN_ARGUMENTS = {"memory_guaranteed_bytes", "start_paused", "nics.linked", "nics.bridge"}
# libvirt sets it through /sys, which this machine may only read; its XML is held to libvirt's schema all the same.
# What a VM resumes from has a case of its own: it has to be a memory.
NOT_HERE = {"nics.isolated", "resume_from"}


async def every_setting_is_taken_by_libvirt(node: Node) -> None:
    """Its schema is checked for all, also where this machine cannot start the VM."""
    connection = libvirt.open(URI)
    for name, _, other in changed():
        try:
            flags = libvirt.VIR_DOMAIN_DEFINE_VALIDATE
            domain = connection.defineXMLFlags(domain_xml(other, other.name, PATHS), flags)
        finally:
            print(name)
        domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)


async def every_setting_reaches_qemu(node: Node) -> None:
    known: dict[VmSpec, tuple[str, str]] = {}
    for name, base, other in changed():
        if base.leases or other.leases or name in NOT_HERE:
            continue  # no sanlock here
        if base not in known:
            known[base] = await node.started_as(base)
        before, after = known[base], await node.started_as(other)
        print(name, "" if before != after else "same")
        assert (before[0] != after[0]) is (name not in NOT_IN_ARGUMENTS), name
        if name == "time_zone":
            assert (before[1], after[1]) == ("", f"TZ={other.time_zone}")


async def the_hardware_clock_shows_the_time_of_its_zone(node: Node) -> None:
    """None of these is UTC, and one has half an hour beside."""
    for zone in ("Asia/Kolkata", "America/Anchorage", ""):
        spec = vm(time_zone=zone, start_paused=True)
        await node.start(spec)
        shown = node.ask_qemu(spec, "qom-get", path="/machine", property="rtc-time")
        now = datetime.now(ZoneInfo(zone or "UTC")).replace(tzinfo=None)
        clock = datetime(
            1900 + shown["tm_year"],
            1 + shown["tm_mon"],
            shown["tm_mday"],
            shown["tm_hour"],
            shown["tm_min"],
            shown["tm_sec"],
        )
        assert abs((now - clock).total_seconds()) < 60, (zone, now, clock)
        await node.end(spec)


async def a_guest_gives_memory_back_as_far_as_it_is_not_guaranteed(node: Node) -> None:
    guaranteed = 160 * MIB
    image = node.image(SHARED / "tiny.qcow2")
    spec = vm(memory_bytes=256 * MIB, memory_guaranteed_bytes=guaranteed, disks=(disk(image),))
    await node.start(spec)
    await node.expect_on_console(spec, "trivet-tiny: ready")

    async def until_it_has(kib: int, *, free: float) -> None:
        def memory() -> Memory:
            return Memory(1000, int(1000 * free), 0, 0)

        controller = BalloonController(node.hypervisor, Threads("balloon", 1), memory=memory, clock=SystemClock())
        async with asyncio.timeout(BOOT_S):
            while (found := node.hypervisor.find(spec.id)) is None or found.balloon_kib != kib:
                controller.adjust()
                await asyncio.sleep(1)

    await until_it_has(guaranteed >> 10, free=0.02)
    await until_it_has(spec.memory_bytes >> 10, free=0.5)
    await node.end(spec)


async def a_shared_disk_is_used_by_two_vms_and_no_other_is(node: Node) -> None:
    image = node.image()
    one, two = (vm(disks=(disk(image, shareable=True),)) for _ in range(2))
    for spec in (one, two):
        assert await node.start(spec) is VmState.UP
    await node.end(one, two)
    one, two = (vm(disks=(disk(image),)) for _ in range(2))
    assert await node.start(one) is VmState.UP
    assert "lock" in await node.why_not_started(two)
    await node.end(one, two)


if __name__ == "__main__":
    run_case(
        every_setting_is_taken_by_libvirt,
        every_setting_reaches_qemu,
        the_hardware_clock_shows_the_time_of_its_zone,
        a_guest_gives_memory_back_as_far_as_it_is_not_guaranteed,
        a_shared_disk_is_used_by_two_vms_and_no_other_is,
    )
