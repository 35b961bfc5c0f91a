"""A machine of namespaces whose network is changed by nmstate 0.3.6, which runs inside it."""

import asyncio
from pathlib import Path

from netconf.facade import Network
from netconf.nmstate import child
from netconf.nmstate.backend import Nmstate
from tests.integration.netconf.machine import Machine

_CHILD = "opt/child.py"
_PYTHON = "/opt/trivet/venv/bin/python"


class NmstateMachine(Machine):
    """`tree` is that of nmstate_tree. What is remembered of changes is kept over a power cut, as on a disk."""

    def __init__(self, tree: Path, folder: Path) -> None:
        super().__init__(tree, folder)
        self.state = folder / "state"
        self.write(_CHILD, Path(child.__file__).read_text())

    async def power_on(self) -> Network:
        """The other end of the cable is in this machine, too: else that answers for an address on its way to host0."""
        network = await super().power_on()
        quiet = "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore"
        process = await asyncio.create_subprocess_exec("nsenter", f"--net={self.netns}", "sh", "-c", quiet)
        assert await process.wait() == 0
        return network

    def network(self) -> Network:
        return Network(self.backend())

    def backend(self, code: str = _CHILD) -> Nmstate:
        """`code` is what runs inside, by its path there."""
        inside = ("nsenter", "-t", str(self.pid), "-m", "-n", "chroot", str(self.root), _PYTHON, "-I", f"/{code}")
        return Nmstate(
            child=inside,
            state_folder=self.state,
            bus_address=self.bus_address,
            netns=self.netns,
            in_memory=self.root_inside / "run/NetworkManager/system-connections",
        )

    def add_nics(self, count: int) -> None:
        for number in range(1, count + 1):
            self.ip("link", "add", f"eth{number}", "type", "veth", "peer", "name", f"cable{number}")
            self.ip("link", "set", f"cable{number}", "up")
