"""What listens on the nodes of a lab, and what it answers to whom: tried from the bridge, where no node is."""

import re
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ci.lab.relay import enter
from hosted_engine.authority import KeyPair
from tests.lab.under_test import LabUnderTest

AGENT, LIBVIRT = "trivet-node", "libvirtd"
# These let members of the site in, by certificate; imageio and the screens of VMs let in who has a ticket.
FOR_MEMBERS = frozenset({AGENT, LIBVIRT, "glusterd", "glusterfsd"})
ANSWER_S, AT_ONCE = 2.0, 1024

# Program GF-DUMP, version 1, "what else is there?", which every Gluster server has (rpc/rpc-lib/src/protocol-common.h).
_CALL = struct.pack(">10IQ", 1, 0, 2, 123451501, 1, 1, 0, 0, 0, 0, 0)
GLUSTER_CALL = struct.pack(">I", 1 << 31 | len(_CALL)) + _CALL
# The one thing that an agent tells other nodes.
FACTS = b"GET /v1/gluster/facts HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"
LET_IN = {AGENT: b"HTTP/1.1 200 OK", LIBVIRT: b"\1"}

Attempt = Callable[[], bytes]
Attempts = Callable[[list[Attempt]], list[bytes]]


@contextmanager
def from_bridge(lab: LabUnderTest) -> Iterator[Attempts]:
    """Runs attempts in the lab's own namespace; what each was answered."""
    with ThreadPoolExecutor(8, initializer=enter, initargs=(lab.appliance.lab.netns_path,)) as inside:
        yield lambda attempts: list(inside.map(lambda attempt: attempt(), attempts))


def listening(lab: LabUnderTest, node: str) -> list[tuple[str, int]]:
    """Process and port of all that others can reach, UDP too."""
    found = []
    for line in lab.exec(node, "ss", "-Htulnp").splitlines():
        fields = line.split()
        address, _, port = fields[4].rpartition(":")
        names = set(re.findall(r'\("([^"]+)",pid=', line)) - {"systemd"}  # it has made the socket for another
        if not address.startswith(("127.", "[::1]")):
            found.append((",".join(sorted(names)) or "?", int(port)))
    return sorted(set(found))


def attempt(lab: LabUnderTest, node: str, port: int, request: bytes, tls: ssl.SSLContext | None = None) -> Attempt:
    """Connect, say `words`, and give the first bytes of the answer; none when it is refused or does not come."""
    address = lab.node(node).node.address

    def tried() -> bytes:
        with socket.create_connection((address, port), timeout=ANSWER_S) as plain:
            try:
                line = tls.wrap_socket(plain) if tls is not None else plain
                line.sendall(request)
                return line.recv(16)
            except OSError:  # TimeoutError, ssl.SSLError and a reset connection among them
                return b""

    return tried


def client_context(pair: KeyPair | None, folder: Path) -> ssl.SSLContext:
    """A client that takes every server for what it says: it is the servers that are tested."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair is not None:
        folder.mkdir(mode=0o700)
        (folder / "crt").write_text(pair.certificate)
        (folder / "key").write_text(pair.key)
        context.load_cert_chain(folder / "crt", folder / "key")
    return context


def who_lets_in(lab: LabUnderTest, nodes: tuple[str, ...], tls: ssl.SSLContext) -> dict[str, set[bool]]:
    """Of FOR_MEMBERS: whether each answers to what members of a site ask each other, on each of its ports on these
    nodes."""
    asked = [(name, node, port) for node in nodes for name, port in listening(lab, node) if name in FOR_MEMBERS]
    with from_bridge(lab) as tried:
        said = tried([attempt(lab, node, port, _question(name), tls) for name, node, port in asked])
    found: dict[str, set[bool]] = {}
    for (name, _, _), answer in zip(asked, said, strict=True):
        found.setdefault(name, set()).add(bool(answer) and answer.startswith(LET_IN.get(name, b"")))
    return found


def scanned(lab: LabUnderTest, address: str) -> set[int]:
    """Every TCP port of an address at which somebody accepts."""
    with ThreadPoolExecutor(1, initializer=enter, initargs=(lab.appliance.lab.netns_path,)) as inside:
        pieces = (range(first, min(first + AT_ONCE, 1 << 16)) for first in range(1, 1 << 16, AT_ONCE))
        return set().union(*inside.map(lambda ports: _accepting(address, ports), pieces))


def _accepting(address: str, ports: range) -> set[int]:
    """Of these ports. All are asked before the first answer is waited for."""
    with ExitStack() as open_:
        asked = {port: open_.enter_context(socket.socket()) for port in ports}
        poll = select.poll()
        for port, one in asked.items():
            one.setblocking(False)
            one.connect_ex((address, port))
            poll.register(one, select.POLLOUT)
        waiting, until = {one.fileno(): port for port, one in asked.items()}, time.monotonic() + ANSWER_S
        found = set()
        while waiting and (left_s := until - time.monotonic()) > 0:
            for handle, _ in poll.poll(left_s * 1000):
                poll.unregister(handle)
                port = waiting.pop(handle)
                if asked[port].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    found.add(port)
        return found


def _question(process: str) -> bytes:
    return {AGENT: FACTS, LIBVIRT: b""}.get(process, GLUSTER_CALL)
