"""Screens of VMs: where they are seen, and the tickets that open them."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from types import SimpleNamespace

import msgspec
import pytest

from node.api.messages.machine import Accelerator
from node.api.messages.vms import Graphics, GraphicsType, Ticket, VmSpec
from node.api.refusals import Malformed, NoGraphics
from node.api.tickets import new_ticket_value
from node.system.threads import Threads
from node.vms.consoles import Consoles, check_ticket
from node.vms.domain_xml import DomainPaths, domain_xml
from node.vms.graphics import graphics_of, with_ticket
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor
from tests.fakes.libvirt_binding import play_libvirt

TCG = DomainPaths(Accelerator.TCG, PurePosixPath("/volumes"), PurePosixPath("/logs"))
SPEC = VmSpec(
    id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="screen", memory_bytes=64 << 20, graphics=(GraphicsType.VNC,)
)
HEADLESS = msgspec.structs.replace(SPEC, graphics=())
TICKET = Ticket(type=GraphicsType.VNC, value="Ab3dEf7h", valid_s=120)

# As libvirt 11.3 has it of a VM that runs (`virsh dumpxml --security-info`).
LIVE = """<domain type='qemu' id='1'>
  <devices>
    <graphics type='vnc' port='5901' autoport='yes' listen='192.0.2.1' passwd='k' passwdValidTo='1970-01-01T00:00:01'>
      <listen type='network' address='192.0.2.1' network='ovirtmgmt'/>
    </graphics>
    <graphics type='egl-headless'/>
    <video><model type='vga' vram='16384' heads='1' primary='yes'/></video>
  </devices>
</domain>"""


class World:
    def __init__(self, spec: VmSpec = SPEC) -> None:
        self.hypervisor, self.clock = FakeHypervisor(), FakeClock(1000)
        self.threads = Threads("consoles", 1)
        self.consoles = Consoles(self.hypervisor, self.threads, self.clock)
        self.xml = domain_xml(spec, "screen", TCG)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    made.threads.close()


def test_where_a_screen_is_seen_is_read_of_the_domain_that_runs() -> None:
    assert graphics_of(ET.fromstring(LIVE)) == (Graphics(type=GraphicsType.VNC, address="192.0.2.1", port=5901),)


def test_a_ticket_changes_the_password_of_the_device_and_nothing_else() -> None:
    text = with_ticket(LIVE, GraphicsType.VNC, "Ab3dEf7h", 1_796_000_000)
    assert text is not None
    changed, before = ET.fromstring(text), ET.fromstring(LIVE)[0][0]
    assert changed.attrib == before.attrib | {"passwd": "Ab3dEf7h", "passwdValidTo": "2026-11-30T00:53:20"}
    assert [dict(one.attrib) for one in changed] == [dict(one.attrib) for one in before]
    assert with_ticket("<domain><devices/></domain>", GraphicsType.VNC, "x", 0) is None


def test_until_the_first_ticket_nobody_can_have_one() -> None:
    """Without a password in the definition libvirt lets everybody in."""
    found = [ET.fromstring(domain_xml(SPEC, "x", TCG)).find("devices/graphics") for _ in range(2)]
    one, other = (element.attrib for element in found if element is not None)
    assert one["passwdValidTo"] == "1970-01-01T00:00:01"
    assert one["passwd"] != other["passwd"]
    assert len(one["passwd"]) == len(new_ticket_value()) == 8


async def test_a_ticket_is_valid_for_its_time_by_the_nodes_clock(world: World) -> None:
    world.hypervisor.start(world.xml)
    await world.consoles.set_ticket(SPEC.id, TICKET)
    (device,) = world.hypervisor.updated_devices
    assert (found := ET.fromstring(device)).get("passwd") == TICKET.value
    assert found.get("passwdValidTo") == "1970-01-01T00:18:40"
    assert found.get("port") == "5900"


async def test_what_has_no_screen_now_gets_no_ticket(world: World) -> None:
    with pytest.raises(NoGraphics, match="it does not run on this node"):
        await world.consoles.set_ticket(SPEC.id, TICKET)
    world.hypervisor.start(domain_xml(HEADLESS, "screen", TCG))
    with pytest.raises(NoGraphics, match="it runs without VNC"):
        await world.consoles.set_ticket(SPEC.id, TICKET)
    assert world.hypervisor.updated_devices == []


@pytest.mark.parametrize(
    "wrong", [{"value": "123456789"}, {"value": ""}, {"value": "ä"}, {"value": "a\0"}, {"valid_s": 0}], ids=str
)
def test_a_ticket_that_cannot_be_is_refused_without_repeating_it(wrong: dict[str, object]) -> None:
    with pytest.raises(Malformed) as refused:
        check_ticket(msgspec.structs.replace(TICKET, **wrong))
    assert "123456789" not in str(refused.value)


def test_whoever_prints_a_ticket_does_not_show_its_value() -> None:
    assert TICKET.value not in repr(TICKET)
    assert TICKET.value not in str([TICKET])
    assert TICKET.value in msgspec.json.encode(TICKET).decode()


def test_libvirt_is_asked_for_secrets_and_changes_the_running_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    done: list[tuple[str, int]] = []
    played.domains[SPEC.id] = SimpleNamespace(
        XMLDesc=lambda flags: f"<flags>{flags}</flags>", updateDeviceFlags=lambda xml, flags: done.append((xml, flags))
    )
    assert hypervisor.live_xml(SPEC.id) == f"<flags>{played.VIR_DOMAIN_XML_SECURE}</flags>"
    hypervisor.update_device(SPEC.id, "<graphics/>")
    assert done == [("<graphics/>", played.VIR_DOMAIN_AFFECT_LIVE)]
