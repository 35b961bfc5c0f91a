"""The lab as tests drive it: through the lab's own library, beside the API that is under test."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ci.lab import settings, status
from ci.lab.appliance import Appliance
from ci.lab.gate import USER, Gate
from ci.lab.machine import Machine
from ci.lab.names import Lab
from ci.lab.status import LabStatus
from node.system.process import run


@dataclass(frozen=True)
class LabUnderTest:
    """A running lab. `exec` runs in a node and gives its standard output; an exit status above 0 raises."""

    appliance: Appliance
    user: str = USER

    @property
    def url(self) -> str:
        return self.appliance.url

    @property
    def authority(self) -> Path:
        return self.appliance.lab.authority_file

    @property
    def password(self) -> str:
        return self.appliance.lab.password_file.read_text()

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(machine.node.name for machine in self.appliance.machines)

    def node(self, name: str) -> Machine:
        return self.appliance.machine(name)

    def exec(self, node: str, *command: str, timeout_s: float = 60) -> str:
        return self.node(node).exec(*command, timeout_s=timeout_s).stdout

    def kill(self, node: str) -> None:
        self.node(node).kill()

    def cut(self, node: str) -> None:
        self.appliance.network.cut(self.node(node).node)

    def heal(self, node: str) -> None:
        self.appliance.network.heal(self.node(node).node)

    def status(self) -> LabStatus:
        appliance = self.appliance
        api = Gate(appliance).healthy() is None
        return status.gather(appliance.lab.name, appliance.url, appliance.machines, appliance.network, api=api)


def find(name: str) -> LabUnderTest:
    """The lab of that name; the test is failed, not skipped, when it is not there."""
    lab = Lab(name)
    found = settings.find(lab)
    if found is None:
        pytest.fail(f"lab {name} is not up: ./trivet lab up --name {name}")
    return LabUnderTest(Appliance(lab, found, run))
