"""A kernel's network in memory: carries operations out with the side effects that ordering has to reckon with."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from netconf.kernel.executor import KernelRefused
from netconf.kernel.observe import from_netlink, shown_route, shown_rule
from netconf.kernel.operations import (
    CreateLink,
    Operation,
    RemoveLink,
    SetAddress,
    SetBridgeVlans,
    SetLinkAttributes,
    SetLinkOptions,
    SetLinkUp,
    SetMaster,
    SetNumVfs,
    SetRoute,
    SetRule,
    SetSysctl,
    WriteResolvConf,
)
from netconf.kernel.state import KernelRoute, KernelState, Link, Raw
from netconf.kinds import BondMode
from netconf.model import NetworkState
from netconf.options import BOND_PORT, of_mode
from tests.fakes import netlink

# What the kernel does when it is told nothing.
_BOND: dict[str, Raw] = {
    **{f"IFLA_BOND_{key}": 0 for key in ("MIIMON", "UPDELAY", "DOWNDELAY", "ARP_INTERVAL", "ARP_VALIDATE")},
    **{f"IFLA_BOND_{key}": 0 for key in ("FAIL_OVER_MAC", "XMIT_HASH_POLICY", "MIN_LINKS", "ALL_SLAVES_ACTIVE")},
    **{f"IFLA_BOND_{key}": 1 for key in ("USE_CARRIER", "NUM_PEER_NOTIF", "LP_INTERVAL", "RESEND_IGMP")},
    **{f"IFLA_BOND_{key}": 0 for key in ("PRIMARY_RESELECT", "AD_SELECT", "AD_LACP_RATE", "ARP_ALL_TARGETS")},
    "IFLA_BOND_TLB_DYNAMIC_LB": 1,
    "IFLA_BOND_PACKETS_PER_SLAVE": 1,
    "IFLA_BOND_PRIMARY": "",
    "IFLA_BOND_AD_ACTOR_SYS_PRIO": 65535,
    "IFLA_BOND_AD_USER_PORT_KEY": 0,
}
_BRIDGE: dict[str, Raw] = {
    "IFLA_BR_FORWARD_DELAY": 1500,
    "IFLA_BR_HELLO_TIME": 200,
    "IFLA_BR_MAX_AGE": 2000,
    "IFLA_BR_AGEING_TIME": 30000,
    "IFLA_BR_STP_STATE": 0,
    "IFLA_BR_PRIORITY": 32768,
    "IFLA_BR_VLAN_FILTERING": 0,
    "IFLA_BR_GROUP_FWD_MASK": 0,
    "IFLA_BR_VLAN_DEFAULT_PVID": 1,
    "IFLA_BR_MCAST_SNOOPING": 1,
}
_DATA: dict[str, dict[str, Raw]] = {"bond": _BOND, "bridge": _BRIDGE}
_PORT = {"IFLA_BRPORT_COST": 100, "IFLA_BRPORT_PRIORITY": 32, "IFLA_BRPORT_MODE": 0}
_DEFAULT_VLAN = {1: 6}
_SYSCTLS = {"disable_ipv6": "0", "accept_ra": "1", "autoconf": "1", "addr_gen_mode": "0"}


def _in_bond(holder: Link | None) -> dict[str, Raw]:
    """What a port has when it has just come into a bond; some of it is of some modes only."""
    if holder is None or holder.kind != "bond":
        return {}
    mode = tuple(BondMode)[int(str(holder.data.get("IFLA_BOND_MODE", 0)))]
    return {option.attribute: 0 for option in of_mode(BOND_PORT, mode)}


@dataclass
class FakeKernel:
    """`refuses` is asked for a reason against each operation first."""

    now: KernelState
    refuses: Callable[[Operation], str | None] = lambda _: None
    done: list[Operation] = field(default_factory=list)

    def read_state(self) -> KernelState:
        return self.now

    def observe(self) -> tuple[NetworkState, KernelState]:
        functions = partial(netlink.functions, self.now)
        return from_netlink(*netlink.messages(self.now), functions), self.now

    def __enter__(self) -> "FakeKernel":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def do(self, operation: Operation) -> None:
        if (reason := self.refuses(operation)) is not None:
            raise KernelRefused(reason)
        self.done.append(operation)
        now = self.now
        match operation:
            case CreateLink(link, other):
                _need((other is not None) is (link.kind == "veth"), f"{link.name}: a veth is made with its other end")
                for one in (link, other):
                    if one is not None:
                        self._make(one)
            case RemoveLink(name):
                peer = self._link(name).peer
                self._remove(name)
                if peer:
                    self._remove(peer)
            case SetMaster(name, master):
                old = self._link(name)
                _need(not master or not old.master, f"{name} is in {old.master}")
                holder = self._link(master) if master else None
                bond = holder is not None and holder.kind == "bond"
                _need(not bond or not old.up, f"{name} is up")
                bridge = holder is not None and holder.kind == "bridge"
                port, vlans = (_PORT, _DEFAULT_VLAN) if bridge else (_in_bond(holder), None)
                own = holder.mac if holder is not None and bond else old.mac
                self._put(replace(old, master=master, mac=own, up=old.up or bond, port=port, vlans=vlans))
            case SetLinkUp(name, up):
                old = self._link(name)
                base = now.link(old.base) if old.base else None
                _need(not up or base is None or base.up, f"{old.base} is down")
                self._put(replace(old, up=up))
                if not up:
                    self._down(name)
            case SetLinkAttributes(name, mac, mtu, alias):
                old = self._link(name)
                self._put(
                    replace(old, mac=mac or old.mac, mtu=mtu or old.mtu, alias=old.alias if alias is None else alias)
                )
            case SetNumVfs(name, vfs):
                self._enable(self._link(name), vfs)
            case SetLinkOptions(name, kind, data):
                self._configure(name, kind, data)
            case SetBridgeVlans(name, let, without, _):
                old = self._link(name)
                left = {tag: flags for tag, flags in (old.vlans or {}).items() if tag not in without}
                self._put(replace(old, vlans=left | dict(let)))
            case SetSysctl(name, key, value):
                old = self._link(name)
                self._put(replace(old, sysctls=dict(old.sysctls) | {key: value}))
            case SetAddress(held, there):
                self._link(held.link)
                _need((held in now.addresses) is not there, str(operation))
                kept = tuple(a for a in now.addresses if a != held)
                self.now = replace(now, addresses=(*kept, held) if there else kept)
                if not there:
                    self._without_address(held.link, held.version)
            case SetRoute(path, there):
                up = all(self._link(name).up for name in path.links)
                reached = {a.link for a in now.addresses if a.version == path.version}
                _need(not there or (up and path.links <= reached), "Network is unreachable")
                _need((path in now.routes) is not there, str(operation))
                ways = tuple(p for p in now.routes if p != path)
                self.now = replace(now, routes=(*ways, _shown(path)) if there else ways)
            case SetRule(choice, there):
                _need((choice in now.rules) is not there, str(operation))
                rules = tuple(c for c in now.rules if c != choice)
                told = replace(choice, shown=shown_rule(netlink.rule(choice)))
                self.now = replace(now, rules=(*rules, told) if there else rules)
            case WriteResolvConf(text):
                self.now = replace(now, resolver=text)

    def _make(self, link: Link) -> None:
        now = self.now
        _need(now.link(link.name) is None, f"{link.name} is there")
        _need(link.is_made, f"{link.kind} cannot be made")
        _need(not link.base or now.link(link.base) is not None, f"{link.base} is not there")
        data = _DATA.get(link.kind, {}) | dict(link.data)
        mac = link.mac or f"52:54:00:00:00:{len(now.links):02x}"
        made = Link(link.name, link.kind, base=link.base, peer=link.peer, mac=mac, mtu=1500, alias="", data=data)
        self.now = replace(now, links=(*now.links, replace(made, sysctls=_SYSCTLS)))

    def _enable(self, nic: Link, vfs: int) -> None:
        """All go before others come, with other MACs each time."""
        _need(nic.vfs is not None and vfs <= netlink.MOST_VFS, f"{nic.name} cannot have {vfs} virtual functions")
        for number in range(nic.vfs or 0):
            self._remove(netlink.vf(nic.name, number))
        self._put(replace(nic, vfs=vfs))
        mac = f"02:00:00:00:{len(self.done):02x}"
        made = (Link(netlink.vf(nic.name, n), mac=f"{mac}:{n:02x}", mtu=1500, alias="") for n in range(vfs))
        self.now = replace(self.now, links=(*self.now.links, *(replace(link, sysctls=_SYSCTLS) for link in made)))

    def _configure(self, name: str, kind: str, data: object) -> None:
        assert isinstance(data, dict)
        old = self._link(name)
        if kind.endswith("_slave"):
            _need(bool(old.master), f"{name} is no port")
            _need(data.keys() <= old.port.keys(), f"{name} has no {sorted(data.keys() - old.port.keys())}")
            self._put(replace(old, port=dict(old.port) | data))
            return
        ports = [link.name for link in self.now.links if link.master == name]
        _need("IFLA_BOND_MODE" not in data or not (ports or old.up), f"{name} has ports {ports} or is up")
        self._put(replace(old, data=dict(old.data) | data))

    def _link(self, name: str) -> Link:
        link = self.now.link(name)
        _need(link is not None, f"there is no interface {name}")
        assert link is not None
        return link

    def _put(self, link: Link) -> None:
        self.now = replace(self.now, links=tuple(link if old.name == link.name else old for old in self.now.links))

    def _down(self, name: str) -> None:
        """What stands on it goes down with it."""
        self.now = replace(self.now, routes=tuple(p for p in self.now.routes if name not in p.links))
        for upper in self.now.links:
            if upper.base == name and upper.up:
                self._put(replace(upper, up=False))
                self._down(upper.name)

    def _without_address(self, name: str, version: int) -> None:
        if not any(a.link == name and a.version == version for a in self.now.addresses):
            routes = tuple(p for p in self.now.routes if name not in p.links or p.version != version)
            self.now = replace(self.now, routes=routes)

    def _remove(self, name: str) -> None:
        for upper in [link.name for link in self.now.links if link.base == name]:
            if self.now.link(upper) is not None:
                self._remove(upper)
        links = [_free(link) if link.master == name else link for link in self.now.links]
        self.now = replace(
            self.now,
            links=tuple(link for link in links if link.name != name),
            addresses=tuple(a for a in self.now.addresses if a.link != name),
            routes=tuple(p for p in self.now.routes if name not in p.links),
        )


def _free(port: Link) -> Link:
    return replace(port, master="", port={}, vlans=None)


def _shown(path: KernelRoute) -> KernelRoute:
    links = {path.link: 1}
    return replace(path, shown=shown_route(netlink.route(path, links), {1: path.link}))


def _need(condition: bool, reason: str) -> None:
    if not condition:
        raise KernelRefused(reason)
