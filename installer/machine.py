"""This machine, as the steps of an installation and its screens are given it."""

from installer.probe.collect import collect
from installer.run import Machine
from installer.steps.live import Live
from node.clock import SystemClock
from node.system.process import run


def this_machine() -> Machine:
    return Machine(Live(), run, SystemClock(), collect)
