"""Whether an address can be reached over an interface without a gateway; pure."""

from ipaddress import ip_address, ip_interface

from netconf.model import IpConfig


def is_near(gateway: str, ip: IpConfig) -> bool:
    hop = ip_address(gateway)
    return (hop.version == 6 and hop.is_link_local) or any(hop in ip_interface(str(a)).network for a in ip.addresses)


def names_none(gateway: str, ip: IpConfig) -> str:
    """Why nobody can have that address in the networks of the interface; empty when somebody can."""
    hop = ip_address(gateway)
    for address in ip.addresses:
        whole = ip_interface(str(address))
        if hop == whole.ip:
            return f"it is an address of this machine itself ({address})"
        if hop.version == whole.version == 4 and whole.network.prefixlen < 31:
            if hop == whole.network.broadcast_address:
                return f"it is the broadcast address of {whole.network}"
            if hop == whole.network.network_address:
                return f"it names the network {whole.network} and no machine"
    return ""
