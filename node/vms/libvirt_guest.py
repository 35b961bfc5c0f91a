"""What is asked of the agent in a guest, through libvirt. Each question has its own time: an agent may never answer."""

from collections.abc import Mapping
from typing import Any

import libvirt_qemu

from node.vms.guest_info import agent_version

ANSWER_S = 5
FREEZE_S = 30  # what was written has to reach the disks first


def info(domain: Any) -> tuple[str, Mapping[str, Any]]:
    """The first question is a short one: one that hangs is asked nothing else."""
    version = agent_version(str(libvirt_qemu.qemuAgentCommand(domain, '{"execute":"guest-info"}', ANSWER_S, 0)))
    domain.agentSetResponseTimeout(ANSWER_S)
    parameters: Mapping[str, Any] = domain.guestInfo(0)  # what this agent knows, and no error for what it does not
    return version, parameters


def set_time(domain: Any, at: float) -> None:
    domain.agentSetResponseTimeout(ANSWER_S)
    domain.setTime({"seconds": int(at), "nseconds": int(at % 1 * 1e9)})


def freeze(domain: Any) -> int:
    domain.agentSetResponseTimeout(FREEZE_S)
    return int(domain.fsFreeze())


def thaw(domain: Any) -> int:
    domain.agentSetResponseTimeout(FREEZE_S)
    return int(domain.fsThaw())
