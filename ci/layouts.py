"""Two layouts in the words of those who are to make them: bond + VLAN + bridge, and VXLAN + bridge for any kernel."""

from collections.abc import Callable
from dataclasses import dataclass

from pyroute2 import IPRoute


@dataclass(frozen=True, slots=True)
class Layout:
    """`document` in nmstate's schema, `profiles` in nmcli's words and in an order in which they come up, `make` in
    pyroute2's; `links` are those that it makes, from the top down."""

    description: str
    document: dict[str, object]
    profiles: tuple[str, ...]
    make: Callable[[IPRoute], None]
    links: tuple[str, ...]


_ADDRESS = "198.51.100.7"
_OFF: dict[str, object] = {"ipv4": {"enabled": False}, "ipv6": {"enabled": False}}
_NO_IP = "ipv4.method disabled ipv6.method disabled"


def _link(name: str, kind: str, **options: object) -> dict[str, object]:
    return {"name": name, "type": kind, "state": "up", **_OFF, **options}


def _bridge(port: str) -> dict[str, object]:
    ipv4 = {"enabled": True, "dhcp": False, "address": [{"ip": _ADDRESS, "prefix-length": 24}]}
    return _link("br0", "linux-bridge", bridge={"port": [{"name": port}]}, ipv4=ipv4)


_BRIDGE = f"type bridge ifname br0 bridge.stp no ipv4.method manual ipv4.addresses {_ADDRESS}/24 ipv6.method disabled"


def _index(kernel: IPRoute, name: str) -> int:
    return int(kernel.link_lookup(ifname=name)[0])


def _plug(kernel: IPRoute, name: str, master: str) -> None:
    kernel.link("set", index=_index(kernel, name), master=_index(kernel, master))


def _turn(kernel: IPRoute, name: str, state: str) -> None:
    kernel.link("set", index=_index(kernel, name), state=state)


def _make_bridge(kernel: IPRoute, port: str) -> None:
    kernel.link("add", ifname="br0", kind="bridge")
    _plug(kernel, port, "br0")
    kernel.addr("add", index=_index(kernel, "br0"), address=_ADDRESS, prefixlen=24)
    for name in (port, "br0"):
        _turn(kernel, name, "up")


def _make_bond(kernel: IPRoute) -> None:
    kernel.link("add", ifname="bond0", kind="bond", bond_mode=1, bond_miimon=100)
    for nic in ("eth2", "eth3"):
        _turn(kernel, nic, "down")
        _plug(kernel, nic, "bond0")
        _turn(kernel, nic, "up")
    _turn(kernel, "bond0", "up")
    kernel.link("add", ifname="bond0.40", kind="vlan", vlan_id=40, link=_index(kernel, "bond0"))
    _make_bridge(kernel, "bond0.40")


def _make_vxlan(kernel: IPRoute) -> None:
    _turn(kernel, "eth1", "up")
    base = _index(kernel, "eth1")
    kernel.link("add", ifname="vx0", kind="vxlan", vxlan_id=7, vxlan_link=base, vxlan_group="239.1.1.1")
    _make_bridge(kernel, "vx0")


BOND = Layout(
    description="bond + VLAN + bridge + address",
    document={
        "interfaces": [
            _bridge("bond0.40"),
            _link("bond0.40", "vlan", vlan={"base-iface": "bond0", "id": 40}),
            _link("bond0", "bond", **{"link-aggregation": {"mode": "active-backup", "port": ["eth2", "eth3"]}}),
        ]
    },
    profiles=(
        _BRIDGE,
        f"type bond ifname bond0 bond.options mode=active-backup,miimon=100 {_NO_IP}",
        "type ethernet ifname eth2 controller bond0 port-type bond",
        "type ethernet ifname eth3 controller bond0 port-type bond",
        "type vlan ifname bond0.40 dev bond0 id 40 controller br0 port-type bridge",
    ),
    make=_make_bond,
    links=("br0", "bond0.40", "bond0"),
)
VXLAN = Layout(
    description="VXLAN + bridge + address",
    document={
        "interfaces": [
            _bridge("vx0"),
            _link("vx0", "vxlan", vxlan={"base-iface": "eth1", "id": 7, "remote": "239.1.1.1"}),
            _link("eth1", "ethernet"),
        ]
    },
    profiles=(
        f"type ethernet ifname eth1 {_NO_IP}",
        _BRIDGE,
        "type vxlan ifname vx0 vxlan.parent eth1 vxlan.id 7 vxlan.remote 239.1.1.1 controller br0 port-type bridge",
    ),
    make=_make_vxlan,
    links=("br0", "vx0"),
)
LAYOUTS = {"bond": BOND, "vxlan": VXLAN}
