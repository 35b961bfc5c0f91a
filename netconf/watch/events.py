"""One thing that happened to the network of a host."""

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """Stable words: they travel in the agent's event stream."""

    ADDED = "link-added"
    REMOVED = "link-removed"
    RENAMED = "link-renamed"
    UP = "link-up"
    DOWN = "link-down"
    FLAPPING = "link-flapping"
    SPEED = "link-speed"
    CHANGED = "link-changed"
    CONTROLLER = "link-controller"
    ERRORS = "link-errors"
    BOND = "bond"
    BOND_PORT_UP = "bond-port-up"
    BOND_PORT_DOWN = "bond-port-down"
    LACP = "lacp"
    ADDRESS_ADDED = "address-added"
    ADDRESS_REMOVED = "address-removed"
    ADDRESS_DUPLICATE = "address-duplicate"
    ROUTE_ADDED = "route-added"
    ROUTE_REMOVED = "route-removed"
    GATEWAY_UNREACHABLE = "gateway-silent"
    GATEWAY_ANSWERS = "gateway-answers"
    LLDP = "lldp"
    DRIFT = "drift"
    DRIFT_OVER = "drift-over"
    RESYNCHRONISED = "resynchronised"


@dataclass(frozen=True, slots=True)
class NetworkEvent:
    """`interface` is its name, empty for what belongs to none; `about` is the bond of a port."""

    kind: EventKind
    interface: str
    description: str
    about: str = ""
