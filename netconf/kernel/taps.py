"""Plugs the taps of VMs back into their bridge: NetworkManager pulls them out when it starts a bridge anew."""

import errno
import logging

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from netconf.model import LinkType, NetworkState

_GONE = (errno.ENODEV, errno.ENOENT, errno.EINVAL)

log = logging.getLogger(__name__)


def taps(state: NetworkState) -> dict[str, str]:
    """Tap → the bridge it is plugged into."""
    return {i.name: i.controller for i in state.interfaces if i.type is LinkType.TUN and i.controller is not None}


def plug(wanted: dict[str, str], netns: str | None = None) -> None:
    """Plug what hangs loose; a tap or a bridge that is gone since is nobody's loss."""
    if not wanted:
        return
    with IPRoute(netns=netns) as kernel:
        links = {link.get("ifname"): link for link in kernel.get_links()}
        for tap, bridge in wanted.items():
            if tap in links and bridge in links and not links[tap].get("master"):
                try:
                    kernel.link("set", index=links[tap]["index"], master=links[bridge]["index"])
                except NetlinkError as err:
                    if err.code not in _GONE:
                        log.error("%s could not be plugged into %s again: %s", tap, bridge, err)
