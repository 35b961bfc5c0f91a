"""Ports of bonds in netlink: the map of their attributes that pyroute2 has ends before the priority."""

from collections.abc import Mapping

from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from netconf.kernel.state import Raw

# From linux/if_link.h, in its order.
_YOUNGER = (
    ("IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE", "uint8"),
    ("IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE", "uint16"),
    ("IFLA_BOND_SLAVE_PRIO", "int32"),
)


def teach() -> None:
    """Let pyroute2 read them; before the first message is read. Safe to repeat, and when it has learnt them itself."""
    known = ifinfmsg.ifinfo.bond_slave_data.nla_map
    names = {name for name, _ in known}
    ifinfmsg.ifinfo.bond_slave_data.nla_map = (*known, *(pair for pair in _YOUNGER if pair[0] not in names))


def message(options: Mapping[str, Raw]) -> dict[str, object]:
    """The value of IFLA_LINKINFO that sets them."""
    inside = ("IFLA_INFO_SLAVE_DATA", {"attrs": list(options.items())})
    return {"attrs": [("IFLA_INFO_SLAVE_KIND", "bond"), inside]}
