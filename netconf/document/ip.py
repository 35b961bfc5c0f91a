"""The sections `ipv4` and `ipv6` of an interface."""

from collections import Counter
from ipaddress import IPv4Interface, IPv6Interface

from netconf.document.plain import read_options
from netconf.document.reader import Reader, as_interface
from netconf.model import Address, IpConfig
from netconf.options import ip_options

_IP = {"enabled", "dhcp", "autoconf", "address"}
_SHOWN = {"allow-extra-address", "wait-ip"}
_NOT_YET = {"forwarding", "mptcp"}
_ADDRESS = {"ip", "prefix-length", "mptcp-flags", "preferred-life-time", "valid-life-time"}


def read_ip(section: Reader | None, version: int) -> IpConfig | None:
    if section is None:
        return None
    options = ip_options(version)
    section.only(_IP | _SHOWN | _NOT_YET | {option.name for option in options})
    for key in _NOT_YET:
        section.not_yet(key, unless=(False,))
    dhcp, autoconf = section.flag("dhcp") or False, section.flag("autoconf") or False
    if autoconf and version == 4:
        section.wrong("autoconf", "there are no router advertisements in IPv4")
    addresses = tuple(_address(item, version) for item in section.sections("address"))
    for address, times in Counter(addresses).items():
        if times > 1:
            section.wrong("address", f"{address} is named twice")
    said = read_options(section, options)
    if dict(said).get("token") and dict(said).get("addr-gen-mode") == "stable-privacy":
        section.wrong("token", "means nothing with stable-privacy: addresses are made of one or of the other")
    enabled = section.flag("enabled")
    if enabled is None:
        enabled = bool(dhcp or autoconf or addresses)
    if not enabled:
        return IpConfig()
    # As in nmstate: with DHCP or router advertisements, addresses that a document shows came from there, and
    # link-local addresses come by themselves.
    own = tuple(address for address in addresses if not _link_local(address))
    return IpConfig(True, dhcp, autoconf, () if dhcp or autoconf else own, said)


def render_ip(ip: IpConfig, version: int) -> dict[str, object]:
    addresses = [{"ip": address.ip, "prefix-length": address.prefix_length} for address in ip.addresses]
    shown: dict[str, object] = {"enabled": ip.enabled, "dhcp": ip.dhcp, "address": addresses, **dict(ip.options)}
    return shown | ({"autoconf": ip.autoconf} if version == 6 else {})


def _address(section: Reader, version: int) -> Address:
    section.only(_ADDRESS)
    section.not_yet("mptcp-flags")
    ip = section.required("ip")
    length = section.number("prefix-length", 0, 32 if version == 4 else 128)
    if not section.has("prefix-length"):
        section.wrong("prefix-length", "is missing")
    parsed = as_interface(ip) if "/" not in ip else None
    if ip and (parsed is None or parsed.version != version):
        section.wrong("ip", f"{ip!r} is not an IPv{version} address")
    elif parsed is not None and _is_nobodys(parsed):
        section.wrong("ip", f"{ip} cannot be the address of an interface")
    return Address(str(parsed.ip) if parsed else ip, length or 0)


def _is_nobodys(parsed: IPv4Interface | IPv6Interface) -> bool:
    ip = parsed.ip
    broadcast = ip.version == 4 and int(ip) == 2**32 - 1
    return ip.is_multicast or ip.is_unspecified or ip.is_loopback or broadcast


def _link_local(address: Address) -> bool:
    parsed = as_interface(address.ip)
    return parsed is not None and parsed.version == 6 and parsed.is_link_local
