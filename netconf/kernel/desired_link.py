"""What a link of the kernel is to be when the desired state is reached; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from netconf.kernel.link_info import port_table
from netconf.kernel.state import KernelState, Link, Raw
from netconf.kinds import Bond, BondMode, VlanProtocol
from netconf.model import Interface, LinkState, LinkType, NetworkState
from netconf.options import (
    BOND,
    BOND_DEFAULTS,
    BOND_PORT,
    BRIDGE,
    BRIDGE_PORT,
    STP,
    Option,
    Pairs,
    named,
    of_mode,
    to_kernel,
)
from netconf.planning.recreate import differs_inside

KINDS = {
    LinkType.LINUX_BRIDGE: "bridge",
    LinkType.BOND: "bond",
    LinkType.VLAN: "vlan",
    LinkType.VXLAN: "vxlan",
    LinkType.DUMMY: "dummy",
    LinkType.VRF: "vrf",
    LinkType.VETH: "veth",
}
_PROTOCOLS = {VlanProtocol.IEEE_802_1Q: 0x8100, VlanProtocol.IEEE_802_1AD: 0x88A8}  # linux/if_ether.h
_MII_MS = 100  # a bond that does not look at its cables keeps sending into one that is cut
_FILTERING = "IFLA_BR_VLAN_FILTERING"


@dataclass(frozen=True, slots=True)
class DesiredLink:
    """One interface of `new`, what netconf.planning.merge.after made of `desired`."""

    interface: Interface
    desired: NetworkState
    observed: NetworkState
    new: NetworkState
    now: KernelState

    @property
    def requested(self) -> Interface | None:
        return self.desired.interface(self.interface.name)

    @property
    def current(self) -> Link:
        wanted = self.interface
        fresh = Link(wanted.name, KINDS.get(wanted.type, ""), base=wanted.base or "", peer=wanted.peer or "")
        return self.now.link(wanted.name) or fresh

    def link(self) -> Link:
        wanted, observed = self.interface, self.current
        is_new = self.now.link(wanted.name) is None
        pinned = wanted.type in (LinkType.LINUX_BRIDGE, LinkType.BOND) or is_new or self.requested is not None
        return replace(
            observed,
            base=wanted.base or "" if self._is_recreated() else observed.base,
            up=wanted.state is LinkState.UP,
            master=self._master(),
            mac=wanted.mac if pinned else None,
            mtu=wanted.mtu,
            alias=None if self.requested is None else self.requested.description,
            data=self._data(is_new=is_new),
            port=self._port(),
            vlans=self._vlans(),
            sysctls=self._sysctls(),
            vfs=observed.vfs if wanted.sriov is None else wanted.sriov.total_vfs,
        )

    def _is_recreated(self) -> bool:
        """Whether it is there and has to be made anew to become what is desired."""
        name = self.interface.name
        observed = self.observed.interface(name)
        return self.requested is not None and observed is not None and differs_inside(self.requested, observed)

    def _master(self) -> str:
        """Taps of VMs stay where they are, whatever the desired state says of ports."""
        if self.current.kind == "tun":
            return self.current.master if self.new.interface(self.current.master) is not None else ""
        return self.interface.controller or ""

    def _data(self, *, is_new: bool) -> dict[str, Raw]:
        wanted, requested = self.interface, self.requested
        if requested is None:
            return dict(self.current.data)
        match wanted.type:
            case LinkType.BOND:
                return _bond(wanted, is_new=is_new)
            case LinkType.LINUX_BRIDGE:
                return dict(self.current.data) | _bridge(wanted, requested, is_new=is_new)
            case _:
                return _overlay(wanted) if is_new or self._is_recreated() else dict(self.current.data)

    def _holder(self) -> tuple[Interface, Interface] | None:
        """The bridge that it is a port of: what is said of it and what it will be."""
        bridge = self.new.interface(self.interface.controller or "")
        requested = self.desired.interface(self.interface.controller or "")
        if bridge is None or bridge.bridge is None or requested is None or requested.bridge is None:
            return None
        return requested, bridge

    def _bond(self) -> Bond | None:
        """The bond that it is a port of, as it will be, when the desired state speaks of it."""
        bond, name = self.new.interface(self.interface.controller or ""), self.interface.controller or ""
        return None if bond is None or self.desired.interface(name) is None else bond.bond

    def _stays_in(self) -> bool:
        """Whether it stays a port of a bridge of which nothing is said: should it be made anew, it is one as before."""
        return bool(self.current.master) and self.current.master == self._master()

    def _port(self) -> dict[str, Raw]:
        bond = self._bond()
        if bond is not None:
            known = of_mode(BOND_PORT, bond.mode)
            return {o.attribute: 0 for o in known} | _raw(bond.port(self.interface.name).options, known)
        holder = self._holder()
        if holder is None or holder[0].bridge is None:
            return dict(self.current.port) if self._stays_in() else {}
        return _raw(holder[0].bridge.port(self.interface.name).options, BRIDGE_PORT)

    def _vlans(self) -> Mapping[int, int] | None:
        holder = self._holder()
        if holder is None or holder[0].bridge is None or holder[1].bridge is None:
            return self.current.vlans if self._stays_in() else None
        vlan = holder[0].bridge.port(self.interface.name).vlan
        default = next((int(value) for key, value in holder[1].bridge.options if key == "vlan-default-pvid"), 1)
        return None if vlan is None else port_table(vlan, default)

    def _sysctls(self) -> dict[str, str]:
        ip = None if self.requested is None or self.requested.state is not LinkState.UP else self.requested.ipv6
        if ip is None:
            return dict(self.current.sysctls)
        if not ip.enabled:
            return {"disable_ipv6": "1"} if self.current.sysctls or self.now.link(self.interface.name) is None else {}
        generates = {"addr_gen_mode": "0"} if self.current.sysctls.get("addr_gen_mode", "1") == "1" else {}
        if dict(ip.options).get("addr-gen-mode") == "eui64":
            generates = {"addr_gen_mode": "0"}
        heard = "2" if ip.autoconf else "0"  # 2: also when this host forwards for its VMs
        return {"disable_ipv6": "0", "accept_ra": heard, "autoconf": "1" if ip.autoconf else "0"} | generates


def _bond(wanted: Interface, *, is_new: bool) -> dict[str, Raw]:
    if wanted.bond is None or wanted.bond.mode is None:
        return {}
    mode, options = wanted.bond.mode, dict(wanted.bond.options)
    if is_new and not options.get("arp_interval"):
        options.setdefault("miimon", _MII_MS)
    known = named(of_mode(BOND, mode))
    found: dict[str, Raw] = {"IFLA_BOND_MODE": tuple(BondMode).index(mode)}
    if not is_new:
        found |= {known[key].attribute: to_kernel(known[key], v) for key, v in BOND_DEFAULTS.items() if key in known}
        found |= {known[key].attribute: "" for key in ("primary",) if key in known}
    return found | {known[key].attribute: to_kernel(known[key], v) for key, v in options.items() if key in known}


def _bridge(wanted: Interface, requested: Interface, *, is_new: bool) -> dict[str, Raw]:
    """A new one forwards at once: the kernel would let nothing through for 15 s, STP or not."""
    inside, desired = wanted.bridge, requested.bridge
    if inside is None or desired is None:
        return {"IFLA_BR_FORWARD_DELAY": 0} if is_new else {}
    found = _raw(desired.options, (*BRIDGE, *STP))
    if desired.stp is not None:
        found["IFLA_BR_STP_STATE"] = int(desired.stp)
    if desired.forward_delay_s is not None or (is_new and not desired.stp):
        found["IFLA_BR_FORWARD_DELAY"] = (desired.forward_delay_s or 0) * 100
    if any(port.vlan is not None for port in desired.details):
        found[_FILTERING] = int(inside.filters)
    return found


def _overlay(wanted: Interface) -> dict[str, Raw]:
    if wanted.vlan is not None:
        return {"IFLA_VLAN_ID": wanted.vlan.id, "IFLA_VLAN_PROTOCOL": _PROTOCOLS[wanted.vlan.protocol]}
    if wanted.vrf is not None:
        return {"IFLA_VRF_TABLE": wanted.vrf.table}
    if wanted.vxlan is None:
        return {}
    vxlan = wanted.vxlan
    found: dict[str, Raw] = {"IFLA_VXLAN_ID": vxlan.id, "IFLA_VXLAN_PORT": vxlan.port}
    found["IFLA_VXLAN_LEARNING"] = int(vxlan.learning)
    for key, ip in (("GROUP", vxlan.remote), ("LOCAL", vxlan.local)):
        if ip:
            found[f"IFLA_VXLAN_{key}{'6' if ':' in ip else ''}"] = ip
    return found


def _raw(requested: Pairs, options: Iterable[Option]) -> dict[str, Raw]:
    known = named(options)
    return {known[key].attribute: to_kernel(known[key], value) for key, value in requested if key in known}
