"""Which bonds speak LACP to nobody: their partner has no MAC address."""

from collections.abc import Iterable

from pyroute2 import IPRoute

from netconf.kernel.link_info import Message, nested

_LACP = 4  # BOND_MODE_8023AD
_NOBODY = "00:00:00:00:00:00"


def without_partner(netns: str | None = None) -> tuple[str, ...]:
    """Names of the bonds in mode 802.3ad that no switch has answered."""
    with IPRoute(netns=netns) as kernel:
        return from_links(kernel.get_links())


def from_links(links: Iterable[Message]) -> tuple[str, ...]:
    return tuple(str(link.get("ifname")) for link in links if _is_alone(nested(link, "linkinfo", "IFLA_INFO_DATA")))


def _is_alone(data: object) -> bool:
    if not hasattr(data, "get") or data.get("IFLA_BOND_MODE") != _LACP:
        return False
    return nested(data, "IFLA_BOND_AD_INFO", "IFLA_BOND_AD_INFO_PARTNER_MAC") in (None, _NOBODY)
