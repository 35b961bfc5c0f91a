"""This machine, as the steps of an installation and its screens are given it."""

import msgspec

from installer.probe.collect import collect
from installer.run import Machine
from installer.steps.live import MANIFEST, Live, read_manifest
from installer.sysinfo import SysInfo
from node.system.clock import SystemClock
from node.system.process import run


def this_machine() -> Machine:
    return Machine(Live(), run, SystemClock(), collect)


def observe(machine: Machine) -> SysInfo:
    """What the machine is, with the version that its medium holds. Raises MediumUnusable."""
    sysinfo = machine.look()
    if (machine.live.medium / MANIFEST).exists():
        return msgspec.structs.replace(sysinfo, version=read_manifest(machine.live.medium).version)
    return sysinfo
