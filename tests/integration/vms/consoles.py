"""Runs inside the machine: the screens of VMs, seen over TLS by who has a ticket."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

from hosted_engine.authority import make_authority
from node.api.messages.vms import GraphicsType, Ticket, VmReport, VmSpec
from node.clock import SystemClock
from node.system.threads import Threads
from node.vms.consoles import Consoles
from tests.integration.vms.membership import ADDRESS
from tests.integration.vms.real_node import SHARED, Node, disk, run_case, vm
from tests.integration.vms.vnc import ESCAPE, X509_VNC, Vnc, VncRefused

VALID_S = 60


class Screen:
    """That of a VM, for a client that trusts the site's authority."""

    def __init__(self, node: Node, spec: VmSpec, report: VmReport) -> None:
        self._spec = spec
        self._authority_pem = node.authority_pem
        self._consoles = Consoles(node.hypervisor, Threads("consoles", 1), SystemClock())
        (self.graphics,) = report.graphics

    async def let_in(self, value: str, valid_s: int = VALID_S) -> None:
        await self._consoles.set_ticket(self._spec.id, Ticket(type=GraphicsType.VNC, value=value, valid_s=valid_s))

    def connect(self, password: str, authority_pem: str = "") -> Vnc:
        return Vnc(
            self.graphics.address,
            self.graphics.port,
            authority_pem=authority_pem or self._authority_pem,
            password=password,
        )

    def is_trusted(self, password: str, authority_pem: str) -> bool:
        try:
            self.connect(password, authority_pem).close()
        except ssl.SSLCertVerificationError:
            return False
        return True

    def is_shut(self, password: str) -> bool:
        try:
            self.connect(password).close()
        except VncRefused:
            return True
        return False


async def _start(node: Node, **settings: Any) -> tuple[VmSpec, Screen]:
    boots = disk(node.image(SHARED / "tiny.qcow2"))
    spec = vm(disks=(boots,), graphics=(GraphicsType.VNC,), **settings)
    await node.start(spec)
    report = await node.vms.vm(spec.id)
    assert report is not None
    return spec, Screen(node, spec, report)


async def a_screen_is_seen_with_its_ticket_alone(node: Node) -> None:
    spec, screen = await _start(node)
    assert screen.graphics.address == ADDRESS
    assert all(map(screen.is_shut, ("", "*****", "wrong")))
    await screen.let_in("Ticket-1")
    seen = screen.connect("Ticket-1")
    assert tuple(seen.offered) == (X509_VNC,)
    await node.expect_on_console(spec, "trivet-tiny: ready")
    points = await asyncio.to_thread(seen.framebuffer)
    lit = sum(points[at : at + 3] != b"\0\0\0" for at in range(0, len(points), 4))
    print(f"{seen.width}x{seen.height}, {lit} points are lit")
    assert 200 < lit < len(points) // 8  # letters of the firmware and the kernel on black
    assert screen.is_shut("ticket-1")
    await screen.let_in("Ticket-2")
    assert screen.is_shut("Ticket-1")
    screen.connect("Ticket-2").close()
    seen.framebuffer()  # who was let in stays
    seen.close()
    await node.end(spec)


async def a_ticket_is_over_in_time(node: Node) -> None:
    spec, screen = await _start(node, start_paused=True)
    await screen.let_in("short", valid_s=4)
    for _ in range(2):
        screen.connect("short").close()  # it is a ticket for that time, not for one use, as in oVirt
    await asyncio.sleep(5)
    assert screen.is_shut("short")
    await node.end(spec)


async def a_client_of_another_site_trusts_nobody_here(node: Node) -> None:
    spec, screen = await _start(node, start_paused=True)
    await screen.let_in("Ticket-1")
    assert not screen.is_trusted("Ticket-1", make_authority("another").certificate)
    screen.connect("Ticket-1").close()
    await node.end(spec)


async def keys_reach_the_guest(node: Node) -> None:
    spec, screen = await _start(node, boot_menu=True)
    await node.expect_on_console(spec, "Press ESC for boot menu")
    await screen.let_in("keys")
    seen = screen.connect("keys")
    seen.press(ESCAPE)
    await node.expect_on_console(spec, "Select boot device")
    seen.press(ord("1"))
    await node.expect_on_console(spec, "trivet-tiny: ready")
    seen.close()
    await node.end(spec)


async def a_ticket_is_in_no_log_and_on_no_command_line(node: Node) -> None:
    spec, screen = await _start(node, start_paused=True)
    value = "Zq7Xw2Kd"
    await screen.let_in(value)
    report = await node.vms.vm(spec.id)
    assert report is not None
    files = [Path(f"/proc/{report.pid}/cmdline"), *Path("/var/log/libvirt").rglob("*.log")]
    assert len(files) > 1
    assert [file for file in files if value.encode() in file.read_bytes()] == []
    await node.end(spec)


async def a_vm_without_a_screen_has_no_graphics_device(node: Node) -> None:
    spec = vm(start_paused=True)
    await node.start(spec)
    report = await node.vms.vm(spec.id)
    assert report is not None
    assert report.graphics == ()
    assert "-vnc" not in Path(f"/proc/{report.pid}/cmdline").read_text().split("\0")
    await node.end(spec)


if __name__ == "__main__":
    run_case(
        a_screen_is_seen_with_its_ticket_alone,
        a_ticket_is_over_in_time,
        a_client_of_another_site_trusts_nobody_here,
        keys_reach_the_guest,
        a_ticket_is_in_no_log_and_on_no_command_line,
        a_vm_without_a_screen_has_no_graphics_device,
    )
