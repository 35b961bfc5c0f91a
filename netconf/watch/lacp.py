"""The state of a port under LACP in words; pure."""

from netconf.watch.view import BondPort, BondState

# The bits of an actor's or partner's state in IEEE 802.1AX, as linux/if_bonding.h has them.
_AGGREGATION, _SYNCHRONIZATION, _COLLECTING, _DISTRIBUTING, _DEFAULTED, _EXPIRED = 0x04, 0x08, 0x10, 0x20, 0x40, 0x80

LACP = "802.3ad"


def has_partner(bond: BondState) -> bool:
    return bool(bond.partner_mac and bond.partner_mac.strip("0:"))


def format_state(port: BondPort, bond: BondState) -> str:
    """Empty where there is no LACP."""
    if bond.mode != LACP or port.actor_state is None:
        return ""
    state = port.actor_state
    if not port.mii_up:
        return "no carrier"
    if state & _DEFAULTED or not port.partner_state:
        return "no partner"
    if state & _EXPIRED:
        return "partner fell silent"
    if port.aggregator != bond.aggregator:
        return "in another aggregator"
    match bool(state & _COLLECTING), bool(state & _DISTRIBUTING):
        case (True, True):
            return "collecting-distributing"
        case (True, False):
            return "collecting"
        case _:
            return "waiting for the partner" if state & _SYNCHRONIZATION else "negotiating"
