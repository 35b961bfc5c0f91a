"""Reads the kernel's network and executes operations, in the network namespace of the thread that it runs in."""

import os
import socket
import struct
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path as File

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from netconf.kernel import bond_ports, parse, sriov
from netconf.kernel.link_info import Message, nested
from netconf.kernel.observe import from_netlink
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
from netconf.kernel.state import PERMANENT, KernelAddress, KernelRoute, KernelState, Link, Raw
from netconf.model import NetworkState

SYSCTLS = ("disable_ipv6", "accept_ra", "autoconf", "addr_gen_mode")
RESOLV_CONF = File("/etc/resolv.conf")
_SYSCTL = "/proc/sys/net/ipv6/conf/{name}/{key}"  # shows the network namespace of the thread that opens it
_ONLINK = 4  # RTNH_F_ONLINK
_EBUSY, _EOPNOTSUPP = 16, 95
_GONE = {3, 6, 19, 99}  # ESRCH, ENXIO, ENODEV, EADDRNOTAVAIL: what is to go is gone


class KernelRefused(Exception):
    """Why an operation was not executed, in words."""


class NetlinkExecutor:
    """Opened and used in one thread. `resolver` is resolv.conf."""

    def __init__(self, resolver: File = RESOLV_CONF) -> None:
        self._resolver = resolver

    def __enter__(self) -> "NetlinkExecutor":
        self._kernel = IPRoute()
        return self

    def __exit__(self, *_: object) -> None:
        self._kernel.close()

    def read_state(self) -> KernelState:
        return self.observe()[1]

    def observe(self) -> tuple[NetworkState, KernelState]:
        """The same as the rest of netconf sees it, without DNS, and in the kernel's words."""
        kernel = self._kernel
        links = list(kernel.get_links())
        self._indexes = {link.get("ifname"): link["index"] for link in links}
        self._devices = {str(link.get("ifname")): sriov.pci(link) for link in links}
        dump = (
            links,
            list(kernel.get_addr()),
            list(kernel.get_routes()),
            [*kernel.get_rules(family=socket.AF_INET), *kernel.get_rules(family=socket.AF_INET6)],
            list(kernel.get_vlans()) if any(_is_bridge(link) for link in links) else [],
        )
        resolver = self._resolver.read_text() if self._resolver.exists() else None
        functions = cache(sriov.functions)
        return from_netlink(*dump, functions), parse.kernel_state(*dump, _sysctls, functions, resolver)

    def do(self, operation: Operation) -> None:
        """Raises KernelRefused."""
        try:
            self._do(operation)
        except NetlinkError as err:
            wants_to_go = isinstance(operation, RemoveLink) or not getattr(operation, "there", True)
            if not (wants_to_go and err.code in _GONE):
                raise KernelRefused(f"could not {operation}: {os.strerror(err.code)}") from err
        except OSError as err:
            raise KernelRefused(f"could not {operation}: {err.strerror or err}") from err
        except (LookupError, ValueError, TypeError, struct.error) as err:  # what pyroute2 cannot put into a message
            raise KernelRefused(f"could not {operation}: {err!r}") from err

    def _do(self, operation: Operation) -> None:
        kernel = self._kernel
        match operation:
            case CreateLink(link, other):
                self._create(link, other)
            case RemoveLink(name):
                kernel.link("del", index=self._index(name))
            case SetMaster(name, master):
                kernel.link("set", index=self._index(name), master=self._index(master) if master else 0)
            case SetLinkUp(name, up):
                kernel.link("set", index=self._index(name), state="up" if up else "down")
            case SetLinkAttributes():
                self._set_attributes(operation)
            case SetNumVfs(name, vfs):
                sriov.enable(self._devices[name], vfs)
            case SetLinkOptions(name, "bond_slave", data):
                kernel.link("set", index=self._index(name), IFLA_LINKINFO=bond_ports.message(data))
            case SetLinkOptions(name, kind, data):
                kernel.link("set", index=self._index(name), kind=kind, **self._with_indexes(data))
            case SetBridgeVlans(name, let, without, itself):
                self._set_vlans(name, let, without, itself=itself)
            case SetSysctl(name, key, value):
                File(_SYSCTL.format(name=name, key=key)).write_text(value)
            case SetAddress(held, there):
                kernel.addr("add" if there else "del", **self._address(held))
            case SetRoute(path, there):
                kernel.route("add" if there else "del", **self._route(path))
            case SetRule(choice, there):
                fields = {key.removeprefix("FRA_").lower(): value for key, value in choice.fields.items()}
                family = socket.AF_INET if choice.version == 4 else socket.AF_INET6
                kernel.rule("add" if there else "del", family=family, **fields)
            case WriteResolvConf(text):
                _write(self._resolver, text)

    def _index(self, name: str) -> int:
        """Names are looked up anew where the last look did not find them."""
        if name not in self._indexes:
            found = self._kernel.link_lookup(ifname=name)
            if not found:
                raise KernelRefused(f"there is no interface {name}")
            self._indexes[name] = found[0]
        return int(self._indexes[name])

    def _create(self, link: Link, other: Link | None) -> None:
        said = self._with_indexes(link.data)
        if link.kind == "vxlan" and link.base:
            said["vxlan_link"] = self._index(link.base)
        elif link.base:
            said["link"] = self._index(link.base)
        if link.mac is not None and link.kind not in ("vlan", "vrf"):
            said["address"] = link.mac
        if other is not None:
            said["peer"] = {"ifname": other.name} | ({"address": other.mac} if other.mac is not None else {})
            self._indexes.pop(other.name, None)
        self._indexes.pop(link.name, None)
        try:
            self._kernel.link("add", ifname=link.name, kind=link.kind, **said)
        except NetlinkError as err:
            if err.code != _EOPNOTSUPP or link.kind != "bridge":
                raise
            # Some options are shown by kernels that cannot set them; the next look finds those that matter.
            self._kernel.link(
                "add", ifname=link.name, kind=link.kind, **{k: v for k, v in said.items() if k == "address"}
            )

    def _with_indexes(self, data: Mapping[str, Raw]) -> dict[str, object]:
        found: dict[str, object] = dict(data)
        if "IFLA_BOND_PRIMARY" in data:
            name = str(data["IFLA_BOND_PRIMARY"])
            found["IFLA_BOND_PRIMARY"] = self._index(name) if name else 0
        if "IFLA_BOND_AD_ACTOR_SYSTEM" in data:  # pyroute2 takes it for bytes
            found["IFLA_BOND_AD_ACTOR_SYSTEM"] = bytes.fromhex(str(data["IFLA_BOND_AD_ACTOR_SYSTEM"]).replace(":", ""))
        return found

    def _set_attributes(self, operation: SetLinkAttributes) -> None:
        index = self._index(operation.name)
        if operation.mtu is not None:
            self._kernel.link("set", index=index, mtu=operation.mtu)
        if operation.alias is not None:
            self._kernel.link("set", index=index, ifalias=operation.alias)
        if operation.mac is not None:
            try:
                self._kernel.link("set", index=index, address=operation.mac)
            except NetlinkError as err:
                if err.code != _EBUSY:
                    raise
                for words in ({"state": "down"}, {"address": operation.mac}, {"state": "up"}):  # some NICs want it so
                    self._kernel.link("set", index=index, **words)

    def _set_vlans(self, name: str, let: Mapping[int, int], without: tuple[int, ...], *, itself: bool) -> None:
        where = 2 if itself else 1  # BRIDGE_FLAGS_SELF, BRIDGE_FLAGS_MASTER
        for command, tags in (("del", dict.fromkeys(without, 0)), ("add", let)):
            for tag, flags in sorted(tags.items(), key=lambda pair: pair[1]):  # the one for frames without a tag last
                info = ("IFLA_BRIDGE_VLAN_INFO", {"vid": tag, "flags": flags})
                spec = {"attrs": [("IFLA_BRIDGE_FLAGS", where), info]}
                self._kernel.vlan_filter(command, index=self._index(name), af_spec=spec)

    def _address(self, address: KernelAddress) -> dict[str, object]:
        said: dict[str, object] = {
            "index": self._index(address.link),
            "family": socket.AF_INET if address.version == 4 else socket.AF_INET6,
            "local": address.ip,
            "address": address.peer or address.ip,
            "prefixlen": address.prefix_length,
            "scope": address.scope,
        }
        more = {
            "broadcast": address.broadcast,
            "label": address.label,
            "flags": address.flags,
            "rt_priority": address.metric,
        }
        said |= {key: value for key, value in more.items() if value}
        if address.valid_s != PERMANENT:
            said |= {"valid_lft": address.valid_s, "preferred_lft": min(address.preferred_s, address.valid_s)}
        return said

    def _route(self, path: KernelRoute) -> dict[str, object]:
        said: dict[str, object] = {
            "family": socket.AF_INET if path.version == 4 else socket.AF_INET6,
            "dst": path.to or ("0.0.0.0" if path.version == 4 else "::"),
            "dst_len": path.to_length,
            "table": path.table,
            "proto": path.protocol,
            "scope": path.scope,
            "type": path.type,
        }
        more = {"priority": path.metric, "prefsrc": path.source}
        said |= _gateway(path.gateway, path.version)
        said |= {key: value for key, value in more.items() if value}
        if path.link:
            said["oif"] = self._index(path.link)
        if path.onlink:
            said["flags"] = _ONLINK
        if path.options:
            said["metrics"] = {key.removeprefix("RTAX_").lower(): value for key, value in path.options.items()}
        if path.expires_s:
            said["RTA_EXPIRES"] = struct.pack("I", path.expires_s)
        if path.hops:
            said["multipath"] = [
                {"oif": self._index(hop.link), "hops": hop.weight, "flags": _ONLINK if hop.onlink else 0}
                | _gateway(hop.gateway, path.version)
                for hop in path.hops
            ]
        return said


def _gateway(gateway: str, version: int) -> dict[str, object]:
    if version == 4 and ":" in gateway:
        return {"via": {"family": socket.AF_INET6, "addr": gateway}}
    return {"gateway": gateway} if gateway else {}


def _is_bridge(link: Message) -> bool:
    return nested(link, "linkinfo", "IFLA_INFO_KIND") == "bridge"


def _sysctls(name: str) -> dict[str, str]:
    found = {}
    for key in SYSCTLS:
        try:
            found[key] = File(_SYSCTL.format(name=name, key=key)).read_text().strip()
        except OSError:  # a kernel without IPv6, or a link that has just gone
            continue
    return found


def _write(path: File, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    try:
        os.replace(file.name, path)
    except OSError:  # mounted into a container by itself
        os.unlink(file.name)
        path.write_text(text)
