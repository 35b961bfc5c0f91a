"""Options of a bond that NetworkManager cannot bring back to what the kernel does by itself; pure.

NetworkManager 1.52 sets an option of a bond that is there only if it is not the kernel's default, so neither a desired
state for the default nor its own way back from a change would come true. Such a bond is made anew instead.
"""

from netconf.kinds import Bond
from netconf.options import BOND_DEFAULTS

# Seen to be set in place, whatever they were.
_FREE = {
    *("ad_actor_sys_prio", "all_slaves_active", "arp_interval", "arp_ip_target", "arp_validate", "downdelay"),
    *("miimon", "num_grat_arp", "num_unsol_na", "primary", "updelay"),
}


def needs_recreate(wanted: Bond, observed: Bond) -> bool:
    """`wanted` has what is to be other than the kernel's default, `observed` all that is so."""
    desired, now = dict(wanted.options), dict(observed.options)
    for key in (desired.keys() | now.keys()) - _FREE:
        default = BOND_DEFAULTS.get(key)
        will, was = desired.get(key, default), now.get(key, default)
        if will != was and default in (will, was):
            return True
    return False
