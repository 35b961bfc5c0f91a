"""The screen of a VM: its devices, where it is seen, and the ticket that opens it; pure."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime

from node.api.messages.vms import Graphics, GraphicsType, VmSpec
from node.vms.elements import add

NETWORK = "ovirtmgmt"  # libvirt's network in the node image: consoles listen on the address of that bridge
OVER = "1970-01-01T00:00:01"  # libvirt's passwdValidTo of what never opens anything

_KNOWN = frozenset(one.value for one in GraphicsType)

NewValue = Callable[[], str]


def add_graphics(devices: ET.Element, spec: VmSpec, new_value: NewValue) -> None:
    """Until the first ticket it has one that nobody knows and that is over: without any, nobody is asked for it."""
    for graphics in spec.graphics:
        element = add(devices, "graphics", type=graphics.value, autoport="yes", passwd=new_value(), passwdValidTo=OVER)
        add(element, "listen", type="network", network=NETWORK)
    if not spec.graphics:
        return
    add(add(devices, "video"), "model", type="vga")
    if spec.usb:
        add(devices, "input", type="tablet", bus="usb")  # the pointer is where the client's is


def graphics_of(domain: ET.Element) -> tuple[Graphics, ...]:
    """Of a domain that runs, from its live XML."""
    return tuple(
        Graphics(type=GraphicsType(found.get("type", "")), address=_address(found), port=int(found.get("port", "-1")))
        for found in domain.iterfind("devices/graphics")
        if found.get("type") in _KNOWN
    )


def with_ticket(domain_xml: str, graphics: GraphicsType, value: str, valid_to: float) -> str | None:
    """The element to update a running domain with; None where it has no such screen. `valid_to` is a time of day."""
    found = ET.fromstring(domain_xml).find(f"devices/graphics[@type='{graphics}']")
    if found is None:
        return None
    found.set("passwd", value)
    found.set("passwdValidTo", datetime.fromtimestamp(valid_to, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    return ET.tostring(found, encoding="unicode")


def _address(graphics: ET.Element) -> str:
    listen = graphics.find("listen")
    return (listen.get("address", "") if listen is not None else "") or graphics.get("listen", "")
