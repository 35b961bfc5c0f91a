"""What the contract is tried with, beside the common layouts, where nmstate 0.3.6 is at work, and what that refuses."""

from netconf.errors import BadDocument
from netconf.facade import Network
from tests.integration.netconf.cases import CASES
from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.sections import ADDRESS, bond, gone, link

_ADDRESS_6 = {"enabled": True, "addr-gen-mode": "eui64", "address": [{"ip": "2001:db8::11", "prefix-length": 64}]}


def _route(destination: str, next_hop: str, **more: object) -> dict[str, object]:
    return {"destination": destination, "next-hop-address": next_hop, "next-hop-interface": "eth1", **more}


_ROUTES = [
    _route("0.0.0.0/0", "198.51.100.1", metric=50),
    _route("203.0.113.0/24", "198.51.100.1", **{"table-id": 50}),
    _route("2001:db8:1::/48", "2001:db8::1", metric=200),
]
_RULE = {"ip-from": "198.51.100.0/24", "route-table": 50, "priority": 1000}
_DEFAULT = ("ip", "-j", "route", "show", "default", "dev", "eth1")


def _bond(mode: str, *ports: str) -> Document:
    return bond(mode, *ports, miimon=100)


_VLAN = {"name": "bond0.7", "type": "vlan", "state": "up", "vlan": {"base-iface": "bond0", "id": 7}, "ipv4": ADDRESS}
_MODE = "linkinfo.info_data.mode"

NMSTATE_CASES = (
    Case(
        "bond-mode-in-place",
        (
            Stage({"interfaces": [_bond("active-backup", "eth1", "eth2")]}, (link("bond0", _MODE, "active-backup"),)),
            Stage({"interfaces": [_bond("balance-xor", "eth1", "eth2")]}, (link("bond0", _MODE, "balance-xor"),)),
        ),
        gone("bond0"),
        ("bonding",),
    ),
    Case(
        "bond-ports-under-a-vlan",
        (
            Stage({"interfaces": [_bond("active-backup", "eth1", "eth2"), _VLAN]}),
            Stage(
                {"interfaces": [_bond("active-backup", "eth1", "eth3")]},
                (link("eth3", "master", "bond0"), link("eth2", "master", None), link("bond0.7", "link", "bond0")),
            ),
        ),
        {"interfaces": [{"name": "bond0.7", "state": "absent"}, {"name": "bond0", "state": "absent"}]},
        ("bonding", "8021q"),
    ),
    Case(
        "one-default-route",
        (
            Stage(
                {
                    "interfaces": [
                        {"name": "eth1", "type": "ethernet", "state": "up", "ipv4": ADDRESS, "ipv6": _ADDRESS_6}
                        | {"lldp": {"enabled": True}}
                    ],
                    "routes": {"config": _ROUTES},
                    "route-rules": {"config": [_RULE]},
                },
                (
                    (_DEFAULT, "0.metric", 50),
                    (("ip", "-j", "rule", "show", "priority", "1000"), "0.table", "50"),
                ),
            ),
            Stage(
                {
                    "routes": {
                        "config": [
                            {"next-hop-interface": "eth1", "metric": 50, "state": "absent"},
                            _route("192.0.2.128/25", "198.51.100.3", metric=70),
                        ]
                    },
                    "route-rules": {"config": [{"route-table": 50, "state": "absent"}]},
                },
                ((_DEFAULT, "0.metric", None), (("ip", "-j", "rule", "show", "priority", "1000"), "0.table", None)),
            ),
        ),
        {"interfaces": [{"name": "eth1", "type": "ethernet", "state": "absent"}]},
    ),
)

# Case → the stage that is refused and words of the reasons; none is left out without one.
REFUSED = {
    "bond-changes-in-place": (1, ("link-aggregation.mode: cannot change while bond0.7 stands on it in nmstate 0.3.6",)),
    "routes-and-rules": (
        0,
        (
            "interfaces[0].ipv4.auto-route-metric: cannot be said in nmstate 0.3.6",
            "interfaces[0].wait-ip: cannot be said in nmstate 0.3.6",
            "routes.config[1].destination: a second default route on eth1 cannot be had in nmstate 0.3.6",
        ),
    ),
    "ports-of-a-bond": (0, ("interfaces[0].link-aggregation.ports-config: cannot be said in nmstate 0.3.6",)),
    "vxlan-changes-in-place": (1, ("interfaces[0]: vx7 is VXLAN 7 to 239.1.1.1 over eth1, port 4789, which cannot",)),
    "vrf-gets-another-table": (0, ("interfaces[0].type: vrf cannot be made in nmstate 0.3.6",)),
    "vrf": (0, ("interfaces[0].type: vrf cannot be made in nmstate 0.3.6",)),
    "veth-pair": (
        0,
        tuple(f"interfaces[{number}].veth.peer: a pair of veth cannot be made in nmstate 0.3.6" for number in (0, 1)),
    ),
    "veth-between-bridges": (0, ("interfaces[2].veth.peer: a pair of veth cannot be made in nmstate 0.3.6",)),
    "what-stands-on-a-veth-pair": (0, ("interfaces[3].veth.peer: a pair of veth cannot be made in nmstate 0.3.6",)),
}
_ALL = (*CASES, *NMSTATE_CASES)
IN_NMSTATE_MACHINE = [case.name for case in _ALL if case.anywhere]
IN_NMSTATE_GUEST = [case.name for case in _ALL if case.name not in IN_NMSTATE_MACHINE]


async def refuses(network: Network, case: Case) -> None:
    """The stages before are carried out, that one is refused with every reason, and the network stays as it is."""
    number, reasons = REFUSED[case.name]
    for stage in case.stages[:number]:
        change = await network.change(stage.document, confirm_within_s=300)
        assert change.checkpoint is not None
        await network.confirm(change.checkpoint)
    before = await network.observe()
    said = await _refusal(network, case.stages[number])
    assert all(reason in said for reason in reasons), said or f"{case.name}, stage {number + 1} was not refused"
    assert await network.observe() == before
    if number:
        change = await network.change(case.after, confirm_within_s=300)
        assert change.checkpoint is not None
        await network.confirm(change.checkpoint)


async def _refusal(network: Network, stage: Stage) -> str:
    try:
        await network.change(stage.document)
    except BadDocument as err:
        return str(err)
    return ""
