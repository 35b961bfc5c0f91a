"""The machine under test: NetworkManager of the node image and the agent, cabled to the site; its power can be cut."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from netconf.change_store import FOLDER, ChangeStore
from netconf.errors import Problem
from netconf.facade import Network
from tests.fakes.authority import FakeAuthority
from tests.integration.lockout.agent import UNGUARDED
from tests.integration.lockout.site import GATEWAY, Site
from tests.integration.netconf.machine import Machine

ADDRESS = "192.0.2.11"
PORTS = ("port0", "port1", "port2")
_SCRIPT = Path(__file__).parent / "node.sh"
_PROJECT = Path(__file__).resolve().parents[3]
_DISK = "16m"
_STAYS_DEAD = "run/nm.stays-dead"
_PROFILES = "etc/NetworkManager/system-connections"

BRIDGE = f"""[connection]
id=trivet ovirtmgmt
uuid=00000000-0000-4000-8000-000000000001
type=bridge
interface-name=ovirtmgmt
autoconnect-retries=0

[ethernet]
cloned-mac-address=52:54:00:00:00:01

[bridge]
stp=false
forward-delay=0

[ipv4]
method=manual
address1=192.0.2.11/24,{GATEWAY}
dns=192.0.2.12;

[ipv6]
method=disabled

[user]
trivet.change=start
"""

PORT = """[connection]
id=trivet host0
uuid=00000000-0000-4000-8000-000000000002
type=ethernet
interface-name=host0
master=ovirtmgmt
slave-type=bridge
autoconnect-retries=0

[user]
trivet.change=start
"""

VLAN = f"""[connection]
id=trivet host0.7
uuid=00000000-0000-4000-8000-000000000003
type=vlan
interface-name=host0.7
autoconnect-retries=0

[vlan]
parent=host0
id=7

[ipv4]
method=manual
address1=192.0.2.11/24,{GATEWAY}

[ipv6]
method=disabled

[user]
trivet.change=start
"""

BASE = """[connection]
id=trivet host0
uuid=00000000-0000-4000-8000-000000000002
type=ethernet
interface-name=host0
autoconnect-retries=0

[ipv4]
method=disabled

[ipv6]
method=disabled

[user]
trivet.change=start
"""

VLAN_START = {"host0.7": VLAN, "host0": BASE}
BRIDGE_START = {"ovirtmgmt": BRIDGE, "host0": PORT}


class Node(Machine):
    """`start` is interface → the profile that the disk holds at first. The disk is a small one in memory."""

    def __init__(self, tree: Path, folder: Path, site: Site, start: dict[str, str], *, guarded: bool) -> None:
        self._all = folder
        self._disk = folder / "disk"
        self._disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", self._disk], check=True)
        super().__init__(tree, self._disk)
        self.site = site
        self.guarded = guarded
        self.folder = folder / "agent"
        self.folder.mkdir()
        if not guarded:
            (self.folder / UNGUARDED).touch()
        self._running: set[int] = set()
        authority = FakeAuthority()
        for name, role in (("node1", "node"), ("engine", "engine")):
            authority.issue(self.folder, name, role, (ADDRESS,))
        (self._disk / "upper" / _PROFILES / "host0.nmconnection").unlink()
        for name, text in start.items():
            self.write(f"{_PROFILES}/{name}.nmconnection", text)

    def on_disk(self) -> dict[str, str]:
        """File → text of the profiles that the next boot finds; one that goes while they are read is not among them."""
        found = {}
        for path in (self.root / _PROFILES).iterdir():
            with contextlib.suppress(FileNotFoundError):
                found[path.name] = path.read_text()
        return found

    def _start(self) -> None:
        layers = f"lowerdir={self._tree},upperdir={self._disk}/upper,workdir={self._disk}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root], check=True)
        argv = ["unshare", "-f", "--kill-child", "-m", "-n", "-u", "sh", str(_SCRIPT), str(self.root)]
        argv += [str(self.site.switch.pid), sys.executable, str(self.folder)]
        with (self._all / "log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True, cwd=_PROJECT)

    async def power_on(self, *, within_s: float = 60) -> Network:
        """Ready when NetworkManager answers; whether anything is up, only the site can tell."""
        self._start()
        async with asyncio.timeout(within_s):
            for port in PORTS:
                while True:
                    try:
                        self.site.plug_in(port)
                        break
                    except AssertionError:
                        await asyncio.sleep(0.05)
            while True:
                try:
                    network = self.network()
                    await network.observe()
                    return network
                except (Problem, OSError, IndexError):
                    await asyncio.sleep(0.1)

    @property
    def log(self) -> str:
        return (self._all / "log").read_text(errors="replace")

    def kill(self, what: str) -> None:
        """`agent` or `nm`; both come back by themselves."""
        os.kill(int((self.root_inside / f"run/{what}.pid").read_text()), signal.SIGKILL)

    def mask(self) -> None:
        """NetworkManager, until it may live again or the power is cut."""
        (self.root_inside / _STAYS_DEAD).touch()
        self.kill("nm")

    def let_live(self) -> None:
        (self.root_inside / _STAYS_DEAD).unlink()

    def awaits_confirmation(self) -> bool:
        """Whether a change is in force that nobody has confirmed yet."""
        pending = ChangeStore(self.root_inside / FOLDER.relative_to("/")).pending()
        return pending is not None and pending.checkpoint is not None and pending.left_s > 0

    def inside(self, *argv: str) -> list[str]:
        """The command that runs `argv`, of the host's tools, within the machine's namespaces."""
        return ["nsenter", "-t", str(self.pid), "-m", "-n", "-u", f"--wd={_PROJECT}", *argv]

    def runs(self, pid: int) -> None:
        """A process of ours that is in the machine, too: the power cut ends it."""
        self._running.add(pid)

    def power_cut(self) -> None:
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._running.clear()
        for pid in self._watchdogs():
            os.kill(pid, signal.SIGKILL)
        super().power_cut()
        self.site.unplug(PORTS)

    def _watchdogs(self) -> list[int]:
        """They have sessions of their own, so that nothing but a power cut takes them along."""
        if self._process is None:
            return []
        here, found = Path(self.netns).readlink(), []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if b"netconf.kernel.watchdog" in (process / "cmdline").read_bytes():
                    found += [int(process.name)] if (process / "ns/net").readlink() == here else []
        return found

    def fill_disk(self) -> None:
        with contextlib.suppress(OSError), (self._disk / "full").open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass

    def empty_disk(self) -> None:
        (self._disk / "full").unlink()

    def remove(self) -> None:
        self.power_cut()
        subprocess.run(["umount", "-l", self._disk], check=True)
        shutil.rmtree(self._all)
