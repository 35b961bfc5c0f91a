"""How everything of a lab is called and where it lies, derived from its name alone: any run finds it again."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from node.api.problems import Refused

STATE = Path("/var/lib/trivet-lab")
RUNTIME = Path("/run/trivet-lab")
DEFAULT_LAB = "lab"
PATTERN = re.compile(r"[a-z][a-z0-9-]{0,19}")

NETWORK = "192.0.2"  # TEST-NET-1 of RFC 5737: never leaves the lab's namespace
PREFIX_LENGTH = 24
BRIDGE = "br0"
BRIDGE_MAC = "02:00:00:00:00:01"
NODE_NIC = "host0"
ENGINE = "engine"
MOST_NODES = 9
BMC_PORT = 443

NAMESPACE = uuid.UUID("8d2c2f7e-0c1b-4f8e-9a53-5a3c1f1f4b11")


class BadLabName(Refused):
    what = "{name!r} cannot be the name of a lab"
    why = "a name is 1 to 20 small letters, digits and dashes and begins with a letter"
    mend = "Choose another name"


class UnknownNode(Refused):
    what = "The lab has no node {node!r}"
    why = "its nodes are {nodes}"
    mend = "Name one of them"


@dataclass(frozen=True, slots=True)
class Lab:
    """Names and paths of one lab. State survives a reboot and is readable for root only; runtime does not survive."""

    name: str

    def __post_init__(self) -> None:
        if not PATTERN.fullmatch(self.name):
            raise BadLabName(name=self.name)

    @property
    def state(self) -> Path:
        return STATE / "labs" / self.name

    @property
    def runtime(self) -> Path:
        return RUNTIME / self.name

    @property
    def netns(self) -> str:
        return f"trivet-{self.name}"

    @property
    def netns_path(self) -> Path:
        return Path("/run/netns") / self.netns

    @property
    def settings_file(self) -> Path:
        return self.state / "lab.json"

    @property
    def lock_file(self) -> Path:
        return self.state / "lock"

    @property
    def times_file(self) -> Path:
        return self.state / "times.json"

    @property
    def client(self) -> Path:
        """What a client of the API needs, outside of `state`: who came through sudo has to reach it."""
        return STATE / "clients" / self.name

    @property
    def password_file(self) -> Path:
        return self.client / "admin-password"

    @property
    def authority_file(self) -> Path:
        return self.client / "ca.crt"

    @property
    def terminal(self) -> Path:
        """The socket of the lab's own tmux server: every node's console is a session in it."""
        return self.runtime / "tmux.sock"

    @property
    def relay_log(self) -> Path:
        return self.state / "relay.log"

    def node(self, name: str) -> "Node":
        number = name.removeprefix("node")
        if name == f"node{number}" and number in map(str, range(1, MOST_NODES + 1)):
            return Node(self, int(number))
        raise UnknownNode(node=name, nodes="node1, node2 and so on")

    def nodes(self, count: int) -> tuple["Node", ...]:
        return tuple(Node(self, number) for number in range(1, count + 1))


@dataclass(frozen=True, slots=True)
class Node:
    """Names and paths of one node of a lab; numbers count from 1."""

    lab: Lab
    number: int

    @property
    def name(self) -> str:
        return f"node{self.number}"

    @property
    def address(self) -> str:
        return f"{NETWORK}.{10 + self.number}"

    @property
    def bmc_address(self) -> str:
        """Of its board management controller, which is not on its cable: it answers while the node is off or cut."""
        return f"{NETWORK}.{100 + self.number}"

    @property
    def uplink(self) -> str:
        """The lab's end of the node's cable; the node's end is host0. systemd-nspawn gives this name."""
        return f"vb-{self.name}"

    @property
    def machine_id(self) -> str:
        return uuid.uuid5(NAMESPACE, f"{self.lab.name}/{self.name}").hex

    @property
    def state(self) -> Path:
        return self.lab.state / self.name

    @property
    def runtime(self) -> Path:
        return self.lab.runtime / self.name

    @property
    def console_log(self) -> Path:
        return self.state / "console.log"

    @property
    def process_file(self) -> Path:
        return self.runtime / "process.json"

    @property
    def launch_file(self) -> Path:
        return self.runtime / "launch.json"

    @property
    def cgroup(self) -> str:
        """Below the root of each hierarchy; nodes that share one would kill each other's services."""
        return f"trivet-lab/{self.lab.name}/{self.name}"


GATEWAY_ADDRESS = f"{NETWORK}.1"
ENGINE_ADDRESS = f"{NETWORK}.10"


def host_machine_id(lab: Lab) -> str:
    """What systemd-nspawn is shown as the id of the host: it derives the MAC addresses of the nodes from it."""
    return hashlib.sha256(f"trivet-lab/{lab.name}".encode()).hexdigest()[:32]
