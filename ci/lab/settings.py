"""What a lab was made as, kept as long as the lab exists: how many nodes, which port; and what was added since."""

import os
import socket

import msgspec

from ci.lab.names import DEFAULT_LAB, MOST_NODES, STATE, Lab
from node.api.problems import Refused

FIRST_PORT = 8443


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`port` is the loopback port of the host under which the engine's API is found. `added` of the `nodes`, the last
    ones, came by `lab add`: they are in no site until somebody takes them in."""

    nodes: int
    port: int
    added: int = 0

    @property
    def formed(self) -> int:
        """How many of them a site is formed of: a replica needs three, and one alone has none. Others wait."""
        return 3 if self.nodes - self.added >= 3 else 1


class OtherSize(Refused):
    what = "Lab {name} was not given {wanted} nodes"
    why = "it was made with {nodes}"
    mend = "Leave --nodes out, or remove it first: ./trivet lab destroy --name {name}"


class NoRoom(Refused):
    what = "Lab {name} got no other node"
    why = "it has {nodes}, and more have no addresses"
    mend = "Remove one that was added: ./trivet lab remove --name {name}"


class NothingAdded(Refused):
    what = "No node of lab {name} was removed"
    why = "none was added since it was made"
    mend = "Remove the whole lab: ./trivet lab destroy --name {name}"


class NoSuchLab(Refused):
    what = "There is no lab {name}"
    why = "nobody brought it up"
    mend = "Bring it up: ./trivet lab up --name {name}"


def find(lab: Lab) -> Settings | None:
    try:
        return msgspec.json.decode(lab.settings_file.read_bytes(), type=Settings)
    except FileNotFoundError:
        return None


def load(lab: Lab) -> Settings:
    settings = find(lab)
    if settings is None:
        raise NoSuchLab(name=lab.name)
    return settings


def make(lab: Lab, nodes: int | None) -> Settings:
    """The settings of the lab, chosen now when there are none."""
    settings = find(lab)
    if settings is not None:
        if nodes not in (None, settings.nodes - settings.added):
            raise OtherSize(name=lab.name, wanted=nodes, nodes=settings.nodes - settings.added)
        return settings
    settings = Settings(nodes=nodes or 3, port=_port(lab))
    lab.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    _save(lab, settings)
    return settings


def add_node(lab: Lab) -> Settings:
    """The settings with one node more, which counts from now on. Raises NoSuchLab, NoRoom."""
    before = load(lab)
    if before.nodes >= MOST_NODES:
        raise NoRoom(name=lab.name, nodes=before.nodes)
    after = msgspec.structs.replace(before, nodes=before.nodes + 1, added=before.added + 1)
    _save(lab, after)
    return after


def remove_node(lab: Lab) -> None:
    """The last one counts no longer. Raises NothingAdded."""
    before = load(lab)
    if not before.added:
        raise NothingAdded(name=lab.name)
    _save(lab, msgspec.structs.replace(before, nodes=before.nodes - 1, added=before.added - 1))


def _save(lab: Lab, settings: Settings) -> None:
    half = lab.settings_file.with_suffix(".half")
    half.write_bytes(msgspec.json.encode(settings))
    os.replace(half, lab.settings_file)


def labs() -> tuple[Lab, ...]:
    """All labs that exist."""
    return tuple(Lab(file.parent.name) for file in sorted((STATE / "labs").glob("*/lab.json")))


def choose_port(taken: set[int], *, default: bool) -> int:
    """The default lab gets the first port, so that its address is what the README says; others the next free one."""
    first = FIRST_PORT if default else FIRST_PORT + 1
    return next(port for port in range(first, 65536) if port not in taken)


def _port(lab: Lab) -> int:
    taken = {settings.port for other in labs() if (settings := find(other)) is not None}
    while True:
        port = choose_port(taken, default=lab.name == DEFAULT_LAB)
        if _is_free(port):
            return port
        taken.add(port)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
