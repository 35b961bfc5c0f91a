"""What libvirtd keeps of a running domain for its own next start: a question to it would wait for a QEMU that hangs."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from node.api.messages.vms import Graphics
from node.vms.graphics import graphics_of
from node.vms.hypervisor import Move

AGENT = "devices/channel/target[@name='org.qemu.guest_agent.0']"


@dataclass(frozen=True, slots=True)
class Status:
    move: Move = Move.NONE
    graphics: tuple[Graphics, ...] = ()
    guest_agent: bool = False


def status_of(file: Path) -> Status:
    """Nothing is known where there is no such file."""
    try:
        found = ET.parse(file)
    except (OSError, ET.ParseError):
        return Status()
    job, domain = found.find("job"), found.find("domain")
    doing = job.get("async", "") if job is not None else ""
    move = next((one for one in Move if one == doing), Move.NONE)
    if domain is None:
        return Status(move)
    agent = domain.find(AGENT)
    return Status(move, graphics_of(domain), agent is not None and agent.get("state") == "connected")
