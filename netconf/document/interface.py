"""One entry of `interfaces`."""

from netconf.document.bond import read_bond, render_bond
from netconf.document.bridge import read_bridge, render_bridge
from netconf.document.ethernet import read_ethernet, render_ethernet
from netconf.document.ip import read_ip, render_ip
from netconf.document.lldp import read_lldp, render_lldp
from netconf.document.overlays import read_vlan, read_vxlan, render_vlan, render_vxlan
from netconf.document.ports import read_vrf, render_vrf
from netconf.document.reader import Reader, why_bad_mac, why_bad_name
from netconf.model import Interface, LinkState, LinkType, WaitIp

MADE = frozenset(LinkType) - {LinkType.TUN, LinkType.LOOPBACK, LinkType.OTHER}  # what a desired state may ask for
_OTHER_TYPES = {  # of nmstate's schema
    *("hsr", "mac-vlan", "mac-vtap", "ovs-bridge", "ovs-interface", "infiniband", "macsec", "ipsec", "xfrm", "ipvlan"),
    *("team", "wireguard", "ip-tunnel"),
}
_SECTIONS = {  # the section that tells of the inside of a type
    "bridge": (LinkType.LINUX_BRIDGE,),
    "link-aggregation": (LinkType.BOND,),
    "vlan": (LinkType.VLAN,),
    "vxlan": (LinkType.VXLAN,),
    "vrf": (LinkType.VRF,),
    "veth": (LinkType.VETH, LinkType.ETHERNET),  # nmstate shows a veth as ethernet with this section
    "ethernet": (LinkType.ETHERNET, LinkType.VETH),
}
_INTERFACE = {
    *("name", "type", "state", "mac-address", "copy-mac-from", "mtu", "ipv4", "ipv6", "lldp", "description"),
    *("identifier", "wait-ip"),
}
_SHOWN = {  # a desired state made of what was shown may carry them along
    *("carrier", "controller", "max-mtu", "min-mtu", "permanent-mac-address", "profile-name"),
    *("statistics", "alt-names", "driver", "pci-address"),
}
_NOT_YET = {"802.1x", "ovs-db", "ethtool", "mptcp", "accept-all-mac-addresses", "dispatch"}
_NEEDED = {LinkType.VLAN: "vlan", LinkType.VXLAN: "vxlan", LinkType.VRF: "vrf"}


def read_interface(section: Reader) -> Interface:
    section.required("name")
    name = section.checked("name", why_bad_name) or ""
    state = section.word("state", LinkState) or LinkState.UP
    if state is LinkState.IGNORE or _is_only_shown(section):
        return Interface(name, LinkType.OTHER, LinkState.IGNORE)
    kind = _type(section, state)
    mac = section.checked("mac-address", why_bad_mac)
    by_mac = section.choice("identifier", ("name", "mac-address")) == "mac-address"
    if by_mac and mac is None and not section.has("mac-address"):
        section.wrong("mac-address", "is missing: identifier says that the interface is found by it")
    found = Interface(name, kind, state, mac=mac and mac.lower(), by_mac=by_mac)
    return found if state is LinkState.ABSENT else _present(section, found)


def _is_only_shown(section: Reader) -> bool:
    """What nmstate shows and nobody configures: taps, and the loopback with its own addresses alone."""
    if section.text("type") == LinkType.TUN:
        return True
    ips = [ip for key in ("ipv4", "ipv6") if (ip := section.section(key)) is not None]
    held = [address.text("ip") for ip in ips for address in ip.sections("address")]
    return section.text("type") == LinkType.LOOPBACK and set(held) <= {"127.0.0.1", "::1"}


def _type(section: Reader, state: LinkState) -> LinkType:
    text = section.text("type")
    if text in _OTHER_TYPES and state is LinkState.ABSENT:
        return LinkType.OTHER
    if text in _OTHER_TYPES or text in (LinkType.TUN, LinkType.LOOPBACK):
        section.wrong("type", f"{text} cannot be made yet: choose one of {', '.join(sorted(MADE))}")
        return LinkType.OTHER
    return section.word("type", LinkType) or LinkType.OTHER


def _present(section: Reader, found: Interface) -> Interface:
    link = section.known_as("link-aggregation", "bond")
    section.only(_INTERFACE | _SHOWN | set(_SECTIONS) | {link}, _NOT_YET - {"accept-all-mac-addresses", "mptcp"})
    for key in ("accept-all-mac-addresses", "mptcp"):
        section.not_yet(key, unless=(False, {"address-flags": []}))
    for key, kinds in _SECTIONS.items():
        key = link if key == "link-aggregation" else key
        if section.has(key) and found.type not in kinds:
            section.wrong(key, f"belongs to a {kinds[0]}, not to an interface of type {found.type}")
    needed = _NEEDED.get(found.type)
    if needed is not None and not section.has(needed):
        section.wrong(needed, f"is missing: it says what the {needed} {found.name} is")
    if found.mac is not None and section.has("copy-mac-from"):
        section.wrong("copy-mac-from", "stands beside mac-address: keep one of the two")
    bridge, bond, vlan = section.section("bridge"), section.section(link), section.section("vlan")
    vxlan, vrf, veth = section.section("vxlan"), section.section("vrf"), section.section("veth")
    ethernet = section.section("ethernet")
    return Interface(
        name=found.name,
        type=found.type,
        state=found.state,
        mac=found.mac,
        by_mac=found.by_mac,
        copy_mac_from=section.checked("copy-mac-from", why_bad_name),
        mtu=section.number("mtu", 68, 65535),
        ipv4=read_ip(section.section("ipv4"), 4),
        ipv6=read_ip(section.section("ipv6"), 6),
        bridge=None if bridge is None else read_bridge(bridge),
        bond=None if bond is None else read_bond(bond),
        vlan=None if vlan is None else read_vlan(vlan),
        vxlan=None if vxlan is None else read_vxlan(vxlan),
        vrf=None if vrf is None else read_vrf(vrf),
        sriov=None if ethernet is None else read_ethernet(ethernet),
        peer=None if veth is None else _peer(veth),
        wait_ip=section.word("wait-ip", WaitIp),
        lldp=read_lldp(section.section("lldp")),
        description=section.text("description"),
    )


def _peer(section: Reader) -> str | None:
    section.only({"peer"})
    section.required("peer")
    return section.checked("peer", why_bad_name)


def render_interface(interface: Interface) -> dict[str, object]:
    shown: dict[str, object] = {
        "name": interface.name,
        "type": interface.type.value,
        "state": interface.state.value,
    }
    pairs = (
        ("description", interface.description),
        ("identifier", "mac-address" if interface.by_mac else None),
        ("mac-address", interface.mac),
        ("permanent-mac-address", interface.permanent_mac),
        ("copy-mac-from", interface.copy_mac_from),
        ("mtu", interface.mtu),
        ("carrier", interface.carrier),
        ("controller", interface.controller),
        ("wait-ip", None if interface.wait_ip is None else interface.wait_ip.value),
        ("lldp", None if interface.lldp is None else render_lldp(interface.lldp, interface.neighbours)),
        ("ipv4", None if interface.ipv4 is None else render_ip(interface.ipv4, 4)),
        ("ipv6", None if interface.ipv6 is None else render_ip(interface.ipv6, 6)),
        ("bridge", None if interface.bridge is None else render_bridge(interface.bridge)),
        ("link-aggregation", None if interface.bond is None else render_bond(interface.bond)),
        ("vlan", None if interface.vlan is None else render_vlan(interface.vlan)),
        ("vxlan", None if interface.vxlan is None else render_vxlan(interface.vxlan)),
        ("vrf", None if interface.vrf is None else render_vrf(interface.vrf)),
        ("ethernet", None if interface.sriov is None else render_ethernet(interface.sriov)),
        ("veth", None if interface.peer is None else {"peer": interface.peer}),
    )
    return shown | {key: value for key, value in pairs if value is not None}
