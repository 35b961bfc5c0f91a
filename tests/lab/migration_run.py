"""A moving engine as seen from inside its VM and by a client of the API: how long each was without the other."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ci.lab import engine_vm
from ci.lab.machine import NodeOff
from node.system.process import CommandFailed
from tests.lab import ha_run
from tests.lab.under_test import LabUnderTest

PORT = 24999
# A guest's own clock stands still as long as the guest does: it asks one that goes on.
CLOCK = f"""
import socket, time
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.bind(("0.0.0.0", {PORT}))
end = time.monotonic() + 900
while time.monotonic() < end:
    _, who = own.recvfrom(16)
    own.sendto(b"%d" % time.monotonic_ns(), who)
"""
TICKS = f"""
import socket, sys, time
clock = (sys.argv[1], {PORT})
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.settimeout(0.05)
last, largest, end = None, 0, time.monotonic() + 900
while time.monotonic() < end:
    own.sendto(b"?", clock)
    try:
        now = int(own.recv(64))
    except OSError:
        continue
    if last is not None and now - last > largest:
        largest = now - last
        with open("/run/ticks", "w") as file:
            file.write(str(largest))
    last = now
    time.sleep(0.01)
"""
DIRTY = """
import sys, time
pages, size = bytearray(int(sys.argv[1]) << 20), 4096
end = time.monotonic() + 900
number = 0
while time.monotonic() < end:
    number = (number + 1) % 256
    for at in range(0, len(pages), size):
        pages[at] = number
"""


@dataclass(frozen=True, slots=True)
class Downtime:
    """In seconds: the largest gap between two looks at a clock that goes on, and between two answers of the API."""

    guest_s: float
    api_s: float
    took_s: float

    def __str__(self) -> str:
        return f"moved in {self.took_s:.1f} s; largest gap: in the guest {self.guest_s:.2f} s, API {self.api_s:.2f} s"


class Client(threading.Thread):
    """Asks for the API's health again and again."""

    def __init__(self, lab: LabUnderTest) -> None:
        super().__init__(daemon=True)
        self._lab = lab
        self._end = threading.Event()
        self.largest_s = 0.0

    def run(self) -> None:
        last = None
        while not self._end.is_set():
            if not ha_run.answers(self._lab):
                continue
            now = time.monotonic()
            self.largest_s = max(self.largest_s, now - (now if last is None else last))
            last = now

    def finish(self) -> float:
        self._end.set()
        self.join()
        return self.largest_s


def in_guest(lab: LabUnderTest, *command: str) -> str:
    return engine_vm.find(lab.appliance.machines).exec(*command).stdout.decode()


def boot_id(lab: LabUnderTest) -> str:
    """Of the engine VM: it is another one after every boot."""
    found = ""

    def ask() -> bool:
        nonlocal found
        try:
            found = in_guest(lab, "/bin/cat", "/proc/sys/kernel/random/boot_id").strip()
        except (CommandFailed, NodeOff, engine_vm.AgentUnreachable, engine_vm.EngineOff):
            return False
        return bool(found)

    ha_run.until("the engine VM's guest agent answers", ask)
    return found


@contextmanager
def dirtying(lab: LabUnderTest, mebibytes: int) -> Iterator[None]:
    """A program in the engine VM that writes into so much memory, as fast as it can."""
    in_guest(lab, "/bin/sh", "-c", f"nohup python3 -c '{DIRTY}' {mebibytes} >/dev/null 2>&1 & echo $! > /run/dirty.pid")
    try:
        yield
    finally:
        in_guest(lab, "/bin/sh", "-c", "kill $(cat /run/dirty.pid)")


def measure(lab: LabUnderTest, clock: str, move: Callable[[], None]) -> Downtime:
    """`clock`: the node whose clock the guest asks; it takes no part in the move."""
    pid = lab.exec(clock, "sh", "-c", f"python3 -c '{CLOCK}' >/dev/null 2>&1 & echo $!").strip()
    address = lab.node(clock).node.address
    script = f"rm -f /run/ticks; nohup python3 -c '{TICKS}' {address} >/dev/null 2>&1 & echo $! > /run/ticks.pid"
    try:
        in_guest(lab, "/bin/sh", "-c", script)
        clients = [Client(lab) for _ in range(2)]
        for client in clients:
            client.start()
        time.sleep(5)
        began = time.monotonic()
        move()
        took_s = time.monotonic() - began
        time.sleep(5)
        api_s = min(client.finish() for client in clients)
        in_guest(lab, "/bin/sh", "-c", "kill $(cat /run/ticks.pid)")
        return Downtime(int(in_guest(lab, "/bin/cat", "/run/ticks")) / 1e9, api_s, took_s)
    finally:
        lab.exec(clock, "kill", pid)


def is_leaving(lab: LabUnderTest, host: str) -> bool:
    """Its memory is on the way."""
    said = lab.node(host).exec("virsh", "domjobinfo", "HostedEngine", check=False).stdout
    return "Outgoing migration" in said and "Memory processed" in said


def has_lease(lab: LabUnderTest, name: str) -> bool:
    try:
        return ":engine:" in lab.exec(name, "sanlock", "client", "status")
    except NodeOff:
        return False


def knows(lab: LabUnderTest, name: str) -> bool:
    """Whether libvirt there has a domain of the engine, running or not."""
    return "HostedEngine" in lab.exec(name, "virsh", "list", "--all", "--name").split()


@contextmanager
def no_link(lab: LabUnderTest, one: str, other: str) -> Iterator[None]:
    """The two nodes do not reach each other; all others reach both."""
    for name, far in ((one, other), (other, one)):
        address = lab.node(far).node.address
        lab.exec(name, "nft", f"add table inet cut; add chain inet cut in {{ type filter hook input priority 0; }}; "
                              f"add rule inet cut in ip saddr {address} drop")  # fmt: skip
    try:
        yield
    finally:
        for name in (one, other):
            lab.exec(name, "nft", "delete table inet cut")
