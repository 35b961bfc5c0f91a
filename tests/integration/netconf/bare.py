"""A machine that is a network namespace and nothing more: what the kernel backend needs. Its power can be cut."""

import asyncio
import subprocess
from pathlib import Path

from netconf.facade import Network
from netconf.kernel.backend import Kernel


class Bare:
    """`eth1` … `eth3` with cables that lead nowhere, and a NIC `host0` that has the machine's address."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder / "changes"
        self.resolv_conf = folder / "resolv.conf"
        self.resolv_conf.write_text("options edns0\nnameserver 192.0.2.53\n")
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.ip("link", "set", "lo", "up")
        for nic in ("host0", "eth1", "eth2", "eth3"):
            self.ip("link", "add", nic, "type", "veth", "peer", "name", f"{nic}-cable")
            self.ip("link", "set", f"{nic}-cable", "up")
            self.ip("link", "set", nic, "up")
        self.ip("address", "add", "192.0.2.11/24", "dev", "host0")
        self.ip("route", "add", "default", "via", "192.0.2.1", "metric", "100")

    def ip(self, *arguments: str) -> None:
        subprocess.run(["ip", "-n", self.name, *arguments], check=True)

    def backend(self) -> Kernel:
        return Kernel(folder=self.folder, resolv_conf=self.resolv_conf, netns=self.name)

    def network(self) -> Network:
        return Network(self.backend())

    async def ask(self, *argv: str) -> str:
        inside = ("ip", "netns", "exec", self.name, *argv)
        process = await asyncio.create_subprocess_exec(*inside, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        return said.decode()

    def watchdogs(self) -> list[int]:
        """Those that watch over changes of this machine."""
        found = []
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                argv = process.read_bytes().split(b"\0")
            except OSError:
                continue
            if b"netconf.kernel.watchdog" in argv and str(self.folder).encode() in argv:
                found.append(int(process.parent.name))
        return found

    def power_cut(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=True)
