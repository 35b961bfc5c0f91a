"""The node image's own nft loads its rules, and lets in what the table of ports says and nothing else."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from ci.lab.relay import enter
from images import build
from images.project import CONFIGURATION
from node.ports import NODE_PORTS

T = TypeVar("T")
RULES = CONFIGURATION / "node/etc/nftables.conf"
NODE, CALLER = "192.0.2.1", "192.0.2.2"
CLOSED = (1, 111, 443, 5899, 6924, 16509, 24008, 24099, 24600 - 1000, 24664, 49152, 54320, 54323)
ANSWER_S = 2.0
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces")


class Machines:
    """Two namespaces on one cable; `at` runs something in one of them."""

    def __init__(self) -> None:
        self.names = {role: f"fw-{role}-{os.getpid()}" for role in ("node", "caller")}
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def make(self) -> None:
        for name in self.names.values():
            ip("netns", "add", name)
        node, caller = self.names["node"], self.names["caller"]
        ip("link", "add", "eth0", "netns", node, "type", "veth", "peer", "name", "eth0", "netns", caller)
        for role, address in (("node", NODE), ("caller", CALLER)):
            name = self.names[role]
            ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
            self._pools[role] = ThreadPoolExecutor(1, initializer=enter, initargs=(Path("/run/netns") / name,))

    def remove(self) -> None:
        for pool in self._pools.values():
            pool.shutdown()
        for name in self.names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False)

    def at(self, role: str, work: Callable[[], T]) -> T:
        return self._pools[role].submit(work).result(60)

    def nft(self, *arguments: str) -> str:
        """As the image has it, with the rules from the working tree."""
        tree = build.build_node(build.DEFAULT_STORE, print)
        command = ["ip", "netns", "exec", self.names["node"], "chroot", str(tree), "nft", *arguments]
        done = subprocess.run(command, input=RULES.read_text(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@pytest.fixture
def machines() -> Iterator[Machines]:
    made = Machines()
    try:
        made.make()
        made.nft("-c", "-f", "/dev/stdin")
        made.nft("-f", "/dev/stdin")
        yield made
    finally:
        made.remove()


@contextlib.contextmanager
def listening(machines: Machines, *ports: int) -> Iterator[None]:
    with contextlib.ExitStack() as sockets:
        for port in ports:
            sockets.enter_context(machines.at("node", partial(socket.create_server, (NODE, port))))
        yield


def connects(machines: Machines, port: int, *, of: str = "caller", to: str = NODE) -> bool:
    def tried() -> bool:
        try:
            with socket.create_connection((to, port), ANSWER_S):
                return True
        except OSError:
            return False

    return machines.at(of, tried)


def test_the_ports_of_the_table_are_open_and_no_others(machines: Machines) -> None:
    opened = sorted({port for ports in NODE_PORTS for port in (ports.first, ports.last)})
    closed = [port for port in CLOSED if not any(port in ports for ports in NODE_PORTS)]
    assert len(closed) == len(CLOSED)
    with listening(machines, *opened, *closed):
        assert {port: connects(machines, port) for port in opened} == dict.fromkeys(opened, True)
        assert {port: connects(machines, port) for port in closed} == dict.fromkeys(closed, False)
        assert connects(machines, closed[0], of="node"), "the machine itself is not kept out"


def test_what_the_node_asks_is_answered_and_ping_is(machines: Machines) -> None:
    server = machines.at("caller", lambda: socket.create_server((CALLER, 9999)))
    with server:
        assert connects(machines, 9999, of="node", to=CALLER)
    ping = ["ip", "netns", "exec", machines.names["caller"], "ping", "-c", "1", "-W", "2", NODE]
    assert subprocess.run(ping, check=False, capture_output=True).returncode == 0


def test_datagrams_are_not_let_in(machines: Machines) -> None:
    receiver = machines.at("node", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with receiver:
        receiver.bind((NODE, 5353))
        receiver.settimeout(0.5)
        sender = machines.at("caller", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        with sender:
            sender.sendto(b"x", (NODE, 5353))
        with pytest.raises(TimeoutError):
            receiver.recv(1)


def test_loaded_again_the_rules_are_the_same(machines: Machines) -> None:
    before = machines.nft("list", "ruleset")
    machines.nft("-f", "/dev/stdin")
    assert machines.nft("list", "ruleset") == before
    assert "policy drop" in before


def test_the_node_finds_its_neighbours_by_ipv6(machines: Machines) -> None:
    for role, address in (("node", "2001:db8::1"), ("caller", "2001:db8::2")):
        ip("-n", machines.names[role], "address", "add", f"{address}/64", "dev", "eth0", "nodad")
    asked = (
        "ip",
        "netns",
        "exec",
        machines.names["node"],
        "ping",
        "-6",
        "-c",
        "3",
        "-i",
        "0.3",
        "-W",
        "2",
        "2001:db8::2",
    )
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 0
