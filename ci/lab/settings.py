"""What a lab was made as, kept as long as the lab exists: how many nodes, which port."""

import os
import socket

import msgspec

from ci.lab.names import DEFAULT_LAB, STATE, Lab
from node.api.problems import Refused

FIRST_PORT = 8443


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`port` is the loopback port of the host under which the engine's API is found."""

    nodes: int
    port: int


class OtherSize(Refused):
    what = "Lab {name} was not given {wanted} nodes"
    why = "it was made with {nodes}"
    mend = "Leave --nodes out, or remove it first: ./trivet lab destroy --name {name}"


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
        if nodes not in (None, settings.nodes):
            raise OtherSize(name=lab.name, wanted=nodes, nodes=settings.nodes)
        return settings
    settings = Settings(nodes=nodes or 3, port=_port(lab))
    lab.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = lab.settings_file.with_suffix(".half")
    half.write_bytes(msgspec.json.encode(settings))
    os.replace(half, lab.settings_file)
    return settings


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
