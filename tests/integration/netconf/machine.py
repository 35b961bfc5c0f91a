"""A machine made of namespaces that runs the node image's own NetworkManager; power can be cut and come back."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from dbus_fast.errors import AuthError, DBusError

from netconf.errors import Problem
from netconf.facade import Network
from netconf.networkmanager.backend import NetworkManager

_SCRIPT = Path(__file__).parent / "machine.sh"
_READY_S = 90
_NM = "NetworkManager\n"

CONFIGURATION = """[main]
plugins=keyfile
no-auto-default=*
auth-polkit=false
dns=none
"""

PROFILE = """[connection]
id=host0
type=ethernet
interface-name=host0

[ipv4]
method=manual
address1=192.0.2.11/24,192.0.2.1

[ipv6]
method=disabled
"""


class Machine:
    """`tree` is the node image's, never written to; `folder` holds what the machine changes over it."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.root = folder / "root"
        self._tree, self._folder = tree, folder
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("root", "upper", "work"):
            (folder / name).mkdir()
        self.write("etc/NetworkManager/conf.d/zz-test.conf", CONFIGURATION)
        self.write("etc/NetworkManager/system-connections/host0.nmconnection", PROFILE)
        self.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")

    def write(self, path: str, text: str) -> None:
        """Into the machine's disk, while its power is off."""
        target = self._folder / "upper" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o600)

    def profiles(self) -> set[str]:
        """The interfaces that profiles on the disk are for, with the folder's rights ignored."""
        folder = self.root / "etc/NetworkManager/system-connections"
        lines = [line for path in folder.iterdir() for line in path.read_text().splitlines()]
        return {line.removeprefix("interface-name=") for line in lines if line.startswith("interface-name=")}

    @property
    def pid(self) -> int:
        """Of a process inside: the child of `unshare`."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(children[0])

    @property
    def bus_address(self) -> str:
        return f"unix:path={self.root_inside}/run/dbus/system_bus_socket"

    @property
    def root_inside(self) -> Path:
        return Path(f"/proc/{self.pid}/root")

    @property
    def netns(self) -> str:
        return f"/proc/{self.pid}/ns/net"

    def network(self) -> Network:
        return Network(NetworkManager(bus_address=self.bus_address, netns=self.netns))

    @property
    def networkmanager(self) -> int:
        """The PID of it that runs at the moment; it is started again when it is killed."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        (found,) = (int(child) for child in children if Path(f"/proc/{child}/comm").read_text() == _NM)
        return found

    def ip(self, *arguments: str) -> None:
        subprocess.run(["nsenter", f"--net={self.netns}", "ip", *arguments], check=True)

    def index(self, link: str) -> int:
        """The kernel's number of it: one that was made anew has another."""
        argv = ["nsenter", f"--net={self.netns}", "ip", "-json", "link", "show", link]
        (found,) = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
        return int(found["ifindex"])

    async def power_on(self) -> Network:
        """Ready when NetworkManager has brought its NIC up."""
        self._start()
        return await self._is_up(lambda: True)

    async def restart_networkmanager(self, *links: str) -> Network:
        """It is killed, and `links` are gone before it is started again."""
        earlier = self.networkmanager
        os.kill(earlier, signal.SIGSTOP)
        for link in links:
            self.ip("link", "delete", link)
        os.kill(earlier, signal.SIGKILL)
        return await self._is_up(lambda: self.networkmanager != earlier)

    async def _is_up(self, condition: Callable[[], bool]) -> Network:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_S):
                while True:
                    with contextlib.suppress(Problem, OSError, ValueError, IndexError, DBusError, AuthError):
                        if condition() and await self._has_address():
                            return self.network()
                    await asyncio.sleep(0.05)
        raise AssertionError((self._folder / "log").read_text())

    def _start(self) -> None:
        layers = f"lowerdir={self._tree},upperdir={self._folder}/upper,workdir={self._folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root], check=True)
        argv = ["unshare", "-f", "--kill-child", "-m", "-n", "-u", "sh", str(_SCRIPT), str(self.root)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)

    async def _has_address(self) -> bool:
        state = await self.network().observe()
        return any(i.ipv4 is not None and i.ipv4.addresses for i in state.interfaces if i.name != "lo")

    def power_cut(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            subprocess.run(["umount", "-l", self.root], check=True)

    def remove(self) -> None:
        self.power_cut()
        shutil.rmtree(self._folder)
