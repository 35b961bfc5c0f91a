"""What the contract is tried with, beside the common layouts, where nmstate 0.3.6 is at work, and what that refuses."""

from tests.integration.netconf.cases import CASES
from tests.integration.netconf.contract import Case, Stage

_ADDRESS = {"enabled": True, "address": [{"ip": "198.51.100.11", "prefix-length": 24}]}
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

NMSTATE_CASES = (
    Case(
        "one-default-route",
        (
            Stage(
                {
                    "interfaces": [
                        {"name": "eth1", "type": "ethernet", "state": "up", "ipv4": _ADDRESS, "ipv6": _ADDRESS_6}
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

# Case → words of the reasons; none is left out without one.
REFUSED = {
    "routes-and-rules": (
        "interfaces[0].ipv4.auto-route-metric: cannot be said in nmstate 0.3.6",
        "routes.config[1].destination: a second default route on eth1 cannot be had in nmstate 0.3.6",
    ),
    "vrf": ("interfaces[0].type: vrf cannot be made in nmstate 0.3.6",),
}
_ALL = [case for case in (*CASES, *NMSTATE_CASES) if case.name not in REFUSED]
IN_NMSTATE_MACHINE = [case.name for case in _ALL if set(case.needs) <= {"vxlan"}]  # what any kernel that runs a lab has
IN_NMSTATE_GUEST = [case.name for case in _ALL if case.name not in IN_NMSTATE_MACHINE]
