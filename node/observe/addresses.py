"""The addresses under which this machine can be reached."""

from pyroute2 import IPRoute

_GLOBAL = 0  # RT_SCOPE_UNIVERSE


def own_addresses() -> list[str]:
    """All addresses but those of loopback and of single links, sorted."""
    with IPRoute() as route:
        found = [message for message in route.get_addr() if message["scope"] == _GLOBAL]
        return sorted({str(message.get_attr("IFA_ADDRESS")) for message in found})
