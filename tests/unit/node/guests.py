"""Guests with an agent, on a node in memory."""

import asyncio
from typing import Any

from node.api.messages.guests import GuestFilesystem, GuestNic, GuestReport, GuestSystem, GuestUser
from node.system.threads import Threads
from node.vms.guest_watch import GuestWatch
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeAgent, FakeHypervisor

VM, OTHER = "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f61"

# What libvirt 11.3 made of the answers of qemu-guest-agent 10.0.13 in Debian 13 (tests/integration/vms/guests.py).
ANSWERS: dict[str, Any] = {
    "user.count": 1,
    "user.0.name": "root",
    "user.0.login-time": 1796052000123,
    "os.id": "debian",
    "os.name": "Debian GNU/Linux",
    "os.pretty-name": "Debian GNU/Linux 13 (trixie)",
    "os.version": "13 (trixie)",
    "os.version-id": "13",
    "os.machine": "x86_64",
    "os.kernel-release": "6.12.57+deb13-cloud-amd64",
    "os.kernel-version": "#1 SMP PREEMPT_DYNAMIC Debian 6.12.57-1",
    "timezone.name": "CET",
    "timezone.offset": 3600,
    "hostname": "web",
    "fs.count": 1,
    "fs.0.name": "vda1",
    "fs.0.mountpoint": "/",
    "fs.0.fstype": "ext4",
    "fs.0.total-bytes": 1000,
    "fs.0.used-bytes": 600,
    "fs.0.disk.count": 1,
    "fs.0.disk.0.alias": "vda",
    "disk.count": 0,
    "if.count": 2,
    "if.0.name": "lo",
    "if.0.hwaddr": "00:00:00:00:00:00",
    "if.0.addr.count": 2,
    "if.0.addr.0.type": "ipv4",
    "if.0.addr.0.addr": "127.0.0.1",
    "if.0.addr.0.prefix": 8,
    "if.0.addr.1.type": "ipv6",
    "if.0.addr.1.addr": "::1",
    "if.0.addr.1.prefix": 128,
    "if.1.name": "eth0",
    "if.1.hwaddr": "02:00:00:00:00:0a",
    "if.1.addr.count": 2,
    "if.1.addr.0.type": "ipv4",
    "if.1.addr.0.addr": "192.0.2.7",
    "if.1.addr.0.prefix": 24,
    "if.1.addr.1.type": "ipv6",
    "if.1.addr.1.addr": "fe80::ff:fe00:a",
    "if.1.addr.1.prefix": 64,
    "load.1m": 0.1,
}

REPORT = GuestReport(
    vm_id=VM,
    host_name="web",
    agent="10.0.13",
    system=GuestSystem(
        id="debian",
        name="Debian GNU/Linux",
        version="13 (trixie)",
        version_id="13",
        kernel="6.12.57+deb13-cloud-amd64",
        machine="x86_64",
    ),
    time_zone="CET",
    utc_offset_s=3600,
    nics=(GuestNic(name="eth0", mac="02:00:00:00:00:0a", addresses=("192.0.2.7", "fe80::ff:fe00:a")),),
    users=(GuestUser(name="root", since=1796052000.123),),
    filesystems=(GuestFilesystem(mountpoint="/", type="ext4", size_bytes=1000, used_bytes=600),),
)

GONE = GuestReport(vm_id=VM, talks=False)


class GuestWorld:
    def __init__(self) -> None:
        self.hypervisor, self.clock = FakeHypervisor(), FakeClock()
        self.reports: list[GuestReport] = []
        self.threads, self.quick = Threads("guests", 2), Threads("quick", 1)
        self.watch = GuestWatch(self.hypervisor, self.threads, self.quick, self.clock, notify=self.reports.append)
        for vm_id in (VM, OTHER):
            self.hypervisor.start(
                f"<domain><uuid>{vm_id}</uuid><name>{vm_id}</name><title>{vm_id[-2:]}</title></domain>"
            )

    async def poll(self, after_s: float = 0.0) -> None:
        self.clock.advance(after_s)
        await self.watch.poll()
        await self.finish()

    async def finish(self) -> None:
        while self.watch._tasks:
            await asyncio.gather(*self.watch._tasks)

    def agent(self, vm_id: str = VM, **more: Any) -> FakeAgent:
        agent = FakeAgent(dict(ANSWERS), **more)
        self.hypervisor.start_agent(vm_id, agent)
        return agent
